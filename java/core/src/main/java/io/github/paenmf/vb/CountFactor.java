package io.github.paenmf.vb;

import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullShape;
import org.apache.commons.numbers.gamma.Digamma;
import org.apache.commons.numbers.gamma.Trigamma;

/**
 * A factor of a fit with a Poisson likelihood, and what its posteriors do when counts are allocated to them otherwise.
 *
 * <p>To a coefficient of shape k = 1/x the counts a are allocated with 1/(a + 1) = x·(ψ(1 + x) + γ). Its mean μ and
 * geometric mean g then change with a by d ln μ = π·da, d ln g = τ·da, where π = 1/(a + 1) and τ = π + d ln(g/μ)/da.
 *
 * @param rows the posteriors
 * @param geometric g, rows × r
 * @param own π, rows × r: the variance over μ², except for the difference between a Weibull and a gamma distribution
 * @param stiffness d = 1/τ − a, rows × r: from 0.62 without counts to 1/2
 */
record CountFactor(FactorRows rows, double[] geometric, double[] own, double[] stiffness) {

    /** d of what is known: nothing that is allocated changes it. Counts are far fewer. */
    private static final double OF_KNOWN = 1e15;

    static CountFactor of(FactorRows rows, Parallel parallel) {
        return of(rows, 0, parallel);
    }

    /**
     * The same where coefficients are known.
     *
     * @param fixed of how many components, the first ones
     */
    static CountFactor of(FactorRows rows, int fixed, Parallel parallel) {
        int size = rows.mean().length;
        CountFactor factor = new CountFactor(rows, new double[size], new double[size], new double[size]);
        Chunks chunks = new Chunks(size);
        parallel.run(chunks.count(), task -> {
            for (int e = chunks.first(task); e < chunks.end(task); e++) {
                if (e % rows.rank() < fixed) {
                    factor.geometric[e] = rows.mean()[e];
                    factor.stiffness[e] = OF_KNOWN;
                } else {
                    factor.set(e);
                }
            }
        });
        return factor;
    }

    private void set(int e) {
        double mean = rows.mean()[e];
        if (!(mean > 0)) { // too small for a float: nothing was allocated to it
            own[e] = 1;
            stiffness[e] = stiffness(1);
            return;
        }
        double k = WeibullShape.ofMoments(mean, rows.variance()[e]);
        double x = 1 / k;
        geometric[e] = Weibull.geometricMean(k, mean / Weibull.mean(k, 1));
        own[e] = Math.min(1, x * rise(x));
        stiffness[e] = stiffness(x);
    }

    /** d of the inverse shape x. With s = ψ(1 + x) + γ, (a + 1)²·d ln(g/μ)/da = s/(s + x·ψ′(1 + x)). */
    private static double stiffness(double x) {
        double s = rise(x);
        double curvature = s / (s + x * Trigamma.value(1 + x));
        return 1 - curvature / (1 + curvature * x * s);
    }

    /** ψ(1 + x) + γ. */
    private static double rise(double x) {
        return Digamma.value(1 + x) + Weibull.EULER_GAMMA;
    }
}
