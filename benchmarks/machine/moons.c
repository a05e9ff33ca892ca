// The mean hinge of moons.py without the mean: sums over the rows of the loss and of its 337 partial
// derivatives, by hand. Rows are innermost, 8 of them in one vector. Three ways to write it down.
//
// Parameters stand neuron by neuron, each its weights and then its bias; `out` has the sum of the
// losses first, then the derivatives in the order of the parameters.

#include <string.h>

enum { LANES = 8, BLOCKS = 13, INS = 2, H = 16 };
enum { SECOND = H * (INS + 1), THIRD = SECOND + H * (H + 1), PARAMETERS = THIRD + H + 1 };

typedef double lanes __attribute__((vector_size(64)));
typedef long long flags __attribute__((vector_size(64)));
typedef double unaligned __attribute__((vector_size(64), aligned(8)));

static inline lanes at(const double *column, int block) {
    return *(const unaligned *)(column + block * LANES);
}

static inline lanes where_positive(lanes x, lanes chosen) {
    return (lanes)((x > 0.0) & (flags)chosen);
}

static inline lanes pairs(lanes x, lanes y) {
    return __builtin_shufflevector(x, y, 0, 8, 2, 10, 4, 12, 6, 14) +
           __builtin_shufflevector(x, y, 1, 9, 3, 11, 5, 13, 7, 15);
}

static inline lanes fours(lanes x, lanes y) {
    return __builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13) +
           __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14, 15);
}

// The sums of eight vectors, as one vector.
static inline lanes sums(const lanes *x) {
    lanes low = fours(pairs(x[0], x[1]), pairs(x[2], x[3]));
    lanes high = fours(pairs(x[4], x[5]), pairs(x[6], x[7]));
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15);
}

