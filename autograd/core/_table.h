/* The table of operations in C: what they compute, and their local derivatives.

   Written by `python -m autograd.compiler.writers.core` from autograd/core/ops.py: do not edit.
   Compiled with contraction off (-ffp-contract=off), all numbers have Python's bits.

   f_NAME(x, ...)     what an operation computes from doubles, or from an array and its length
   FIXED, VARIADIC    the operations in the order of ops.py, with `apply`:

   Fixed: computes *value from as many xs as there are operands, and for each bit i of `wanted` the
   derivative with respect to operand i into partials[i]. The bits that it gives say which of those
   are there: an edge that is switched off is absent, and so is one of an operand that has no rule.

   Variadic: computes *value from n xs, and unless `partials` is NULL the derivatives with respect
   to all of them, with present[i] 0 for one that is absent. -1 where memory is lacking, else 0. */

#ifndef PENCILGRAD_TABLE_H
#define PENCILGRAD_TABLE_H

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Functions of the C library, through pointers that no compiler sees through: it would compute
   some results itself, to other bits. */
static double (*volatile c_acos)(double) = acos;
static double (*volatile c_acosh)(double) = acosh;
static double (*volatile c_asin)(double) = asin;
static double (*volatile c_asinh)(double) = asinh;
static double (*volatile c_atan)(double) = atan;
static double (*volatile c_atan2)(double, double) = atan2;
static double (*volatile c_atanh)(double) = atanh;
static double (*volatile c_cbrt)(double) = cbrt;
static double (*volatile c_cos)(double) = cos;
static double (*volatile c_cosh)(double) = cosh;
static double (*volatile c_erf)(double) = erf;
static double (*volatile c_erfc)(double) = erfc;
static double (*volatile c_exp)(double) = exp;
static double (*volatile c_exp2)(double) = exp2;
static double (*volatile c_expm1)(double) = expm1;
static double (*volatile c_hypot)(double, double) = hypot;
static double (*volatile c_log)(double) = log;
static double (*volatile c_log10)(double) = log10;
static double (*volatile c_log1p)(double) = log1p;
static double (*volatile c_log2)(double) = log2;
static double (*volatile c_pow)(double, double) = pow;
static double (*volatile c_sin)(double) = sin;
static double (*volatile c_sinh)(double) = sinh;
static double (*volatile c_tan)(double) = tan;
static double (*volatile c_tanh)(double) = tanh;

/* The power of two at or below x > 0. */
static double c_binade(double x)
{
    int exponent;
    frexp(x, &exponent);
    return ldexp(0.5, exponent);
}

/* x rounded to digits after the point as by Python's round, but inf where that raises. */
static double c_round(double x, double digits)
{
    char text[800]; /* a double has 767 digits at most */
    if (digits == 0.0)
        return nearbyint(x);
    if (!isfinite(x) || x == 0.0 || digits > 323.0)
        return x;
    if (digits < -308.0)
        return 0.0 * x;
    snprintf(text, sizeof text, "%.770e", fabs(x));
    /* How many digits stay after the first; where that is the first to go, it decides. */
    int stay = atoi(strchr(text, 'e') + 1) + (int)digits;
    int up = text[0] > '5' || (text[0] == '5' && text[2 + strspn(text + 2, "0")] != 'e');
    if (stay > 770)
        return x;
    if (stay < 0)
        snprintf(text, sizeof text, stay == -1 && up ? "1e%d" : "0e%d", -(int)digits);
    else
        snprintf(text, sizeof text, "%.*e", stay, fabs(x));
    return copysign(strtod(text, NULL), x);
}

typedef struct { double a, b; } Two;
typedef struct { double a, b, c; } Three;
typedef struct { double a, b, c, d; } Four;

typedef struct {
    const char *name;
    int operands;
    unsigned (*apply)(const double *xs, unsigned wanted, double *value, double *partials);
} Fixed;

typedef struct {
    const char *name;
    int (*apply)(const double *xs, ptrdiff_t n, double *value, double *partials,
                 unsigned char *present);
} Variadic;

static double f_add(double x, double y)
{
    return x + y;
}

static double f_sub(double x, double y)
{
    return x - y;
}

static double f_mul(double x, double y)
{
    return x * y;
}

static double f_div(double x, double y)
{
    return x / y;
}

static double f_reciprocal(double x)
{
    return 1.0 / x;
}

static double f_neg(double x)
{
    return -x;
}

static double f_pos(double x)
{
    return x;
}

static double f_square(double x)
{
    return x * x;
}

static double f_pow(double x, double y)
{
    return c_pow(x, y);
}

static double f_lowered_pow(double x, double y, double k, double m)
{
    int odd;
    double power = y - k;
    if ((x == 0.0 && power > 0.0) || (x == INFINITY && power < 0.0)) {
        return c_pow(x, power);
    }
    double shift = power - y;
    double e = y - (power - shift) - (k + shift);
    double out = c_pow(x, power);
    if (e != 0.0 && (0.0 < x && x < INFINITY) && (0.0 < out && out < INFINITY)) {
        out = out + out * (e * c_log(x));
    } else {
        if (e != 0.0 && x < 0.0 && isfinite(y)) {
            if (fmod(y, 1.0) != 0.0) {
                return NAN;
            }
            odd = fmod(fabs(fmod(y, 2.0)) + k, 2.0) == 1.0;
            out = copysign(out, odd ? -1.0 : 1.0);
        }
    }
    return m != 0.0 ? out * c_pow(c_log(x), m) : out;
}

static double ops_pow_x_slope(double x, double y, double factor, double k, double m)
{
    double of_power = y == k ? f_div(factor, x) * f_lowered_pow(x, y, k, m) : factor * f_lowered_pow(x, y, k + 1.0, m);
    return m == 0.0 ? of_power : of_power + m * f_lowered_pow(x, y, k + 1.0, m - 1.0);
}

static double ops_pow_x(double x, double y, double factor, double k, double m)
{
    return x == 0.0 && y == k ? 0.0 : ops_pow_x_slope(x, y, factor, k, m);
}

static double floats_quotient(double x, double y)
{
    double rest = fmod(x, y);
    int apart = rest != 0.0 && (y < 0.0) != (rest < 0.0);
    double steps = (x - rest) / y - (apart ? 1.0 : 0.0);
    double below = isfinite(steps) ? 0.0 + (floor(steps) + 0.0) : steps;
    double nearest = steps - below > 0.5 ? below + 1.0 : below;
    return steps != 0.0 ? nearest : copysign(0.0, x / y);
}

static double f_floordiv(double x, double y)
{
    return y != 0.0 ? floats_quotient(x, y) : NAN;
}

static double floats_remainder(double x, double y)
{
    double rest = fmod(x, y);
    double moved = (y < 0.0) != (rest < 0.0) ? rest + y : rest;
    return rest != 0.0 ? moved : copysign(0.0, y);
}

static double f_mod(double x, double y)
{
    return y != 0.0 ? floats_remainder(x, y) : NAN;
}

static double f_exp(double x)
{
    return c_exp(x);
}

static double f_exp2(double x)
{
    return c_exp2(x);
}

static double f_expm1(double x)
{
    return c_expm1(x);
}

static double f_log(double x)
{
    return c_log(x);
}

static double f_log2(double x)
{
    return c_log2(x);
}

static double f_log10(double x)
{
    return c_log10(x);
}

static double f_log1p(double x)
{
    return c_log1p(x);
}

