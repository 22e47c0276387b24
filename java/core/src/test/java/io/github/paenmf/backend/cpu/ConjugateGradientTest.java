package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.PaeParameters;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Components that are nearly the same: what one has too much of, another one has too little. */
class ConjugateGradientTest {

    private static final int M = 4;
    private static final int R = 3;
    private static final int STRIDE = 4;

    private final VbRowPosterior posterior = new VbRowPosterior(model());

    /** w_j = 1 + 0.3·e_j, and σ = 0.1. */
    private static FittedPae model() {
        PaeParameters parameters = new PaeParameters(M, R);
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < R; j++) {
                parameters.weights()[f * parameters.columns() + 2 * R + j] = f == j ? 1.3f : 1;
            }
        }
        History history = new History(new double[0], new double[0], StopReason.EPOCHS);
        return new FittedPae(
                PaeNmf.builder().rank(R).build().configuration(), parameters, 1, List.of(), history, 0, List.of());
    }

    private float product(double[] h, int j) {
        double sum = 0;
        for (int l = 0; l < R; l++) {
            sum += posterior.gram()[j * R + l] * h[l];
        }
        return (float) sum;
    }

    /**
     * In the first row all coefficients are far from 0, and β exceeds its mean by 1e-4 at most: the best means solve G·x = c − σ²/λ₀.
     * Eight steps are more than there are components, and rounding of 1e-7 grows by the condition of G, some 150. In the second
     * the data are against the last component.
     */
    @Test
    void largeCoefficientsSolveTheLinearSystemAndSmallOnesStay() {
        double[][] h = {{5, 4, 3}, {5, 4, 0}};
        float[][] start = {{6, 4, 2}, {5, 4, 0.01f}};
        float[] c = new float[R * STRIDE];
        float[] x = new float[R * STRIDE];
        float shift = posterior.rate() / posterior.precision();
        for (int i = 0; i < h.length; i++) {
            for (int j = 0; j < R; j++) {
                c[j * STRIDE + i] = product(h[i], j) + shift - (h[i][j] == 0 ? 1 : 0);
                x[j * STRIDE + i] = start[i][j];
            }
        }
        CpuRuntime runtime = CpuRuntime.get(Blas.JAVA);
        BetaPosteriors posteriors = new BetaPosteriors(posterior, R, runtime);
        new ConjugateGradient(posterior, posteriors, R, runtime.gemm()).run(c, x, STRIDE, h.length);
        for (int j = 0; j < R; j++) {
            assertEquals(h[0][j], x[j * STRIDE], 1e-3, "component " + j);
        }
        assertEquals(0.01f, x[2 * STRIDE + 1]);
    }
}
