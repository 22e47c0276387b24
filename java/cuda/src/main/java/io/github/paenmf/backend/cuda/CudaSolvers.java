package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
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
     * @param host threads of the CPU that gather the rows of V; closed with the solver
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if the work space does not fit
     */
    public static Solver<PaeParameters> pae(PaeProblem problem, Execution execution, RowBlocks host) {
        return pae(problem, execution, false, host);
    }

    /** The same, with V streamed even where it would fit if {@code streamed}. */
    static CudaSession<PaeParameters> pae(PaeProblem problem, Execution execution, boolean streamed, RowBlocks host) {
        return CudaSession.open(
                problem.shape(), execution, streamed, host, device -> new PaeCudaAlgorithm(problem, execution, device));
    }

    /**
     * Of variational NMF; allocates all memory of the training.
     *
     * @param host threads of the CPU that gather the rows of V; closed with the solver
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if the work space does not fit
     */
    public static Solver<VbParameters> vb(VbProblem problem, Execution execution, RowBlocks host) {
        return vb(problem, execution, false, host);
    }

    /** The same, with V streamed even where it would fit if {@code streamed}. */
    static CudaSession<VbParameters> vb(VbProblem problem, Execution execution, boolean streamed, RowBlocks host) {
        return CudaSession.open(
                problem.shape(), execution, streamed, host, device -> new VbCudaAlgorithm(problem, execution, device));
    }

    /**
     * Of standard NMF; allocates all memory of the training.
     *
     * @param host threads of the CPU that gather the rows of V; closed with the solver
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if the work space does not fit
     */
    public static Solver<NmfParameters> nmf(NmfProblem problem, Execution execution, RowBlocks host) {
        return nmf(problem, execution, false, host);
    }

    /** The same, with V streamed even where it would fit if {@code streamed}. */
    static CudaSession<NmfParameters> nmf(NmfProblem problem, Execution execution, boolean streamed, RowBlocks host) {
        return CudaSession.open(
                problem.shape(), execution, streamed, host, device -> new NmfCudaAlgorithm(problem, execution, device));
    }
}
