package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.VbParameters;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;

/** The CPU's backend with other kernels, for tests of other packages. */
public final class CpuBackends {

    private CpuBackends() {}

    /**
     * Every product adds its terms one after the other, last first, and rounds each sum: roundings as large as those of
     * a thread of a GPU, which goes through all terms too, and other ones than those of the CPU's own products, which
     * begin with the first.
     */
    public static Solver<PaeParameters> lastTermFirst(Execution execution, PaeProblem problem) {
        return CpuSolvers.pae(problem, lastTermFirst(), execution);
    }

    /** The same of variational NMF. */
    public static Solver<VbParameters> lastTermFirst(Execution execution, VbProblem problem) {
        return CpuSolvers.vb(problem, lastTermFirst(), execution);
    }

    private static CpuRuntime lastTermFirst() {
        return new CpuRuntime(
                new ScalarHeadKernel(),
                new ScalarUpdateKernel(),
                new ScalarSparseKernel(),
                new ScalarPoissonKernel(),
                new ScalarPowerKernel(),
                PosteriorKernels.of(new ScalarPosteriorKernel()),
                new LastTermFirst(),
                "none");
    }

    /** The choice for this JVM with the system's BLAS; skips the test where there is none. */
    static CpuRuntime withSystemBlas() {
        try {
            return CpuRuntime.get(Blas.NATIVE);
        } catch (BackendUnavailableException e) {
            return Assumptions.abort(e.getMessage());
        }
    }

    private static final class LastTermFirst implements Gemm {

        @Override
        public String description() {
            return "last term first";
        }

        @Override
        public void multiply(
                boolean transposeA,
                boolean transposeB,
                int m,
                int n,
                int k,
                float[] a,
                int offsetA,
                int lda,
                float[] b,
                int offsetB,
                int ldb,
                boolean add,
                float[] c,
                int offsetC,
                int ldc) {
            float[] sums = new float[n];
            for (int i = 0; i < m; i++) {
                Arrays.fill(sums, 0f);
                for (int l = k - 1; l >= 0; l--) {
                    float factor = a[offsetA + (transposeA ? l * lda + i : i * lda + l)];
                    for (int j = 0; j < n; j++) {
                        sums[j] += factor * b[offsetB + (transposeB ? j * ldb + l : l * ldb + j)];
                    }
                }
                for (int j = 0; j < n; j++) {
                    int at = offsetC + i * ldc + j;
                    c[at] = sums[j] + (add ? c[at] : 0);
                }
            }
        }
    }
}
