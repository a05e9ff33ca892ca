/* Rules in C, each as a loop over the numbers of many parameters.

   Written by `python -m nn.rules_in_c` from the rules in Python: do not edit.
   Compiled with contraction off (-ffp-contract=off), all numbers have Python's bits. */

#include <math.h>
#include <stddef.h>

typedef struct { double a, b; } Two;
typedef struct { double a, b, c; } Three;
typedef struct { double a, b, c, d; } Four;

typedef struct {
    const char *name;
    void (*apply)(ptrdiff_t n, double *const *rows, const double *own); /* changes the rows */
    int rows;                 /* x, g and the state */
    int asked;                /* numbers that the rule asks of its object: `own` */
    const char *const *names; /* of these */
} Rule;

static int lost; /* whether Python would have raised an error: set to 0 before */

static inline double quotient(double x, double y)
{
    lost |= y == 0.0;
    return x / y;
}

static inline double root(double x)
{
    lost |= x < 0.0;
    return sqrt(x);
}

static Two optim_SGD_rule(double x, double g, double v, double self_weight_decay, double self_momentum, double self_nesterov, double self_lr)
{
    g = g + self_weight_decay * x;
    if (self_momentum != 0.0) {
        v = self_momentum * v + g;
        g = self_nesterov != 0.0 ? g + self_momentum * v : v;
    }
    return (Two){x - self_lr * g, v};
}

static Three optim_Adam_rule(double x, double g, double m, double s, double self_weight_decay, double self_beta1, double self_beta2, double self_lr, double self_begun1, double self_begun2, double self_epsilon)
{
    g = g + self_weight_decay * x;
    m = self_beta1 * m + (1.0 - self_beta1) * g;
    s = self_beta2 * s + (1.0 - self_beta2) * g * g;
    return (Three){x - quotient(self_lr * quotient(m, self_begun1), root(quotient(s, self_begun2)) + self_epsilon), m, s};
}

static Two optimizers_Adagrad_rule(double x, double g, double s, double self_weight_decay, double self_lr, double self_epsilon)
{
    g = g + self_weight_decay * x;
    s = s + g * g;
    return (Two){x - quotient(self_lr * g, root(s) + self_epsilon), s};
}

static Four optimizers_RMSProp_rule(double x, double g, double s, double m, double v, double self_weight_decay, double self_alpha, double self_centered, double self_momentum, double self_epsilon, double self_lr)
{
    g = g + self_weight_decay * x;
    s = self_alpha * s + (1.0 - self_alpha) * g * g;
    double spread = s;
    if (self_centered != 0.0) {
        m = self_alpha * m + (1.0 - self_alpha) * g;
        spread = 0.0 > s - m * m ? 0.0 : s - m * m;
    }
    v = self_momentum * v + quotient(g, root(spread) + self_epsilon);
    return (Four){x - self_lr * v, s, m, v};
}

static Three optimizers_AdamW_rule(double x, double g, double m, double s, double self_lr, double self_decay, double self_weight_decay, double self_beta1, double self_beta2, double self_begun1, double self_begun2, double self_epsilon)
{
    return optim_Adam_rule(x * (1.0 - self_lr * self_decay), g, m, s, self_weight_decay, self_beta1, self_beta2, self_lr, self_begun1, self_begun2, self_epsilon);
}

static void apply_SGD(ptrdiff_t n, double *const *rows, const double *own)
{
    double *restrict x = rows[0];
    double *restrict g = rows[1];
    double *restrict v = rows[2];
    const double self_weight_decay = own[0];
    const double self_momentum = own[1];
    const double self_nesterov = own[2];
    const double self_lr = own[3];
    for (ptrdiff_t i = 0; i < n; i++) {
        const Two r = optim_SGD_rule(x[i], g[i], v[i], self_weight_decay, self_momentum, self_nesterov, self_lr);
        x[i] = r.a; v[i] = r.b;
    }
}

static const char *const names_SGD[] = {"weight_decay", "momentum", "nesterov", "lr"};

