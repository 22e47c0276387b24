package io.github.paenmf;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.VbParameters;
import org.apache.commons.numbers.gamma.LogGamma;

/** What of a score is particular to a Poisson likelihood. */
final class PoissonScore {

    private PoissonScore() {}

    /**
     * The least bound of −E ln p(v | H, W) over allocations of counts to components: Σ ln v! + Σⱼ (Σᵢ μᵢⱼ)(Σ_f w_fⱼ) − Σ v
     * ln v̂, where v̂ is made of geometric means; over the entries that are observed.
     */
    static double negativeLogLikelihood(RowSource data, Latent latent, VbParameters p, RowBlocks blocks) {
        int n = data.rows();
        int r = p.rank();
        double[] h = new double[n * r];
        blocks.forBlocks(n, (first, rows) -> {
            for (int i = first; i < first + rows; i++) {
                for (int j = 0; j < r; j++) {
                    h[i * r + j] = Weibull.geometricMean(
                            latent.k().get(i, j), latent.lambda().get(i, j));
                }
            }
        });
        double[] w = new double[p.mean().length];
        for (int e = 0; e < w.length; e++) {
            w[e] = Weibull.geometricMeanOfMoments(p.mean()[e], p.variance()[e]);
        }
        double sum = Deviance.ofNonzeros(data, blocks, (v, i, f) -> {
            double decoded = 0;
            for (int j = 0; j < r; j++) {
                decoded += h[i * r + j] * w[f * r + j];
            }
            return LogGamma.value(v + 1) - v * Math.log(decoded);
        });
        return sum + Deviance.expected(data, latent.mean(blocks), Matrix.wrap(p.mean(), p.features(), r), blocks);
    }
}