static double f_sqrt(double x)
{
    return sqrt(x);
}

static double f_cbrt(double x)
{
    double rough = c_cbrt(x);
    if (!(0.0 < fabs(rough) && fabs(rough) < INFINITY)) {
        return rough;
    }
    double lifted = rough * 1073741825.0;
    double root = lifted - (lifted - rough);
    double other = x / (root * root);
    return root + root * ((other - root) / (root + root + other));
}

static double f_dcbrt(double x)
{
    double root = f_cbrt(x);
    return 0.3333333333333333 / (root * root);
}

static double f_sin(double x)
{
    return c_sin(x);
}

static double f_cos(double x)
{
    return c_cos(x);
}

static double f_tan(double x)
{
    return c_tan(x);
}

static double f_asin(double x)
{
    return c_asin(x);
}

static double ops_one_minus_square(double x)
{
    if (!(-1.0 <= x && x <= 1.0)) {
        return NAN;
    }
    if (-0.5 < x && x < 0.5) {
        return 1.0 - x * x;
    }
    double gap = 1.0 - fabs(x);
    return 2.0 * gap - gap * gap;
}

static double f_rsqrt_1m2(double x)
{
    return sqrt(1.0 / ops_one_minus_square(x));
}

static double f_acos(double x)
{
    return c_acos(x);
}

static double f_reciprocal_1m2(double x)
{
    return 1.0 / ops_one_minus_square(x);
}

static double f_atan(double x)
{
    return c_atan(x);
}

static double f_rational_1p2(double x)
{
    if (-1e+150 < x && x < 1e+150) {
        return 1.0 / (1.0 + x * x);
    }
    return 1.0 / x * (1.0 / x);
}

static double ops_vanishing(double x, double weight)
{
    return weight == 0.0 ? 0.0 : x * weight;
}

static double f_atan2(double y, double x)
{
    return c_atan2(y, x);
}

static double f_cosine(double x, double y)
{
    double length = c_hypot(x, y);
    if (1e-290 < length && length < INFINITY) {
        return x / length;
    }
    if (length == 0.0) {
        return 0.0;
    }
    if (isinf(x) && isfinite(y)) {
        return copysign(1.0, x);
    }
    double scale = length > 1.0 ? 2.409919865102884e-181 : 4.149515568880993e+180;
    return x * scale / c_hypot(x * scale, y * scale);
}

static double f_turn(double x, double y)
{
    double length = c_hypot(x, y);
    if (1e-150 < length && length < 1e+150) {
        return x / (x * x + y * y);
    }
    if (length < INFINITY) {
        return length != 0.0 ? f_cosine(x, y) / length : 0.0;
    }
    if (x != x || y != y) {
        return NAN;
    }
    if (isinf(x) || isinf(y)) {
        return 0.0;
    }
    return 0.25 * (f_cosine(x, y) / c_hypot(0.25 * x, 0.25 * y));
}

static double f_hypot(double x, double y)
{
    return c_hypot(x, y);
}

static double ops_over_length(double numerator, double x, double y)
{
    return x == 0.0 && y == 0.0 ? 0.0 : f_div(numerator, f_hypot(x, y));
}

static double f_sinh(double x)
{
    return c_sinh(x);
}

static double f_cosh(double x)
{
    return c_cosh(x);
}

static double f_tanh(double x)
{
    return c_tanh(x);
}

static double f_sech2(double x)
{
    double e = c_exp(-2.0 * fabs(x));
    return 4.0 * e / (1.0 + (2.0 * e + e * e));
}

static double f_asinh(double x)
{
    return c_asinh(x);
}

static double f_rsqrt_1p2(double x)
{
    return 1.0 / c_hypot(1.0, x);
}

static double f_acosh(double x)
{
    return c_acosh(x);
}

static double f_rsqrt_m1p2(double x)
{
    if (x < 1.0) {
        return NAN;
    }
    if (x > 1e+150) {
        return 1.0 / x;
    }
    double gap = x - 1.0;
    return sqrt(1.0 / (x < 2.0 ? 2.0 * gap + gap * gap : x * x - 1.0));
}

static double f_atanh(double x)
{
    return c_atanh(x);
}

static double f_erf(double x)
{
    return c_erf(x);
}

static Two special_two_product(double a, double b)
{
    double p = a * b;
    double t = 134217729.0 * a;
    double a_hi = t - (t - a);
    double a_lo = a - a_hi;
    t = 134217729.0 * b;
    double b_hi = t - (t - b);
    double b_lo = b - b_hi;
    return (Two){p, a_hi * b_hi - p + a_hi * b_lo + a_lo * b_hi + a_lo * b_lo};
}

static double special_gaussian(double x, double a, double c, double c_lo)
{
    double s, s_lo;
    if (fabs(x) > 40.0) {
        return 0.0;
    }
    { const Two r = special_two_product(x, x); s = r.a; s_lo = r.b; }
    double e = c_exp(-a * s);
    return e * c + e * (c_lo - c * (a * s_lo));
}

static double special_derf(double x)
{
    return special_gaussian(x, 1.0, 1.1283791670955126, 1.533545961316588e-17);
}

static double f_derf(double x)
{
    return special_derf(x);
}

static double f_erfc(double x)
{
    return c_erfc(x);
}

static double special_normal_cdf(double x)
{
    double u, u_lo;
    if (fabs(x) > 40.0) {
        return x > 0.0 ? 1.0 : 0.0;
    }
    { const Two r = special_two_product(-x, 0.7071067811865476); u = r.a; u_lo = r.b; }
    u_lo = u_lo - x * -4.833646656726457e-17;
    return 0.5 * (c_erfc(u) - u_lo * special_derf(u));
}

static double f_normal_cdf(double x)
{
    return special_normal_cdf(x);
}

static double special_normal_pdf(double x)
{
    return special_gaussian(x, 0.5, 0.3989422804014327, -2.49232720227773e-17);
}

static double f_normal_pdf(double x)
{
    return special_normal_pdf(x);
}

static int special_is_pole(double x)
{
    return x == -INFINITY || (x <= 0.0 && fmod(x, 1.0) == 0.0);
}

static Two special_two_sum(double a, double b)
{
    double s = a + b;
    double t = s - a;
    return (Two){s, a - (s - t) + (b - t)};
}

static Two special_multiply(double a, double a_lo, double b, double b_lo)
{
    double p, p_lo;
    { const Two r = special_two_product(a, b); p = r.a; p_lo = r.b; }
    return special_two_sum(p, p_lo + (a * b_lo + a_lo * b));
}

static Two special_add(double a, double a_lo, double b, double b_lo)
{
    double s, s_lo;
    { const Two r = special_two_sum(a, b); s = r.a; s_lo = r.b; }
    return special_two_sum(s, s_lo + (a_lo + b_lo));
}

static Two special_divide(double a, double a_lo, double b, double b_lo)
{
    double p, p_lo;
    double q = a / b;
    { const Two r = special_two_product(q, b); p = r.a; p_lo = r.b; }
    return special_two_sum(q, (a - p - p_lo + a_lo - q * b_lo) / b);
}

