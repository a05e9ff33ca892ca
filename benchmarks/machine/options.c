// The price of a European call and five derivatives, by formulas derived by hand. Columns in, columns
// out.

#include <math.h>

static inline double below(double x) { return 0.5 * (1.0 + erf(x * 0.70710678118654752440)); }

void greeks(long rows, int threads, const double *restrict spots, const double *restrict strikes,
            const double *restrict rates, const double *restrict volatilities,
            const double *restrict times, double *restrict prices, double *restrict deltas,
            double *restrict rhos, double *restrict vegas, double *restrict thetas,
            double *restrict gammas) {
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (long i = 0; i < rows; i++) {
        double spot = spots[i], strike = strikes[i], rate = rates[i], volatility = volatilities[i];
        double years = times[i], root = sqrt(years), spread = volatility * root;
        double drift = (rate + 0.5 * volatility * volatility) * years;
        double d1 = (log(spot / strike) + drift) / spread;
        double below1 = below(d1), below2 = below(d1 - spread);
        double density = exp(-0.5 * d1 * d1) * 0.39894228040143267794;
        double paid = strike * exp(-rate * years) * below2;
        prices[i] = spot * below1 - paid;
        deltas[i] = below1;
        rhos[i] = years * paid;
        vegas[i] = spot * density * root;
        thetas[i] = 0.5 * spot * density * volatility / root + rate * paid;
        gammas[i] = density / (spot * spread);
    }
}
