package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.data.CodedCovariates;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.MixedWeibull;
import io.github.paenmf.model.FittedEffects;
import io.github.paenmf.model.FittedVb;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.decomposition.chol.CholeskyDecompositionInner_DDRM;
import org.ejml.dense.row.linsol.chol.LinearSolverChol_DDRM;

/**
 * How uncertain the effects B of covariates are, once, after the last epoch: the inverse of the information that the rows
 * have of them (Laplace). Of a coefficient with inclusion p, mean μ and variance s, zeros counted in, and ρ = 1/λ₀, that is
 * what it would be if the coefficient were known, less what is missing for its being uncertain, the variance of the score
 * −z + z·h·ρ (Louis 1982):
 *
 * <p>μρ − ρ²s + 2(1 − p)μρ − p(1 − p)
 */
final class EffectFit {

    private EffectFit() {}

    /**
     * The model with the covariances of its effects.
     *
     * @param fitted with effects in its parameters, if there are covariates
     * @param coding of the covariates of the data
     */
    static FittedVb of(FittedVb fitted, FittedCovariates coding, RowSource data, Execution execution) {
        if (coding.isNone()) {
            return fitted;
        }
        int n = data.rows();
        int r = fitted.rank();
        int q = coding.width();
        Matrix lambda = Matrix.zeros(n, r);
        Matrix k = Matrix.zeros(n, r);
        Matrix inclusion = fitted.parameters().zeros() ? Matrix.zeros(n, r) : null;
        double[] covariances = new double[r * q * q];
        FittedVb model = fitted.withEffects(new FittedEffects(coding, covariances));
        CodedCovariates coded = coding.code(data.covariates());
        CovariatePrior prior = new CovariatePrior(coded, model.parameters().effects());
        try (VbInference inference = Backends.openInference(execution, model)) {
            inference.encode(data, lambda, k, inclusion);
            inference.forEach(r, j -> {
                double base = model.parameters().coefficientMean()[j];
                double[] information = new double[n];
                for (int i = 0; i < n; i++) {
                    double p = inclusion == null ? 1 : inclusion.get(i, j);
                    double rate = Math.exp(-prior.logRatio(i, j)) / base;
                    double mean = rate * MixedWeibull.mean(k.get(i, j), lambda.get(i, j), p);
                    double variance = rate * rate * MixedWeibull.variance(k.get(i, j), lambda.get(i, j), p);
                    information[i] = mean - variance + 2 * (1 - p) * mean - p * (1 - p);
                }
                System.arraycopy(covariance(information, coded), 0, covariances, j * q * q, q * q);
            });
        }
        return model;
    }

    /** The inverse of Σ I(x − x̄)(x − x̄)ᵀ and the prior's 1 on the diagonal; the prior where that is not positive definite. */
    private static double[] covariance(double[] information, CodedCovariates coded) {
        int q = coded.columns();
        double[] ofSetting = new double[coded.count()];
        for (int i = 0; i < information.length; i++) {
            ofSetting[coded.setting()[i]] += information[i];
        }
        double total = Arrays.stream(ofSetting).sum();
        double[] mean = new double[q];
        for (int g = 0; g < ofSetting.length; g++) {
            for (int c = 0; c < q; c++) {
                mean[c] += ofSetting[g] / total * coded.value(g, c);
            }
        }
        double[] curvature = new double[q * q];
        for (int c = 0; c < q; c++) {
            for (int d = 0; d < q; d++) {
                double sum = c == d ? 1 : 0;
                for (int g = 0; g < ofSetting.length; g++) {
                    sum += ofSetting[g] * (coded.value(g, c) - mean[c]) * (coded.value(g, d) - mean[d]);
                }
                curvature[c * q + d] = sum;
            }
        }
        DMatrixRMaj inverse = new DMatrixRMaj(q, q);
        LinearSolverChol_DDRM solver = new LinearSolverChol_DDRM(new CholeskyDecompositionInner_DDRM());
        boolean definite = total > 0 && solver.setA(DMatrixRMaj.wrap(q, q, curvature));
        if (!definite) {
            for (int c = 0; c < q; c++) {
                inverse.set(c, c, 1);
            }
            return inverse.data;
        }
        solver.invert(inverse);
        return inverse.data;
    }
}