static Three special_exp(double x, double x_lo)
{
    double p, p_lo, r_, r_lo, c;
    if (fabs(x) > 2000.0) {
        return (Three){1.0, 0.0, copysign(4000.0, x)};
    }
    double k = floor(x / 0.6931471805599453 + 0.5) + 0.0;
    { const Two r = special_two_product(k, 0.6931471805599453); p = r.a; p_lo = r.b; }
    { const Two r = special_add(x, x_lo, -p, -p_lo - k * 2.3190468138462996e-17); r_ = r.a; r_lo = r.b; }
    r_ = r_ / 64.0;
    r_lo = r_lo / 64.0;
    double e = 1.0;
    double e_lo = 0.0;
    {
        static const double c_[] = {
            10.0, 9.0, 8.0, 7.0
        };
        for (int row = 0; row < 4; row++) {
            c = c_[row];
            e = 1.0 + e * r_ / c;
        }
    }
    {
        static const double c_[] = {
            6.0, 5.0, 4.0, 3.0, 2.0
        };
        for (int row = 0; row < 5; row++) {
            c = c_[row];
            { const Two r = special_multiply(e, e_lo, r_, r_lo); e = r.a; e_lo = r.b; }
            { const Two r = special_divide(e, e_lo, c, 0.0); e = r.a; e_lo = r.b; }
            { const Two r = special_add(1.0, 0.0, e, e_lo); e = r.a; e_lo = r.b; }
        }
    }
    { const Two r = special_multiply(e, e_lo, r_, r_lo); e = r.a; e_lo = r.b; }
    {
        for (int row = 0; row < 6; row++) {
            { const Two r = special_multiply(e, e_lo, e, e_lo); p = r.a; p_lo = r.b; }
            { const Two r = special_add(2.0 * e, 2.0 * e_lo, p, p_lo); e = r.a; e_lo = r.b; }
        }
    }
    { const Two r = special_add(1.0, 0.0, e, e_lo); e = r.a; e_lo = r.b; }
    return (Three){e, e_lo, k};
}

static double special_scale(double x, double k)
{
    double half = floor(k / 2.0) + 0.0;
    return x * c_exp2(half) * c_exp2(k - half);
}

static Two special_log(double x, double x_lo)
{
    double e, e_lo, k;
    double y = c_log(x);
    { const Three r = special_exp(y, 0.0); e = r.a; e_lo = r.b; k = r.c; }
    double r_ = (special_scale(x, -k) - e - e_lo + special_scale(x_lo, -k)) / e;
    return special_two_sum(y, r_ - 0.5 * r_ * r_);
}

static Two special_bernoulli(double s, double v, double v_lo)
{
    double w, w_lo, c, c_lo;
    { const Two r = special_multiply(v, v_lo, v, v_lo); w = r.a; w_lo = r.b; }
    double t = 0.0;
    double t_lo = 0.0;
    double m = s + 26.0;
    {
        static const double c_[] = {
            3.534707039629467e-21, -1.3954464685812522e-19, 5.5090028283602295e-18,
            -2.174868698558062e-16, 8.586062056277845e-15, -3.3896802963225827e-13,
            1.3382536530684679e-11, -5.284190138687493e-10, 2.08767569878681e-08
        };
        for (int row = 0; row < 9; row++) {
            c = c_[row];
            t = c + t * m * (m - 1.0) * w;
            m = m - 2.0;
        }
    }
    {
        static const double c_[] = {
            -8.267195767195768e-07, 3.306878306878307e-05, -0.001388888888888889,
            0.08333333333333333
        };
        static const double c_lo_[] = {
            3.457597454003665e-23, -2.2300719288557665e-21, 5.300543954373577e-20,
            4.625929269271485e-18
        };
        for (int row = 0; row < 4; row++) {
            c = c_[row];
            c_lo = c_lo_[row];
            { const Two r = special_multiply(t, t_lo, m * (m - 1.0), 0.0); t = r.a; t_lo = r.b; }
            { const Two r = special_multiply(t, t_lo, w, w_lo); t = r.a; t_lo = r.b; }
            { const Two r = special_add(t, t_lo, c, c_lo); t = r.a; t_lo = r.b; }
            m = m - 2.0;
        }
    }
    return special_multiply(t, t_lo, v, v_lo);
}

static Four special_stirling(double x, double x_lo)
{
    double s, s_lo, h, h_lo, v, v_lo;
    { const Two r = special_two_sum(x, x_lo); x = r.a; x_lo = r.b; }
    double p = 1.0;
    double p_lo = 0.0;
    while (x < 20.0) {
        { const Two r = special_multiply(p, p_lo, x, x_lo); p = r.a; p_lo = r.b; }
        { const Two r = special_add(x, x_lo, 1.0, 0.0); x = r.a; x_lo = r.b; }
    }
    { const Two r = special_log(x, x_lo); s = r.a; s_lo = r.b; }
    { const Two r = special_add(s, s_lo, -1.0, 0.0); s = r.a; s_lo = r.b; }
    { const Two r = special_add(x, x_lo, -0.5, 0.0); h = r.a; h_lo = r.b; }
    { const Two r = special_multiply(s, s_lo, h, h_lo); s = r.a; s_lo = r.b; }
    { const Two r = special_add(s, s_lo, 0.4189385332046727, 1.6728209650585413e-17); s = r.a; s_lo = r.b; }
    { const Two r = special_divide(1.0, 0.0, x, x_lo); v = r.a; v_lo = r.b; }
    { const Two r = special_bernoulli(0.0, v, v_lo); v = r.a; v_lo = r.b; }
    { const Two r = special_add(s, s_lo, v, v_lo); s = r.a; s_lo = r.b; }
    return (Four){s, s_lo, p, p_lo};
}

static Four special_gamma_quotient(double x)
{
    double s, s_lo, q, q_lo, a, a_lo, p, p_lo, b, b_lo, r_, r_lo;
    if (x > 0.0) {
        return special_stirling(x, 0.0);
    }
    double f = -fmod(x, 1.0);
    { const Four r = special_stirling(1.0, -x); s = r.a; s_lo = r.b; q = r.c; q_lo = r.d; }
    { const Four r = special_stirling(1.0, -f); a = r.a; a_lo = r.b; p = r.c; p_lo = r.d; }
    { const Four r = special_stirling(f, 0.0); b = r.a; b_lo = r.b; r_ = r.c; r_lo = r.d; }
    { const Two r = special_add(a, a_lo, b, b_lo); a = r.a; a_lo = r.b; }
    { const Two r = special_add(a, a_lo, -s, -s_lo); s = r.a; s_lo = r.b; }
    { const Two r = special_multiply(p, p_lo, r_, r_lo); p = r.a; p_lo = r.b; }
    { const Two r = special_divide(p, p_lo, q, q_lo); p = r.a; p_lo = r.b; }
    if (fmod(x, 2.0) > -1.0) {
        return (Four){s, s_lo, -p, -p_lo};
    }
    return (Four){s, s_lo, p, p_lo};
}

static double special_gamma(double x)
{
    double s, s_lo, p, p_lo, e, e_lo, k, g;
    if (!(x <= 172.0)) {
        return x * INFINITY;
    }
    if (fabs(x) < 8.673617379884035e-19) {
        return x == 0.0 ? copysign(INFINITY, x) : 1.0 / x;
    }
    if (special_is_pole(x)) {
        return NAN;
    }
    { const Four r = special_gamma_quotient(x); s = r.a; s_lo = r.b; p = r.c; p_lo = r.d; }
    { const Three r = special_exp(s, s_lo); e = r.a; e_lo = r.b; k = r.c; }
    { const Two r = special_divide(e, e_lo, p, p_lo); g = r.a; }
    return special_scale(g, k);
}

