package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.DeviceBackend;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Inference;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.VbParameters;

/** What the library finds as a service. */
public final class CudaBackend implements DeviceBackend {

    /** As a service is made. */
    public CudaBackend() {}

    @Override
    public String unavailable() {
        return CudaProbe.get().reason();
    }

    @Override
    public void requireDevice(int index) {
        CudaProbe.get().device(index);
    }

    @Override
    public Solver<PaeParameters> open(Execution execution, PaeProblem problem, RowBlocks host) {
        return CudaSolvers.pae(problem, execution, host);
    }

    @Override
    public Solver<VbParameters> openVb(Execution execution, VbProblem problem, RowBlocks host) {
        return CudaSolvers.vb(problem, execution, host);
    }

    @Override
    public Solver<NmfParameters> openNmf(Execution execution, NmfProblem problem, RowBlocks host) {
        return CudaSolvers.nmf(problem, execution, host);
    }

    @Override
    public PaeInference openInference(Execution execution, FittedPae model, int refinement, RowBlocks host) {
        return CudaPaeInference.open(model, refinement, execution, host);
    }

    @Override
    public VbInference openInference(Execution execution, FittedVb model, VbRowPosterior posterior, RowBlocks host) {
        return CudaVbInference.open(model, posterior, execution, host);
    }

    @Override
    public Inference openInference(Execution execution, FittedNmf model, RowBlocks host) {
        return CudaNmfInference.open(model, execution, host);
    }
}
