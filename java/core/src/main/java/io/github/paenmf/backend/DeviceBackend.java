package io.github.paenmf.backend;

import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.VbParameters;

/**
 * What computes on an NVIDIA GPU: the library {@code paenmf-cuda}, which {@link java.util.ServiceLoader} finds on the class
 * path or the module path. All that opens something throws {@link BackendUnavailableException} where CUDA is unavailable or
 * there is no such device; the caller closes what is opened.
 */
public interface DeviceBackend {

    /** Why there is no device that can be used here, and what to do; null if there is one. Never throws. */
    String unavailable();

    /**
     * Checks that there is a device.
     *
     * @param index of the device, from 0
     */
    void requireDevice(int index);

    /**
     * Opens a solver of PAE-NMF.
     *
     * @param host threads of the processor for its share of the work; closed with the solver
     */
    Solver<PaeParameters> open(Execution execution, PaeProblem problem, RowBlocks host);

    /** The same of variational NMF. */
    Solver<VbParameters> openVb(Execution execution, VbProblem problem, RowBlocks host);

    /** The same of standard NMF. */
    Solver<NmfParameters> openNmf(Execution execution, NmfProblem problem, RowBlocks host);

    /**
     * Opens what a model computes on data.
     *
     * @param refinement sweeps over each row, at least 0
     * @param host works on rows on the processor
     */
    PaeInference openInference(Execution execution, FittedPae model, int refinement, RowBlocks host);

    /**
     * The same of variational NMF.
     *
     * @param posterior of the model
     */
    VbInference openInference(Execution execution, FittedVb model, VbRowPosterior posterior, RowBlocks host);

    /** The same of standard NMF, without its coefficients. */
    Inference openInference(Execution execution, FittedNmf model, RowBlocks host);
}
