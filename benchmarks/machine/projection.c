// The Jacobian of projection.py by formulas derived by hand, 8 rows in one vector. Two layouts: each
// input and each partial a column of its own; and 8 rows of all of them together.
//
// With axis w and angle t = |w| a point X goes to p = c X + a (w x X) + b (w . X) w, where c = cos t,
// a = sin t / t, b = (1 - cos t) / t^2. By w_k it changes by
//   w_k (a' (w x X) + b' (w . X) w - a X) + a (e_k x X) + b (X_k w + (w . X) e_k)
// with a' = (c - a) / t^2 and b' = (a - 2 b) / t^2.

#include <math.h>

enum { LANES = 8, INS = 15, PARTIALS = 30 };
enum { AXIS = 0, SHIFT = 3, FOCAL = 6, BEND = 7, POINT = 9, SEEN = 12, WEIGHT = 14 };

typedef double lanes __attribute__((vector_size(64)));
typedef long long flags __attribute__((vector_size(64)));
typedef double unaligned __attribute__((vector_size(64), aligned(8)));

static inline lanes get(const double *x) { return *(const unaligned *)x; }
static inline void put(double *x, lanes y) { *(unaligned *)x = y; }
static inline lanes choose(flags which, lanes x, lanes y) {
    return (lanes)((which & (flags)x) | (~which & (flags)y));
}

static inline void eight(const double *in, long wide, double *out, long apart) {
    const double *axis = in + AXIS * wide, *shift = in + SHIFT * wide, *point = in + POINT * wide;
    lanes w[3], x[3], p[3], turned[3][3];  // turned[k]: p by w_k
    for (int k = 0; k < 3; k++) w[k] = get(axis + k * wide), x[k] = get(point + k * wide);
    lanes square = w[0] * w[0] + w[1] * w[1] + w[2] * w[2];
    flags small = square < 1e-12;
    square = choose(small, (lanes){} + 1.0, square);
    lanes angle, sine, c;
    for (int l = 0; l < LANES; l++) angle[l] = sqrt(square[l]);
    for (int l = 0; l < LANES; l++) sine[l] = sin(angle[l]), c[l] = cos(angle[l]);
    lanes a = sine / angle, b = (1.0 - c) / square;
    lanes a1 = (c - a) / square, b1 = (a - 2.0 * b) / square;
    lanes zero = {}, one = zero + 1.0;
    a = choose(small, one, a), b = choose(small, zero, b), c = choose(small, one, c);
    a1 = choose(small, zero, a1), b1 = choose(small, zero, b1);
    lanes straight = choose(small, zero, a);  // a where it comes from c
    lanes cross[3] = {w[1] * x[2] - w[2] * x[1], w[2] * x[0] - w[0] * x[2],
                      w[0] * x[1] - w[1] * x[0]};
    lanes along = w[0] * x[0] + w[1] * x[1] + w[2] * x[2];
    lanes common[3], columns[3][3];  // columns[k]: p by X_k
    for (int m = 0; m < 3; m++) {
        p[m] = c * x[m] + a * cross[m] + b * along * w[m] + get(shift + m * wide);
        common[m] = a1 * cross[m] + b1 * along * w[m] - straight * x[m];
    }
    for (int k = 0; k < 3; k++) {
        int after = (k + 1) % 3, before = (k + 2) % 3;
        for (int m = 0; m < 3; m++) {
            turned[k][m] = w[k] * common[m] + b * x[k] * w[m];
            columns[k][m] = b * w[k] * w[m];
        }
        turned[k][k] += b * along;
        turned[k][after] -= a * x[before];
        turned[k][before] += a * x[after];
        columns[k][k] += c;
        columns[k][after] += a * w[before];
        columns[k][before] -= a * w[after];
    }
    lanes deep = 1.0 / p[2], u = p[0] * deep, v = p[1] * deep, r2 = u * u + v * v;
    lanes focal = get(in + FOCAL * wide), k1 = get(in + BEND * wide);
    lanes k2 = get(in + (BEND + 1) * wide), weight = get(in + WEIGHT * wide);
    lanes bend = 1.0 + r2 * (k1 + k2 * r2), slope = 2.0 * (k1 + 2.0 * k2 * r2);
    lanes scale = weight * focal, mixed = scale * u * v * slope;
    lanes by_u[2] = {scale * (bend + u * u * slope), mixed};
    lanes by_v[2] = {mixed, scale * (bend + v * v * slope)};
    lanes uv[2] = {u, v};
    for (int n = 0; n < 2; n++) {
        double *row = out + n * INS * apart;
        lanes by_p[3] = {by_u[n] * deep, by_v[n] * deep, -(by_u[n] * u + by_v[n] * v) * deep};
        for (int k = 0; k < 3; k++) {
            const lanes *t = turned[k], *s = columns[k];
            put(row + (AXIS + k) * apart, by_p[0] * t[0] + by_p[1] * t[1] + by_p[2] * t[2]);
            put(row + (SHIFT + k) * apart, by_p[k]);
            put(row + (POINT + k) * apart, by_p[0] * s[0] + by_p[1] * s[1] + by_p[2] * s[2]);
        }
        lanes seen = uv[n] * bend, bent = scale * uv[n] * r2;
        put(row + FOCAL * apart, weight * seen);
        put(row + BEND * apart, bent);
        put(row + (BEND + 1) * apart, bent * r2);
        put(row + (SEEN + n) * apart, -weight);
        put(row + (SEEN + 1 - n) * apart, zero);
        put(row + WEIGHT * apart, focal * seen - get(in + (SEEN + n) * wide));
    }
}

// Input k of row i at in[k * rows + i], partial k at out[k * rows + i]. Rows come in eights.
void columns(long rows, int threads, const double *restrict in, double *restrict out) {
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (long i = 0; i < rows; i += LANES) eight(in + i, rows, out + i, rows);
}

// Input k of rows 8 i .. 8 i + 7 at in[(i * 15 + k) * 8 ..], partial k likewise.
void blocks(long rows, int threads, const double *restrict in, double *restrict out) {
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (long i = 0; i < rows; i += LANES) eight(in + i * INS, LANES, out + i * PARTIALS, LANES);
}
