package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.VbParameters;

/** Opens the solver of each algorithm on an NVIDIA GPU; the caller closes it. */
public final class CudaSolvers {

    private CudaSolvers() {}

    /**
     * Of PAE-NMF; allocates all memory of the training.
     *
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if the work space does not fit
     */
    public static Solver<PaeParameters> pae(PaeProblem problem, Execution execution) {
        return pae(problem, execution, false);
    }

    /** The same, with V streamed even where it would fit if {@code streamed}. */
    static CudaSession<PaeParameters> pae(PaeProblem problem, Execution execution, boolean streamed) {
        return CudaSession.open(
                problem.shape(), execution, streamed, device -> new PaeCudaAlgorithm(problem, execution, device));
    }

    /**
     * Of variational NMF; allocates all memory of the training.
     *
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if the work space does not fit
     */
    public static Solver<VbParameters> vb(VbProblem problem, Execution execution) {
        return vb(problem, execution, false);
    }

    /** The same, with V streamed even where it would fit if {@code streamed}. */
    static CudaSession<VbParameters> vb(VbProblem problem, Execution execution, boolean streamed) {
        return CudaSession.open(problem.shape(), execution, streamed, device -> new VbCudaAlgorithm(problem, device));
    }

    /**
     * Of standard NMF; allocates all memory of the training.
     *
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if the work space does not fit
     */
    public static Solver<NmfParameters> nmf(NmfProblem problem, Execution execution) {
        return nmf(problem, execution, false);
    }

    /** The same, with V streamed even where it would fit if {@code streamed}. */
    static CudaSession<NmfParameters> nmf(NmfProblem problem, Execution execution, boolean streamed) {
        return CudaSession.open(problem.shape(), execution, streamed, device -> new NmfCudaAlgorithm(problem, device));
    }
}