static double f_gamma(double x)
{
    return special_gamma(x);
}

static double special_near_zero(double t, double t_lo, double a, double a_lo, double b)
{
    double c, c_lo, s;
    { const Two r = special_two_sum(a, a_lo + b * t); c = r.a; c_lo = r.b; }
    { const Two r = special_multiply(t, t_lo, c, c_lo); s = r.a; }
    return s;
}

static Two special_power_of_ratio(double d, double x, double x_lo, double s)
{
    double q, q_lo;
    { const Two r = special_divide(d, 0.0, x, x_lo); q = r.a; q_lo = r.b; }
    double t = c_pow(q, s);
    return special_two_sum(t, t * (s * (q_lo / q)));
}

static Two special_hurwitz(double s, double d, double x, double x_lo)
{
    double t, t_lo, v, v_lo, h, h_lo;
    { const Two r = special_two_sum(x, x_lo); x = r.a; x_lo = r.b; }
    double z = 0.0;
    double z_lo = 0.0;
    while (x < s + 20.0) {
        { const Two r = special_power_of_ratio(d, x, x_lo, s); t = r.a; t_lo = r.b; }
        { const Two r = special_add(z, z_lo, t, t_lo); z = r.a; z_lo = r.b; }
        if (t < 8.673617379884035e-19 * 9.313225746154785e-10) {
            return (Two){z, z_lo};
        }
        { const Two r = special_add(x, x_lo, 1.0, 0.0); x = r.a; x_lo = r.b; }
    }
    { const Two r = special_divide(1.0, 0.0, x, x_lo); v = r.a; v_lo = r.b; }
    { const Two r = special_bernoulli(s, v, v_lo); h = r.a; h_lo = r.b; }
    { const Two r = special_add(0.5, 0.0, s * h, s * h_lo); h = r.a; h_lo = r.b; }
    if (s == 1.0) {
        { const Two r = special_log(x, x_lo); t = r.a; t_lo = r.b; }
        { const Two r = special_add(z, z_lo, -t, -t_lo); z = r.a; z_lo = r.b; }
    } else {
        { const Two r = special_divide(x, x_lo, s - 1.0, 0.0); t = r.a; t_lo = r.b; }
        { const Two r = special_add(h, h_lo, t, t_lo); h = r.a; h_lo = r.b; }
    }
    { const Two r = special_power_of_ratio(d, x, x_lo, s); t = r.a; t_lo = r.b; }
    { const Two r = special_multiply(t, t_lo, h, h_lo); t = r.a; t_lo = r.b; }
    return special_add(z, z_lo, t, t_lo);
}

static Two special_zeta(double s, double d, double x)
{
    double a, a_lo, b, b_lo, y, y_lo;
    if (x > 0.0) {
        return special_hurwitz(s, d, x, 0.0);
    }
    double f = -fmod(x, 1.0);
    { const Two r = special_hurwitz(s, d, 1.0, -f); a = r.a; a_lo = r.b; }
    { const Two r = special_hurwitz(s, d, f, 0.0); b = r.a; b_lo = r.b; }
    { const Two r = special_hurwitz(s, d, 1.0, -x); y = r.a; y_lo = r.b; }
    { const Two r = special_add(b, b_lo, -y, -y_lo); b = r.a; b_lo = r.b; }
    if (fmod(s, 2.0) == 1.0) {
        b = -b;
        b_lo = -b_lo;
    }
    return special_add(a, a_lo, b, b_lo);
}

static double special_digamma(double x)
{
    double t, t_lo, a, a_lo, z;
    if (!(x <= 1.152921504606847e+18)) {
        return c_log(x);
    }
    if (fabs(x) < 8.673617379884035e-19) {
        return x == 0.0 ? copysign(INFINITY, -x) : -1.0 / x;
    }
    if (special_is_pole(x)) {
        return NAN;
    }
    if (fabs(x - 1.4616321449683622) < 9.313225746154785e-10) {
        { const Two r = special_two_sum(x - 1.4616321449683622, -9.549995429965697e-17); t = r.a; t_lo = r.b; }
        a = 0.9676722454476212;
        a_lo = -3.387874303038943e-17;
        return special_near_zero(t, t_lo, a, a_lo, -0.4427631689835921);
    }
    { const Two r = special_zeta(1.0, 1.0, x); z = r.a; }
    return -z;
}

static double f_digamma(double x)
{
    return special_digamma(x);
}

static double special_lgamma(double x)
{
    double a, a_lo, log_, log_lo, s, s_lo, p, p_lo;
    if (!(x < INFINITY)) {
        return x;
    }
    if (fabs(x) < 8.673617379884035e-19) {
        return -c_log(fabs(x));
    }
    if (special_is_pole(x)) {
        return INFINITY;
    }
    if (fabs(x - 1.0) < 9.313225746154785e-10) {
        a = -0.5772156649015329;
        a_lo = 4.942915152430645e-18;
        return special_near_zero(x - 1.0, 0.0, a, a_lo, 0.8224670334241132);
    }
    if (fabs(x - 2.0) < 9.313225746154785e-10) {
        a = 0.42278433509846713;
        a_lo = 4.942915152430645e-18;
        return special_near_zero(x - 2.0, 0.0, a, a_lo, 0.3224670334241132);
    }
    if (x > 1.152921504606847e+18) {
        { const Two r = special_log(x, 0.0); log_ = r.a; log_lo = r.b; }
        { const Two r = special_multiply(x / 1.152921504606847e+18, 0.0, log_ - 1.0, log_lo); s = r.a; }
        return s * 1.152921504606847e+18;
    }
    { const Four r = special_gamma_quotient(x); s = r.a; s_lo = r.b; p = r.c; p_lo = r.d; }
    if (p < 0.0) {
        p = -p;
        p_lo = -p_lo;
    }
    { const Two r = special_log(p, p_lo); log_ = r.a; log_lo = r.b; }
    { const Two r = special_add(s, s_lo, -log_, -log_lo); s = r.a; }
    return s;
}

static double f_lgamma(double x)
{
    return special_lgamma(x);
}

static double special_polygamma(double n, double x)
{
    double log_, log_lo, f, f_lo, p, p_lo, k, z, z_lo;
    if (n == 0.0) {
        return special_digamma(x);
    }
    if (!(x > -INFINITY) || !(0.0 < n && n < INFINITY) || fmod(n, 1.0) != 0.0) {
        return NAN;
    }
    double sign = fmod(n, 2.0) == 1.0 ? 1.0 : -1.0;
    if (x < 0.0 && sign < 0.0) {
        if (fmod(x, 1.0) == 0.0) {
            return NAN;
        }
        if (fmod(x, 1.0) == -0.5) {
            x = 1.0 - x;
        }
    }
    double pole = sign * INFINITY;
    double d = x;
    if (copysign(1.0, x) < 0.0) {
        d = -fmod(x, 1.0);
        if (d > 0.5) {
            d = 1.0 - d;
        } else {
            pole = INFINITY;
        }
    }
    if (d < 2.778448436856347e-163 || (n > 9007199254740992.0 && n > 2.718281828459045 * x)) {
        return pole;
    }
    if (x > 4.149515568880993e+180 || n > 9007199254740992.0) {
        return n == 1.0 ? 1.0 / x : 0.0;
    }
    double s = n + 1.0;
    { const Two r = special_log(d, 0.0); log_ = r.a; log_lo = r.b; }
    { const Two r = special_multiply(s, 0.0, log_, log_lo); log_ = r.a; log_lo = r.b; }
    { const Four r = special_stirling(s, 0.0); f = r.a; f_lo = r.b; p = r.c; p_lo = r.d; }
    { const Two r = special_add(f, f_lo, -log_, -log_lo); f = r.a; f_lo = r.b; }
    { const Three r = special_exp(f, f_lo); f = r.a; f_lo = r.b; k = r.c; }
    { const Two r = special_divide(f, f_lo, p, p_lo); f = r.a; f_lo = r.b; }
    { const Two r = special_zeta(s, d, x); z = r.a; z_lo = r.b; }
    { const Two r = special_multiply(f, f_lo, z, z_lo); z = r.a; }
    return sign * special_scale(z, k);
}