static void apply_Adam(ptrdiff_t n, double *const *rows, const double *own)
{
    double *restrict x = rows[0];
    double *restrict g = rows[1];
    double *restrict m = rows[2];
    double *restrict s = rows[3];
    const double self_weight_decay = own[0];
    const double self_beta1 = own[1];
    const double self_beta2 = own[2];
    const double self_lr = own[3];
    const double self_begun1 = own[4];
    const double self_begun2 = own[5];
    const double self_epsilon = own[6];
    for (ptrdiff_t i = 0; i < n; i++) {
        const Three r = optim_Adam_rule(x[i], g[i], m[i], s[i], self_weight_decay, self_beta1, self_beta2, self_lr, self_begun1, self_begun2, self_epsilon);
        x[i] = r.a; m[i] = r.b; s[i] = r.c;
    }
}

static const char *const names_Adam[] = {"weight_decay", "beta1", "beta2", "lr", "begun1", "begun2", "epsilon"};

static void apply_Adagrad(ptrdiff_t n, double *const *rows, const double *own)
{
    double *restrict x = rows[0];
    double *restrict g = rows[1];
    double *restrict s = rows[2];
    const double self_weight_decay = own[0];
    const double self_lr = own[1];
    const double self_epsilon = own[2];
    for (ptrdiff_t i = 0; i < n; i++) {
        const Two r = optimizers_Adagrad_rule(x[i], g[i], s[i], self_weight_decay, self_lr, self_epsilon);
        x[i] = r.a; s[i] = r.b;
    }
}

static const char *const names_Adagrad[] = {"weight_decay", "lr", "epsilon"};

static void apply_RMSProp(ptrdiff_t n, double *const *rows, const double *own)
{
    double *restrict x = rows[0];
    double *restrict g = rows[1];
    double *restrict s = rows[2];
    double *restrict m = rows[3];
    double *restrict v = rows[4];
    const double self_weight_decay = own[0];
    const double self_alpha = own[1];
    const double self_centered = own[2];
    const double self_momentum = own[3];
    const double self_epsilon = own[4];
    const double self_lr = own[5];
    for (ptrdiff_t i = 0; i < n; i++) {
        const Four r = optimizers_RMSProp_rule(x[i], g[i], s[i], m[i], v[i], self_weight_decay, self_alpha, self_centered, self_momentum, self_epsilon, self_lr);
        x[i] = r.a; s[i] = r.b; m[i] = r.c; v[i] = r.d;
    }
}

static const char *const names_RMSProp[] = {"weight_decay", "alpha", "centered", "momentum", "epsilon", "lr"};

static void apply_AdamW(ptrdiff_t n, double *const *rows, const double *own)
{
    double *restrict x = rows[0];
    double *restrict g = rows[1];
    double *restrict m = rows[2];
    double *restrict s = rows[3];
    const double self_lr = own[0];
    const double self_decay = own[1];
    const double self_weight_decay = own[2];
    const double self_beta1 = own[3];
    const double self_beta2 = own[4];
    const double self_begun1 = own[5];
    const double self_begun2 = own[6];
    const double self_epsilon = own[7];
    for (ptrdiff_t i = 0; i < n; i++) {
        const Three r = optimizers_AdamW_rule(x[i], g[i], m[i], s[i], self_lr, self_decay, self_weight_decay, self_beta1, self_beta2, self_begun1, self_begun2, self_epsilon);
        x[i] = r.a; m[i] = r.b; s[i] = r.c;
    }
}

static const char *const names_AdamW[] = {"lr", "decay", "weight_decay", "beta1", "beta2", "begun1", "begun2", "epsilon"};

static const Rule RULES[] = {
    {"SGD", apply_SGD, 3, 4, names_SGD},
    {"Adam", apply_Adam, 4, 7, names_Adam},
    {"Adagrad", apply_Adagrad, 3, 3, names_Adagrad},
    {"RMSProp", apply_RMSProp, 5, 6, names_RMSProp},
    {"AdamW", apply_AdamW, 4, 8, names_AdamW},
};