static inline double sum(lanes x) {
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

static void sum_all(const lanes *restrict totals, int count, double *restrict out) {
    int i = 0;
    for (; i + LANES <= count; i += LANES) *(unaligned *)(out + i) = sums(totals + i);
    for (; i < count; i++) out[i] = sum(totals[i]);
}

// Block by block: all of 8 rows, and what they add to 338 sums that stay in memory.
void blocks(const double *restrict p, const double *restrict xs, const double *restrict ys,
            const double *restrict sides, double *restrict out) {
    const double *restrict second = p + SECOND, *restrict third = p + THIRD;
    lanes totals[1 + PARAMETERS];
    memset(totals, 0, sizeof totals);
    lanes *restrict g1 = totals + 1, *restrict g2 = g1 + SECOND, *restrict g3 = g1 + THIRD;
    for (int block = 0; block < BLOCKS; block++) {
        lanes x = at(xs, block), y = at(ys, block), side = at(sides, block);
        lanes h1[H], h2[H], d1[H], d2[H];
        for (int j = 0; j < H; j++) {
            lanes act = p[3 * j + 2] + p[3 * j] * x;
            act += p[3 * j + 1] * y;
            h1[j] = where_positive(act, act);
        }
        for (int j = 0; j < H; j++) {
            lanes act = second[17 * j + 16] + second[17 * j] * h1[0];
            for (int i = 1; i < H; i++) act += second[17 * j + i] * h1[i];
            h2[j] = where_positive(act, act);
        }
        lanes score = third[H] + third[0] * h2[0];
        for (int i = 1; i < H; i++) score += third[i] * h2[i];
        lanes margin = score * -side + 1.0;
        totals[0] += where_positive(margin, margin);
        lanes d = where_positive(margin, -side);
        g3[H] += d;
        for (int i = 0; i < H; i++) {
            g3[i] += d * h2[i];
            d2[i] = where_positive(h2[i], d * third[i]);
        }
        for (int i = 0; i < H; i++) {
            lanes back = d2[0] * second[i];
            for (int j = 1; j < H; j++) back += d2[j] * second[17 * j + i];
            d1[i] = where_positive(h1[i], back);
        }
        for (int j = 0; j < H; j++) {
            for (int i = 0; i < H; i++) g2[17 * j + i] += d2[j] * h1[i];
            g2[17 * j + 16] += d2[j];
        }
        for (int j = 0; j < H; j++) {
            g1[3 * j] += d1[j] * x;
            g1[3 * j + 1] += d1[j] * y;
            g1[3 * j + 2] += d1[j];
        }
    }
    sum_all(totals, 1 + PARAMETERS, out);
}

// Layer by layer: activations of all rows are kept, and 16 sums at a time stay in registers.
void layers(const double *restrict p, const double *restrict xs, const double *restrict ys,
            const double *restrict sides, double *restrict out) {
    const double *restrict second = p + SECOND, *restrict third = p + THIRD;
    lanes h1[BLOCKS][H], h2[BLOCKS][H], d1[BLOCKS][H], d2[BLOCKS][H], d3[BLOCKS];
    lanes totals[1 + PARAMETERS];
    lanes *restrict g1 = totals + 1, *restrict g2 = g1 + SECOND, *restrict g3 = g1 + THIRD;
    lanes loss = {0.0};
    for (int block = 0; block < BLOCKS; block++) {
        lanes x = at(xs, block), y = at(ys, block), side = at(sides, block);
        for (int j = 0; j < H; j++) {
            lanes act = p[3 * j + 2] + p[3 * j] * x;
            act += p[3 * j + 1] * y;
            h1[block][j] = where_positive(act, act);
        }
        lanes acts[H];
        for (int j = 0; j < H; j++) acts[j] = second[17 * j + 16] + (lanes){0.0};
        for (int i = 0; i < H; i++) {
            lanes h = h1[block][i];
#pragma GCC unroll 16
            for (int j = 0; j < H; j++) acts[j] += second[17 * j + i] * h;
        }
        lanes score = third[H] + (lanes){0.0};
        for (int j = 0; j < H; j++) {
            h2[block][j] = where_positive(acts[j], acts[j]);
            score += third[j] * h2[block][j];
        }
        lanes margin = score * -side + 1.0;
        loss += where_positive(margin, margin);
        lanes d = d3[block] = where_positive(margin, -side);
        for (int j = 0; j < H; j++) d2[block][j] = where_positive(h2[block][j], d * third[j]);
        lanes backs[H];
        for (int i = 0; i < H; i++) backs[i] = (lanes){0.0};
        for (int j = 0; j < H; j++) {
            lanes back = d2[block][j];
#pragma GCC unroll 16
            for (int i = 0; i < H; i++) backs[i] += back * second[17 * j + i];
        }
        for (int i = 0; i < H; i++) d1[block][i] = where_positive(h1[block][i], backs[i]);
    }
    totals[0] = loss;
    for (int j = 0; j < H; j += 4) {
        for (int i = 0; i < H; i += 4) {
            lanes tile[4][4] = {{{0.0}}};
            for (int block = 0; block < BLOCKS; block++) {
#pragma GCC unroll 4
                for (int k = 0; k < 4; k++) {
#pragma GCC unroll 4
                    for (int l = 0; l < 4; l++) tile[k][l] += d2[block][j + k] * h1[block][i + l];
                }
            }
            for (int k = 0; k < 4; k++) {
                for (int l = 0; l < 4; l++) g2[17 * (j + k) + i + l] = tile[k][l];
            }
        }
    }
    for (int j = 0; j < H; j++) {
        lanes by_x = {0.0}, by_y = {0.0}, by_bias = {0.0}, by_bias2 = {0.0}, by_h = {0.0};
        for (int block = 0; block < BLOCKS; block++) {
            by_x += d1[block][j] * at(xs, block);
            by_y += d1[block][j] * at(ys, block);
            by_bias += d1[block][j];
            by_bias2 += d2[block][j];
            by_h += d3[block] * h2[block][j];
        }
        g1[3 * j] = by_x;
        g1[3 * j + 1] = by_y;
        g1[3 * j + 2] = by_bias;
        g2[17 * j + 16] = by_bias2;
        g3[j] = by_h;
    }
    lanes by_bias3 = {0.0};
    for (int block = 0; block < BLOCKS; block++) by_bias3 += d3[block];
    g3[H] = by_bias3;
    sum_all(totals, 1 + PARAMETERS, out);
}

// Block by block in plain loops, which the compiler turns into vectors.
#define EACH for (int l = 0; l < LANES; l++)

void plain(const double *restrict p, const double *restrict xs, const double *restrict ys,
           const double *restrict sides, double *restrict out) {
    const double *restrict second = p + SECOND, *restrict third = p + THIRD;
    double totals[1 + PARAMETERS][LANES] __attribute__((aligned(64)));
    memset(totals, 0, sizeof totals);
    double(*restrict g1)[LANES] = totals + 1, (*restrict g2)[LANES] = g1 + SECOND,
                    (*restrict g3)[LANES] = g1 + THIRD;
    for (int block = 0; block < BLOCKS; block++) {
        const double *restrict x = xs + block * LANES, *restrict y = ys + block * LANES;
        const double *restrict side = sides + block * LANES;
        double h1[H][LANES], h2[H][LANES], d1[H][LANES], d2[H][LANES];
        double score[LANES], d[LANES];
        for (int j = 0; j < H; j++) {
            EACH {
                double act = p[3 * j + 2] + p[3 * j] * x[l] + p[3 * j + 1] * y[l];
                h1[j][l] = act > 0.0 ? act : 0.0;
            }
        }
        for (int j = 0; j < H; j++) {
            double act[LANES];
            EACH act[l] = second[17 * j + 16];
            for (int i = 0; i < H; i++) EACH act[l] += second[17 * j + i] * h1[i][l];
            EACH h2[j][l] = act[l] > 0.0 ? act[l] : 0.0;
        }
        EACH score[l] = third[H];
        for (int i = 0; i < H; i++) EACH score[l] += third[i] * h2[i][l];
        EACH {
            double margin = score[l] * -side[l] + 1.0;
            totals[0][l] += margin > 0.0 ? margin : 0.0;
            d[l] = margin > 0.0 ? -side[l] : 0.0;
            g3[H][l] += d[l];
        }
        for (int i = 0; i < H; i++) {
            EACH {
                g3[i][l] += d[l] * h2[i][l];
                d2[i][l] = h2[i][l] > 0.0 ? d[l] * third[i] : 0.0;
            }
        }
        for (int i = 0; i < H; i++) {
            double back[LANES] = {0.0};
            for (int j = 0; j < H; j++) EACH back[l] += d2[j][l] * second[17 * j + i];
            EACH d1[i][l] = h1[i][l] > 0.0 ? back[l] : 0.0;
        }
        for (int j = 0; j < H; j++) {
            for (int i = 0; i < H; i++) EACH g2[17 * j + i][l] += d2[j][l] * h1[i][l];
            EACH g2[17 * j + 16][l] += d2[j][l];
        }
        for (int j = 0; j < H; j++) {
            EACH {
                g1[3 * j][l] += d1[j][l] * x[l];
                g1[3 * j + 1][l] += d1[j][l] * y[l];
                g1[3 * j + 2][l] += d1[j][l];
            }
        }
    }
    sum_all((const lanes *)totals, 1 + PARAMETERS, out);
}
