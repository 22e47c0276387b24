package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.VbParameters;

/** Opens the solver of each algorithm on the CPU; the caller closes it. */
public final class CpuSolvers {

    private CpuSolvers() {}

    /**
     * Of PAE-NMF.
     *
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    public static Solver<PaeParameters> pae(PaeProblem problem, CpuRuntime runtime, Execution execution) {
        CpuLayout layout = CpuLayout.of(problem.shape(), execution);
        return new CpuSession<>(layout, new PaeCpuAlgorithm(problem, runtime, layout), runtime, execution);
    }

    /**
     * Of variational NMF.
     *
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    public static Solver<VbParameters> vb(VbProblem problem, CpuRuntime runtime, Execution execution) {
        CpuLayout layout = CpuLayout.of(problem.shape(), execution);
        CpuAlgorithm<VbParameters> algorithm = problem.configuration().isPoisson()
                ? new PoissonCpuAlgorithm(problem, runtime, layout)
                : new VbCpuAlgorithm(problem, runtime, layout);
        return new CpuSession<>(layout, algorithm, runtime, execution);
    }

    /**
     * Of standard NMF.
     *
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    public static Solver<NmfParameters> nmf(NmfProblem problem, CpuRuntime runtime, Execution execution) {
        CpuLayout layout = CpuLayout.of(problem.shape(), execution);
        return new CpuSession<>(layout, nmf(problem, runtime, layout), runtime, execution);
    }

    private static CpuAlgorithm<NmfParameters> nmf(NmfProblem problem, CpuRuntime runtime, CpuLayout layout) {
        if (problem.hasOtherBeta()) {
            return new BetaCpuAlgorithm(problem, runtime, layout);
        }
        if (problem.algorithm() != NmfAlgorithm.KL) {
            return new NmfCpuAlgorithm(problem, runtime, layout);
        }
        return problem.hasSums()
                ? new KlMeansCpuAlgorithm(problem, runtime, layout)
                : new KlCpuAlgorithm(problem, runtime, layout);
    }
}
