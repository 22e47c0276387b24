package io.github.paenmf.train;

import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.NmfSums;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.train.steps.DataStatistics;

/** What the basis of a fit was made of, for updates of its model: of a fit whose steps took all rows it is made at its end. */
final class NmfSumsOfFit {

    private NmfSumsOfFit() {}

    /**
     * @param factors with which the fit ended
     * @param data times the roots of their weights, as the factors are
     * @param solver that has made the last update
     */
    static NmfSums of(
            NmfParameters factors,
            NmfConfiguration c,
            RowSource data,
            DataStatistics statistics,
            Solver<NmfParameters> solver) {
        if (factors.sums() != null) {
            return factors.sums();
        }
        NmfSums sums = NmfSums.none(c, data.columns());
        double rows = statistics.rows();
        sums.setRows(rows);
        if (c.algorithm() == NmfAlgorithm.KL) {
            fillOfCounts(factors, data, rows, sums);
        } else if (c.hasOtherBeta()) {
            fillOfDivergence(factors.w(), c, solver.readSums(), statistics, sums);
        } else {
            Matrix q = solver.products(data).projectTransposed(factors.h());
            fill(q, statistics.scale() / rows, sums.numerators());
            fillGram(factors.h(), rows, sums.denominators());
        }
        return sums;
    }

    private static void fill(Matrix values, double times, float[] target) {
        int r = values.columns();
        for (int f = 0; f < values.rows(); f++) {
            for (int j = 0; j < r; j++) {
                target[f * r + j] = (float) (times * values.get(f, j));
            }
        }
    }

    private static void fillGram(Matrix h, double rows, float[] target) {
        int r = h.columns();
        double[] gram = new double[target.length];
        for (int i = 0; i < h.rows(); i++) {
            float[] row = h.storage(i);
            int offset = h.offset(i);
            for (int j = 0; j < r; j++) {
                for (int l = 0; l <= j; l++) {
                    gram[j * r + l] += (double) row[offset + j] * row[offset + l];
                }
            }
        }
        for (int j = 0; j < r; j++) {
            for (int l = 0; l <= j; l++) {
                target[j * r + l] = (float) (gram[j * r + l] / rows);
                target[l * r + j] = target[j * r + l];
            }
        }
    }

    /** An update of W makes it the quotient of the two, and so the product of W and the sums is what it was made of. */
    private static void fillOfCounts(NmfParameters factors, RowSource data, double rows, NmfSums sums) {
        int r = factors.rank();
        double[] totals = new double[r];
        for (int i = 0; i < factors.h().rows(); i++) {
            for (int j = 0; j < r; j++) {
                totals[j] += data.sizeFactor(i) * factors.h().get(i, j) / rows;
            }
        }
        for (int j = 0; j < r; j++) {
            sums.denominators()[j] = (float) totals[j];
        }
        for (int f = 0; f < factors.w().rows(); f++) {
            for (int j = 0; j < r; j++) {
                sums.numerators()[f * r + j] = (float) (factors.w().get(f, j) * totals[j]);
            }
        }
    }

    /**
     * Likewise, W^(1/γ) is that quotient, of penalised denominators.
     *
     * @param last numerators and denominators of the last update
     */
    private static void fillOfDivergence(
            Matrix w, NmfConfiguration c, Sums last, DataStatistics statistics, NmfSums sums) {
        int r = c.rank();
        double rows = statistics.rows();
        Penalty penalty = c.penalties().basis();
        double inverse = 1 / NmfConfiguration.exponent((float) c.beta(), penalty.l2() > 0);
        for (int f = 0; f < w.rows(); f++) {
            for (int j = 0; j < r; j++) {
                double weight = w.get(f, j);
                double denominator = last.q()[f * 2 * r + r + j] / rows;
                sums.denominators()[f * r + j] = (float) denominator;
                sums.numerators()[f * r + j] =
                        (float) (Math.pow(weight, inverse) * (denominator + penalty.l1() + penalty.l2() * weight));
            }
        }
    }
}