static double f_polygamma(double n, double x)
{
    return special_polygamma(n, x);
}

static double f_relu(double x)
{
    return x <= 0.0 ? 0.0 : x;
}

static double f_sign(double x)
{
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
}

static double f_leaky_relu(double x, double slope)
{
    return x > 0.0 ? x : slope * x;
}

static double f_elu(double x, double alpha)
{
    return x > 0.0 ? x : alpha * c_expm1(x);
}

static double f_gelu(double x)
{
    return x != -INFINITY ? x * special_normal_cdf(x) : 0.0;
}

static double ops_logistic(double x)
{
    double e = c_exp(-fabs(x));
    return x >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

static double f_silu(double x)
{
    if (x > -700.0) {
        return x / (1.0 + c_exp(-x));
    }
    return x != -INFINITY ? x * ops_logistic(x) : 0.0;
}

static double f_sigmoid(double x)
{
    return ops_logistic(x);
}

static double f_dsigmoid(double x)
{
    double e = c_exp(-fabs(x));
    return e / (1.0 + (2.0 * e + e * e));
}

static double f_softplus(double x)
{
    return (x > 0.0 ? x : 0.0) + c_log1p(c_exp(-fabs(x)));
}

static double f_log_sigmoid(double x)
{
    return (x < 0.0 ? x : 0.0) - c_log1p(c_exp(-fabs(x)));
}

static double f_abs(double x)
{
    return fabs(x);
}

static double f_floor(double x)
{
    return isfinite(x) ? copysign(floor(x) + 0.0, x) : x;
}

static double f_ceil(double x)
{
    return isfinite(x) ? copysign(ceil(x) + 0.0, x) : x;
}

static double f_trunc(double x)
{
    return isfinite(x) ? copysign(trunc(x) + 0.0, x) : x;
}

static double f_round(double x, double digits)
{
    if (!(isfinite(x) && isfinite(digits) && digits == floor(digits) + 0.0)) {
        return digits == digits && !isfinite(x) ? x : NAN;
    }
    return c_round(x, digits);
}

static double f_maximum(double x, double y)
{
    return x > y || x != x ? x : y;
}

static double ops_chosen(int alone, int tied)
{
    return alone ? 1.0 : tied ? 0.5 : NAN;
}

static double f_minimum(double x, double y)
{
    return x < y || x != x ? x : y;
}

static double f_clip(double x, double low, double high)
{
    if (x != x || low != low || high != high) {
        return NAN;
    }
    return x > high || low > high ? high : x < low ? low : x;
}

static double f_select(double c, double a, double b)
{
    return c != 0.0 ? a : b;
}

static double f_sum(const double *xs, ptrdiff_t xs_n)
{
    double x;
    double total = 0.0;
    for (ptrdiff_t i1 = 0; i1 < xs_n; i1++) {
        x = xs[i1];
        total = total + x;
    }
    return total;
}

static double f_prod(const double *xs, ptrdiff_t xs_n)
{
    double x;
    double product = 1.0;
    for (ptrdiff_t i1 = 0; i1 < xs_n; i1++) {
        x = xs[i1];
        product = product * x;
    }
    return product;
}

static double f_dot_product(const double *operands, ptrdiff_t operands_n)
{
    double x, y;
    ptrdiff_t n = operands_n / 2;
    double total = operands_n > 2 * n ? operands[operands_n - 1] : 0.0;
    for (ptrdiff_t i1 = 0; i1 < n; i1++) {
        x = operands[i1];
        y = operands[n + i1];
        total = total + x * y;
    }
    return total;
}

static double f_norm(const double *xs, ptrdiff_t xs_n)
{
    double x;
    double peak = 0.0;
    for (ptrdiff_t i1 = 0; i1 < xs_n; i1++) {
        x = xs[i1];
        if (x != x) {
            return NAN;
        }
        peak = fabs(x) > peak ? fabs(x) : peak;
    }
    if (peak == 0.0 || peak == INFINITY) {
        return peak;
    }
    double scale = c_binade(peak);
    double total = 0.0;
    for (ptrdiff_t i2 = 0; i2 < xs_n; i2++) {
        x = xs[i2];
        total = total + x / scale * (x / scale);
    }
    return scale * sqrt(total);
}

static double f_largest(const double *xs, ptrdiff_t xs_n)
{
    double x;
    double peak = -INFINITY;
    for (ptrdiff_t i1 = 0; i1 < xs_n; i1++) {
        x = xs[i1];
        peak = x > peak || x != x ? x : peak;
    }
    return peak;
}

static double f_shifted(double x, double y)
{
    return x != y ? x - y : 0.0;
}

static double ops_exp_difference(double x, double y)
{
    if (x == y) {
        return 1.0;
    }
    double gap = x - y;
    double out = c_exp(gap);
    if (out == 0.0 || out == INFINITY) {
        return out;
    }
    double moved = gap - x;
    double lost = x - (gap - moved) - (y + moved);
    return out + out * lost;
}

static double f_exp_shifted(double x, double y)
{
    return ops_exp_difference(x, y);
}

static double f_logsumexp(const double *xs, ptrdiff_t xs_n)
{
    double x;
    double peak = -INFINITY;
    ptrdiff_t at = -1;
    for (ptrdiff_t i = 0; i < xs_n; i++) {
        x = xs[i];
        if (x != x) {
            return NAN;
        }
        if (x > peak) {
            peak = x;
            at = i;
        }
    }
    if (isinf(peak)) {
        return peak;
    }
    double rest = 0.0;
    for (ptrdiff_t i = 0; i < xs_n; i++) {
        x = xs[i];
        if (i != at) {
            rest = rest + ops_exp_difference(x, peak);
        }
    }
    return peak + c_log1p(rest);
}

static double f_logaddexp(double x, double y)
{
    if (x == y) {
        return x + 0.6931471805599453;
    }
    if (x > y || x != x) {
        return x + c_log1p(ops_exp_difference(y, x));
    }
    return y + c_log1p(ops_exp_difference(x, y));
}

static double special_sigmoid_difference(double x, double y)
{
    double d_lo, t, t_lo;
    if (x == y) {
        return 0.5;
    }
    double d = x - y;
    if (fabs(d) > 800.0) {
        return d > 0.0 ? 1.0 : 0.0;
    }
    { const Two r = special_two_sum(x, -y); d = r.a; d_lo = r.b; }
    double e = c_exp(-fabs(d));
    { const Two r = special_two_sum(1.0, e); t = r.a; t_lo = r.b; }
    if (d >= 0.0) {
        return 1.0 / t + (e / t * d_lo - t_lo / t) / t;
    }
    return e / t + (d_lo / t - t_lo / t) * (e / t);
}

static double f_share(double x, double y)
{
    return special_sigmoid_difference(x, y);
}

static double f_dshare(double x, double y)
{
    double e = x < y ? ops_exp_difference(x, y) : ops_exp_difference(y, x);
    return e / (1.0 + (2.0 * e + e * e));
}

static unsigned apply_add(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_add(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = 1.0;
    if (wanted & 2u)
        partials[1] = 1.0;
    return wanted & 3u;
}

static unsigned apply_sub(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_sub(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = 1.0;
    if (wanted & 2u)
        partials[1] = -1.0;
    return wanted & 3u;
}

static unsigned apply_mul(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_mul(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = y;
    if (wanted & 2u)
        partials[1] = x;
    return wanted & 3u;
}

static unsigned apply_div(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_div(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_reciprocal(y);
    if (wanted & 2u)
        partials[1] = -f_div(out, y);
    return wanted & 3u;
}

static unsigned apply_reciprocal(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_reciprocal(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -(out * out);
    return wanted & 1u;
}

static unsigned apply_neg(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_neg(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -1.0;
    return wanted & 1u;
}

static unsigned apply_pos(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_pos(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = 1.0;
    return wanted & 1u;
}

static unsigned apply_square(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_square(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = 2.0 * x;
    return wanted & 1u;
}

static unsigned apply_pow(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_pow(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = ops_pow_x(x, y, y, 0.0, 0.0);
    if (wanted & 2u)
        partials[1] = f_lowered_pow(x, y, 0.0, 1.0);
    return wanted & 3u;
}

static unsigned apply_lowered_pow(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], k = xs[2], m = xs[3], out = f_lowered_pow(x, y, k, m);
    *value = out;
    if (wanted & 1u)
        partials[0] = ops_pow_x(x, y, y - k, k, m);
    if (wanted & 2u)
        partials[1] = f_lowered_pow(x, y, k, m + 1.0);
    return wanted & 3u;
}

static unsigned apply_floordiv(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_floordiv(x, y);
    *value = out;
    (void)wanted, (void)partials;
    return 0;
}

static unsigned apply_mod(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_mod(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = out == out ? 1.0 : NAN;
    if (wanted & 2u)
        partials[1] = -f_floordiv(x, y);
    return wanted & 3u;
}

static unsigned apply_exp(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_exp(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = out;
    return wanted & 1u;
}

static unsigned apply_exp2(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_exp2(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = 0.6931471805599453 * out;
    return wanted & 1u;
}

static unsigned apply_expm1(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_expm1(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_exp(x);
    return wanted & 1u;
}

static unsigned apply_log(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_log(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = x < 0.0 ? out : f_reciprocal(x + 0.0);
    return wanted & 1u;
}

static unsigned apply_log2(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_log2(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = x < 0.0 ? out : f_div(1.4426950408889634, x + 0.0);
    return wanted & 1u;
}

static unsigned apply_log10(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_log10(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = x < 0.0 ? out : f_div(0.4342944819032518, x + 0.0);
    return wanted & 1u;
}

static unsigned apply_log1p(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_log1p(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = x < -1.0 ? out : f_reciprocal(1.0 + x);
    return wanted & 1u;
}

static unsigned apply_sqrt(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_sqrt(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_div(0.5, out + 0.0);
    return wanted & 1u;
}

static unsigned apply_cbrt(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_cbrt(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_dcbrt(x);
    return wanted & 1u;
}

static unsigned apply_dcbrt(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_dcbrt(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_div(-2.0 * out, 3.0 * x);
    return wanted & 1u;
}

static unsigned apply_sin(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_sin(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_cos(x);
    return wanted & 1u;
}

static unsigned apply_cos(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_cos(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -f_sin(x);
    return wanted & 1u;
}

static unsigned apply_tan(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_tan(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = 1.0 + out * out;
    return wanted & 1u;
}

static unsigned apply_asin(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_asin(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_rsqrt_1m2(x);
    return wanted & 1u;
}

static unsigned apply_acos(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_acos(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -f_rsqrt_1m2(x);
    return wanted & 1u;
}

static unsigned apply_rsqrt_1m2(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_rsqrt_1m2(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = x * out * f_reciprocal_1m2(x);
    return wanted & 1u;
}

static unsigned apply_atan(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_atan(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_rational_1p2(x);
    return wanted & 1u;
}

static unsigned apply_rational_1p2(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_rational_1p2(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -2.0 * ops_vanishing(x, out) * out;
    return wanted & 1u;
}

static unsigned apply_atan2(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double y = xs[0], x = xs[1], out = f_atan2(y, x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_turn(x, y);
    if (wanted & 2u)
        partials[1] = -f_turn(y, x);
    return wanted & 3u;
}

static unsigned apply_turn(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_turn(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = ops_over_length(ops_over_length(f_square(f_cosine(y, x)) - f_square(f_cosine(x, y)), x, y), x, y);
    if (wanted & 2u)
        partials[1] = -2.0 * out * f_turn(y, x);
    return wanted & 3u;
}

static unsigned apply_hypot(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_hypot(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_cosine(x, y);
    if (wanted & 2u)
        partials[1] = f_cosine(y, x);
    return wanted & 3u;
}

static unsigned apply_cosine(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_cosine(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_cosine(y, x) * f_turn(y, x);
    if (wanted & 2u)
        partials[1] = -(out * f_turn(y, x));
    return wanted & 3u;
}

static unsigned apply_sinh(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_sinh(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_cosh(x);
    return wanted & 1u;
}

static unsigned apply_cosh(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_cosh(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_sinh(x);
    return wanted & 1u;
}

static unsigned apply_tanh(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_tanh(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_sech2(x);
    return wanted & 1u;
}

static unsigned apply_sech2(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_sech2(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -2.0 * f_tanh(x) * out;
    return wanted & 1u;
}

static unsigned apply_asinh(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_asinh(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_rsqrt_1p2(x);
    return wanted & 1u;
}

static unsigned apply_rsqrt_1p2(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_rsqrt_1p2(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -(ops_vanishing(x, out) * f_rational_1p2(x));
    return wanted & 1u;
}

static unsigned apply_acosh(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_acosh(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_rsqrt_m1p2(x);
    return wanted & 1u;
}

static unsigned apply_rsqrt_m1p2(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_rsqrt_m1p2(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -f_div(f_div(ops_vanishing(x, out), x - 1.0), x + 1.0);
    return wanted & 1u;
}

static unsigned apply_atanh(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_atanh(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_reciprocal_1m2(x);
    return wanted & 1u;
}

static unsigned apply_reciprocal_1m2(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_reciprocal_1m2(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = 2.0 * x * out * out;
    return wanted & 1u;
}

static unsigned apply_erf(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_erf(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_derf(x);
    return wanted & 1u;
}

static unsigned apply_erfc(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_erfc(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -f_derf(x);
    return wanted & 1u;
}

static unsigned apply_derf(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_derf(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -2.0 * ops_vanishing(x, out);
    return wanted & 1u;
}

static unsigned apply_normal_cdf(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_normal_cdf(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_normal_pdf(x);
    return wanted & 1u;
}

static unsigned apply_normal_pdf(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_normal_pdf(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -ops_vanishing(x, out);
    return wanted & 1u;
}

static unsigned apply_gamma(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_gamma(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = out * f_digamma(x);
    return wanted & 1u;
}

static unsigned apply_lgamma(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_lgamma(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_digamma(x);
    return wanted & 1u;
}

static unsigned apply_digamma(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_digamma(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_polygamma(1.0, x);
    return wanted & 1u;
}

static unsigned apply_polygamma(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double n = xs[0], x = xs[1], out = f_polygamma(n, x);
    *value = out;
    if (wanted & 2u)
        partials[1] = f_polygamma(n + 1.0, x);
    return wanted & 2u;
}

static unsigned apply_relu(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_relu(x);
    *value = out;
    unsigned present = 0;
    if ((wanted & 1u) && !(x <= 0.0)) {
        partials[0] = f_sign(x);
        present |= 1u;
    }
    return present;
}

static unsigned apply_leaky_relu(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], slope = xs[1], out = f_leaky_relu(x, slope);
    *value = out;
    unsigned present = wanted & 1u;
    if (wanted & 1u)
        partials[0] = x > 0.0 ? 1.0 : x <= 0.0 ? slope : NAN;
    if ((wanted & 2u) && !(x > 0.0)) {
        partials[1] = x;
        present |= 2u;
    }
    return present;
}

static unsigned apply_elu(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], alpha = xs[1], out = f_elu(x, alpha);
    *value = out;
    unsigned present = wanted & 1u;
    if (wanted & 1u)
        partials[0] = x > 0.0 ? 1.0 : alpha * f_exp(x);
    if ((wanted & 2u) && !(x > 0.0)) {
        partials[1] = f_expm1(x);
        present |= 2u;
    }
    return present;
}

static unsigned apply_gelu(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_gelu(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_normal_cdf(x) + ops_vanishing(x, f_normal_pdf(x));
    return wanted & 1u;
}

static unsigned apply_silu(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_silu(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_sigmoid(x) + ops_vanishing(x, f_dsigmoid(x));
    return wanted & 1u;
}

static unsigned apply_softplus(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_softplus(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_sigmoid(x);
    return wanted & 1u;
}

static unsigned apply_sigmoid(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_sigmoid(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_dsigmoid(x);
    return wanted & 1u;
}

static unsigned apply_dsigmoid(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_dsigmoid(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = -(out * f_tanh(0.5 * x));
    return wanted & 1u;
}

static unsigned apply_log_sigmoid(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_log_sigmoid(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_sigmoid(-x);
    return wanted & 1u;
}

static unsigned apply_abs(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_abs(x);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_sign(x);
    return wanted & 1u;
}

static unsigned apply_sign(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_sign(x);
    *value = out;
    (void)wanted, (void)partials;
    return 0;
}

static unsigned apply_floor(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_floor(x);
    *value = out;
    (void)wanted, (void)partials;
    return 0;
}

static unsigned apply_ceil(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_ceil(x);
    *value = out;
    (void)wanted, (void)partials;
    return 0;
}

static unsigned apply_trunc(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], out = f_trunc(x);
    *value = out;
    (void)wanted, (void)partials;
    return 0;
}

static unsigned apply_round(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], digits = xs[1], out = f_round(x, digits);
    *value = out;
    (void)wanted, (void)partials;
    return 0;
}

static unsigned apply_maximum(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_maximum(x, y);
    *value = out;
    unsigned present = 0;
    if ((wanted & 1u) && !(x < y)) {
        partials[0] = ops_chosen(x > y, x == y);
        present |= 1u;
    }
    if ((wanted & 2u) && !(y < x)) {
        partials[1] = ops_chosen(y > x, x == y);
        present |= 2u;
    }
    return present;
}

static unsigned apply_minimum(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_minimum(x, y);
    *value = out;
    unsigned present = 0;
    if ((wanted & 1u) && !(x > y)) {
        partials[0] = ops_chosen(x < y, x == y);
        present |= 1u;
    }
    if ((wanted & 2u) && !(y > x)) {
        partials[1] = ops_chosen(y < x, x == y);
        present |= 2u;
    }
    return present;
}

static unsigned apply_clip(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], low = xs[1], high = xs[2], out = f_clip(x, low, high);
    *value = out;
    unsigned present = 0;
    if ((wanted & 1u) && !(x < low || x > high)) {
        partials[0] = out == out ? 1.0 : NAN;
        present |= 1u;
    }
    if ((wanted & 2u) && !(x >= low || low > high)) {
        partials[1] = out == out ? 1.0 : NAN;
        present |= 2u;
    }
    if ((wanted & 4u) && !(x <= high && low <= high)) {
        partials[2] = out == out ? 1.0 : NAN;
        present |= 4u;
    }
    return present;
}

static unsigned apply_select(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double c = xs[0], a = xs[1], b = xs[2], out = f_select(c, a, b);
    *value = out;
    unsigned present = 0;
    if ((wanted & 2u) && !(c == 0.0)) {
        partials[1] = 1.0;
        present |= 2u;
    }
    if ((wanted & 4u) && !(c != 0.0)) {
        partials[2] = 1.0;
        present |= 4u;
    }
    return present;
}

static unsigned apply_shifted(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_shifted(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = 1.0;
    return wanted & 1u;
}

static unsigned apply_exp_shifted(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_exp_shifted(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = out;
    return wanted & 1u;
}

static unsigned apply_logaddexp(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_logaddexp(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_share(x, y);
    if (wanted & 2u)
        partials[1] = f_share(y, x);
    return wanted & 3u;
}

static unsigned apply_share(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_share(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = f_dshare(x, y);
    if (wanted & 2u)
        partials[1] = -f_dshare(x, y);
    return wanted & 3u;
}

static unsigned apply_dshare(const double *xs, unsigned wanted, double *value, double *partials)
{
    const double x = xs[0], y = xs[1], out = f_dshare(x, y);
    *value = out;
    if (wanted & 1u)
        partials[0] = -(out * f_tanh(0.5 * (x - y)));
    if (wanted & 2u)
        partials[1] = out * f_tanh(0.5 * (x - y));
    return wanted & 3u;
}

static int apply_sum(const double *xs, ptrdiff_t xs_n, double *value, double *result,
    unsigned char *present)
{
    const double out = f_sum(xs, xs_n);
    *value = out;
    if (result == NULL)
        return 0;
    ptrdiff_t result_n = 0;
    for (ptrdiff_t i1 = 0; i1 < xs_n; i1++) {
        result[result_n] = 1.0; present[result_n] = 1; result_n++;
    }
    return 0;
}

static int apply_prod(const double *xs, ptrdiff_t xs_n, double *value, double *result,
    unsigned char *present)
{
    const double out = f_prod(xs, xs_n);
    *value = out;
    if (result == NULL)
        return 0;
    ptrdiff_t result_n = 0;
    double room[64], *work = room; /* for 2 lists */
    const ptrdiff_t most = xs_n + 1;
    if (2 * most > 64)
        work = malloc(2 * most * sizeof *work);
    if (work == NULL)
        return -1;
    double *const begin = work;
    double x, product;
    double *before = work; ptrdiff_t before_n = 0; work += most;
    before[before_n] = 1.0; before_n++;
    for (ptrdiff_t i1 = 0; i1 < xs_n - 1; i1++) {
        x = xs[i1];
        before[before_n] = before[before_n - 1] * x; before_n++;
    }
    double *partials_ = work; ptrdiff_t partials__n = 0; work += most;
    double after = 1.0;
    for (ptrdiff_t i2 = 0; i2 < (xs_n < before_n ? xs_n : before_n); i2++) {
        x = xs[xs_n - 1 - i2];
        product = before[before_n - 1 - i2];
        partials_[partials__n] = product * after; partials__n++;
        after = after * x;
    }
    for (ptrdiff_t i3 = 0; i3 < partials__n; i3++) {
        result[result_n] = partials_[partials__n - 1 - i3]; present[result_n] = 1; result_n++;
    }
    if (begin != room)
        free(begin);
    return 0;
}

static int apply_dot_product(const double *operands, ptrdiff_t operands_n, double *value, double *result,
    unsigned char *present)
{
    const double out = f_dot_product(operands, operands_n);
    *value = out;
    if (result == NULL)
        return 0;
    ptrdiff_t result_n = 0;
    ptrdiff_t n = operands_n / 2;
    for (ptrdiff_t i1 = 0; i1 < 2 * n - n; i1++) {
        result[result_n] = operands[n + i1]; present[result_n] = 1; result_n++;
    }
    for (ptrdiff_t i2 = 0; i2 < n; i2++) {
        result[result_n] = operands[i2]; present[result_n] = 1; result_n++;
    }
    for (ptrdiff_t i3 = 0; i3 < operands_n - 2 * n; i3++) {
        result[result_n] = 1.0; present[result_n] = 1; result_n++;
    }
    return 0;
}

static int apply_norm(const double *xs, ptrdiff_t xs_n, double *value, double *result,
    unsigned char *present)
{
    const double out = f_norm(xs, xs_n);
    *value = out;
    if (result == NULL)
        return 0;
    ptrdiff_t result_n = 0;
    double length = out == 0.0 ? INFINITY : out;
    for (ptrdiff_t i1 = 0; i1 < xs_n; i1++) {
        result[result_n] = f_div(xs[i1], length); present[result_n] = 1; result_n++;
    }
    return 0;
}

static int apply_largest(const double *xs, ptrdiff_t xs_n, double *value, double *result,
    unsigned char *present)
{
    const double out = f_largest(xs, xs_n);
    *value = out;
    if (result == NULL)
        return 0;
    ptrdiff_t result_n = 0;
    for (ptrdiff_t i1 = 0; i1 < xs_n; i1++) {
        present[result_n++] = 0;
    }
    return 0;
}

static int apply_logsumexp(const double *xs, ptrdiff_t xs_n, double *value, double *result,
    unsigned char *present)
{
    const double out = f_logsumexp(xs, xs_n);
    *value = out;
    if (result == NULL)
        return 0;
    ptrdiff_t result_n = 0;
    double room[64], *work = room; /* for 1 lists */
    const ptrdiff_t most = xs_n + 1;
    if (1 * most > 64)
        work = malloc(1 * most * sizeof *work);
    if (work == NULL)
        return -1;
    double *const begin = work;
    double peak = f_largest(xs, xs_n);
    double *weights = work; ptrdiff_t weights_n = 0; work += most;
    for (ptrdiff_t i1 = 0; i1 < xs_n; i1++) {
        weights[weights_n] = f_exp_shifted(xs[i1], peak); weights_n++;
    }
    double total = f_sum(weights, weights_n);
    for (ptrdiff_t i2 = 0; i2 < weights_n; i2++) {
        result[result_n] = f_div(weights[i2], total); present[result_n] = 1; result_n++;
    }
    if (begin != room)
        free(begin);
    return 0;
}

static const Fixed FIXED[] = {
    {"add", 2, apply_add},
    {"sub", 2, apply_sub},
    {"mul", 2, apply_mul},
    {"div", 2, apply_div},
    {"reciprocal", 1, apply_reciprocal},
    {"neg", 1, apply_neg},
    {"pos", 1, apply_pos},
    {"square", 1, apply_square},
    {"pow", 2, apply_pow},
    {"lowered_pow", 4, apply_lowered_pow},
    {"floordiv", 2, apply_floordiv},
    {"mod", 2, apply_mod},
    {"exp", 1, apply_exp},
    {"exp2", 1, apply_exp2},
    {"expm1", 1, apply_expm1},
    {"log", 1, apply_log},
    {"log2", 1, apply_log2},
    {"log10", 1, apply_log10},
    {"log1p", 1, apply_log1p},
    {"sqrt", 1, apply_sqrt},
    {"cbrt", 1, apply_cbrt},
    {"dcbrt", 1, apply_dcbrt},
    {"sin", 1, apply_sin},
    {"cos", 1, apply_cos},
    {"tan", 1, apply_tan},
    {"asin", 1, apply_asin},
    {"acos", 1, apply_acos},
    {"rsqrt_1m2", 1, apply_rsqrt_1m2},
    {"atan", 1, apply_atan},
    {"rational_1p2", 1, apply_rational_1p2},
    {"atan2", 2, apply_atan2},
    {"turn", 2, apply_turn},
    {"hypot", 2, apply_hypot},
    {"cosine", 2, apply_cosine},
    {"sinh", 1, apply_sinh},
    {"cosh", 1, apply_cosh},
    {"tanh", 1, apply_tanh},
    {"sech2", 1, apply_sech2},
    {"asinh", 1, apply_asinh},
    {"rsqrt_1p2", 1, apply_rsqrt_1p2},
    {"acosh", 1, apply_acosh},
    {"rsqrt_m1p2", 1, apply_rsqrt_m1p2},
    {"atanh", 1, apply_atanh},
    {"reciprocal_1m2", 1, apply_reciprocal_1m2},
    {"erf", 1, apply_erf},
    {"erfc", 1, apply_erfc},
    {"derf", 1, apply_derf},
    {"normal_cdf", 1, apply_normal_cdf},
    {"normal_pdf", 1, apply_normal_pdf},
    {"gamma", 1, apply_gamma},
    {"lgamma", 1, apply_lgamma},
    {"digamma", 1, apply_digamma},
    {"polygamma", 2, apply_polygamma},
    {"relu", 1, apply_relu},
    {"leaky_relu", 2, apply_leaky_relu},
    {"elu", 2, apply_elu},
    {"gelu", 1, apply_gelu},
    {"silu", 1, apply_silu},
    {"softplus", 1, apply_softplus},
    {"sigmoid", 1, apply_sigmoid},
    {"dsigmoid", 1, apply_dsigmoid},
    {"log_sigmoid", 1, apply_log_sigmoid},
    {"abs", 1, apply_abs},
    {"sign", 1, apply_sign},
    {"floor", 1, apply_floor},
    {"ceil", 1, apply_ceil},
    {"trunc", 1, apply_trunc},
    {"round", 2, apply_round},
    {"maximum", 2, apply_maximum},
    {"minimum", 2, apply_minimum},
    {"clip", 3, apply_clip},
    {"select", 3, apply_select},
    {"shifted", 2, apply_shifted},
    {"exp_shifted", 2, apply_exp_shifted},
    {"logaddexp", 2, apply_logaddexp},
    {"share", 2, apply_share},
    {"dshare", 2, apply_dshare},
};
enum { FIXED_COUNT = sizeof FIXED / sizeof *FIXED };

static const Variadic VARIADIC[] = {
    {"sum", apply_sum},
    {"prod", apply_prod},
    {"dot_product", apply_dot_product},
    {"norm", apply_norm},
    {"largest", apply_largest},
    {"logsumexp", apply_logsumexp},
};
enum { VARIADIC_COUNT = sizeof VARIADIC / sizeof *VARIADIC };

#endif
