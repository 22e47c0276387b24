package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Solver;
import io.github.paenmf.model.PaeParameters;
import java.util.Map;

/** What training takes of the device's memory. */
public final class DeviceMemory {

    /** What cuBLAS's workspaces are for, in {@link #of}. */
    public static final String BLAS = "cuBLAS";

    private DeviceMemory() {}

    /** Bytes that a backend has allocated, by what they are for; none if it is not on CUDA. */
    public static Map<String, Long> of(Solver<PaeParameters> backend) {
        return backend instanceof CudaSession<?> cuda ? cuda.deviceBytes() : Map.of();
    }
}
