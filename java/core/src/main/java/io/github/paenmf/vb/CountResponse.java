package io.github.paenmf.vb;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * Linear response (see {@link FactorResponse}) of one factor of a fit with a Poisson likelihood, for any of its rows.
 *
 * <p>What the bound has of a row x, given the other factor, is Σ v ln Σⱼ gⱼg′ⱼ and the divergences. Where a force t pulls
 * at the means, each coefficient follows by d ln μ = π(da + μ·dt) and d ln g = τ·da + πμ·dt ({@link CountFactor}), and
 * counts go over to it, da = A·d ln g, A = diag(a) − B ({@link AllocatedCounts}). Solved for dμ/dt that is the covariance
 *
 * <pre>Cov = diag(μ)·(π + π(A⁻¹ − τ)⁻¹π)·diag(μ) = diag(μ)·(εX⁻¹ε + π(1 − ε))·diag(μ)</pre>
 *
 * with X = τ⁻¹ − A = B + diag(d) and ε = π/τ = 1 − π(1 − d). The mean-field variance is μ²π; X is the information in
 * units of the means, B of the data and d what else holds a coefficient.
 *
 * <p>With the other factor free there are the r² directions E of {@link JointResponse}, with Dᵉᶠᶠ = (d − d·X⁻¹·d)/(μμᵀ) of
 * each row. Where E would move coefficient j by Eⱼᵀx, d holds it back, and (1 − d·X⁻¹)ⱼⱼ of that is left: it gains
 * (1 − d·X⁻¹)ⱼⱼ²·xᵀ·Cov(E)ⱼ·x. Without that factor coefficients without counts would have far more than their prior's
 * variance wherever another of their row is large.
 */
final class CountResponse {

    private final CountFactor factor;
    private final AllocatedCounts counts;
    private final int rank;

    CountResponse(CountFactor factor, AllocatedCounts counts) {
        if (factor.rows().rows() != counts.rows()) {
            throw new IllegalArgumentException("there are counts of " + counts.rows() + " rows, and posteriors of "
                    + factor.rows().rows());
        }
        this.factor = factor;
        this.counts = counts;
        this.rank = factor.rows().rank();
    }

    /**
     * Variances of coefficients, rows × rank: their own, and what linear response adds.
     *
     * @param blocks Cov(E)ⱼ, r blocks of r × r; null to take the other factor for given
     */
    double[] variances(double[] blocks, Parallel parallel) {
        FactorRows rows = factor.rows();
        double[] variances = new double[rows.mean().length];
        forRows(parallel, (row, inverse) -> {
            for (int j = 0; j < rank; j++) {
                int e = row * rank + j;
                double own = inverse[j * rank + j];
                variances[e] = rows.variance()[e] + gain(e, own);
                if (blocks != null) {
                    double left = 1 - factor.stiffness()[e] * own;
                    double turned = Dense.quadratic(blocks, j * rank * rank, rows.mean(), row * rank, rank);
                    variances[e] += left * left * Math.max(0, turned);
                }
            }
        });
        return variances;
    }

    /**
     * Covariances of the coefficients of each row, given the other factor, of some components: packed symmetric matrices,
     * rows × pairs. Their diagonals are {@link #variances}.
     *
     * @param live the components, ascending
     */
    double[] covariances(int[] live, Parallel parallel) {
        int l = live.length;
        int pairs = RowProducts.pairs(l);
        double[] mean = factor.rows().mean();
        double[] covariances = new double[factor.rows().rows() * pairs];
        forRows(parallel, (row, inverse) -> {
            int at = row * pairs;
            for (int a = 0; a < l; a++) {
                int ea = row * rank + live[a];
                double own = inverse[live[a] * rank + live[a]];
                covariances[at++] = factor.rows().variance()[ea] + gain(ea, own);
                for (int b = a + 1; b < l; b++) {
                    int eb = row * rank + live[b];
                    covariances[at++] =
                            mean[ea] * mean[eb] * follow(ea) * follow(eb) * inverse[live[b] * rank + live[a]];
                }
            }
        });
        return covariances;
    }

    /** ε. */
    private double follow(int e) {
        return 1 - factor.own()[e] * (1 - factor.stiffness()[e]);
    }

    private interface RowTask {
        /** Takes a row and X⁻¹ of it, its lower triangle. */
        void of(int row, double[] inverse);
    }

    private void forRows(Parallel parallel, RowTask rowTask) {
        for (int first = 0; first < factor.rows().rows(); first += JointResponse.BLOCK) {
            int count = Math.min(JointResponse.BLOCK, factor.rows().rows() - first);
            double[] shared = counts.of(first, count, parallel);
            int start = first;
            Chunks chunks = new Chunks(count, 16);
            parallel.run(chunks.count(), task -> {
                FactorResponse.RowCovariance inverse = new FactorResponse.RowCovariance(rank);
                double[] matrix = new double[rank * rank];
                for (int i = chunks.first(task); i < chunks.end(task); i++) {
                    invert(shared, i, start + i, matrix, inverse);
                    rowTask.of(start + i, inverse.inverse);
                }
            });
        }
    }

    /** What the other coefficients of its row add to the variance of one. */
    private double gain(int e, double inverse) {
        double mean = factor.rows().mean()[e];
        double own = factor.own()[e];
        double follow = follow(e);
        return mean * mean * Math.max(0, follow * follow * inverse + own * (1 - follow) - own);
    }

    /** Leaves X⁻¹ of a row, its lower triangle, in {@code inverse}. */
    private void invert(double[] shared, int at, int row, double[] matrix, FactorResponse.RowCovariance inverse) {
        int from = at * RowProducts.pairs(rank);
        for (int a = 0; a < rank; a++) {
            for (int b = a; b < rank; b++, from++) {
                matrix[a * rank + b] = shared[from];
                matrix[b * rank + a] = shared[from];
            }
        }
        inverse.of(matrix, factor.stiffness(), row * rank);
    }

    /**
     * What rows add to the information of E, of some components.
     *
     * @param live the components, ascending
     */
    Iterable<RowProducts> products(int[] live, Parallel parallel) {
        return RowProducts.of(
                factor.rows().rows(), JointResponse.BLOCK, (first, count) -> products(live, first, count, parallel));
    }

    private RowProducts products(int[] live, int first, int count, Parallel parallel) {
        int l = live.length;
        int pairs = RowProducts.pairs(l);
        double[] shared = counts.of(first, count, parallel);
        double[] squares = new double[count * pairs];
        double[] stiffness = new double[count * pairs];
        double[] mean = factor.rows().mean();
        Chunks chunks = new Chunks(count, 16);
        parallel.run(chunks.count(), task -> {
            FactorResponse.RowCovariance inverse = new FactorResponse.RowCovariance(rank);
            double[] matrix = new double[rank * rank];
            for (int i = chunks.first(task); i < chunks.end(task); i++) {
                invert(shared, i, first + i, matrix, inverse);
                int at = i * pairs;
                for (int a = 0; a < l; a++) {
                    int ea = (first + i) * rank + live[a];
                    double da = factor.stiffness()[ea];
                    for (int b = a; b < l; b++, at++) {
                        int eb = (first + i) * rank + live[b];
                        double db = factor.stiffness()[eb];
                        double held = (a == b ? da : 0) - da * inverse.inverse[live[b] * rank + live[a]] * db;
                        squares[at] = mean[ea] * mean[eb];
                        stiffness[at] = squares[at] > 0 ? held / squares[at] : 0;
                    }
                }
            }
        });
        return new RowProducts(l, count, squares, stiffness);
    }

    /**
     * The components that are expected to give one count or more in all: the others are what the prior says.
     *
     * @param sizeFactor of a row of H
     */
    static int[] liveComponents(FactorRows h, IntToDoubleFunction sizeFactor, FactorRows w) {
        double[] ofH = sums(h, sizeFactor);
        double[] ofW = sums(w, f -> 1);
        int[] live = new int[h.rank()];
        int count = 0;
        for (int j = 0; j < live.length; j++) {
            if (ofH[j] * ofW[j] >= 1) {
                live[count++] = j;
            }
        }
        return Arrays.copyOf(live, count);
    }

    private static double[] sums(FactorRows rows, IntToDoubleFunction times) {
        double[] sums = new double[rows.rank()];
        for (int i = 0; i < rows.rows(); i++) {
            Dense.axpy(times.applyAsDouble(i), rows.mean(), i * sums.length, sums, 0, sums.length);
        }
        return sums;
    }
}
