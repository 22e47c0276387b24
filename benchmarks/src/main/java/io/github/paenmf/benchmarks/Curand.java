package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.cuda.CudaProbe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.jcurand.JCurand;
import jcuda.jcurand.curandGenerator;
import jcuda.jcurand.curandRngType;
import jcuda.runtime.cudaStream_t;

/** cuRAND's Philox on a stream, where the machine has cuRAND. */
final class Curand implements AutoCloseable {

    private static final Optional<String> UNAVAILABLE = load();
    private static final long SEED = 1;

    private final curandGenerator generator = new curandGenerator();

    private static Optional<String> load() {
        try {
            besideBlas().ifPresent(file -> System.load(file.toString()));
            JCurand.setExceptionsEnabled(false);
            return Optional.empty();
        } catch (UnsatisfiedLinkError e) {
            return Optional.of(e.getMessage());
        }
    }

    /** Where the system's loader need not find it: in the folder of cuBLAS, or that of its package for Python. */
    private static Optional<Path> besideBlas() {
        String blas = CudaProbe.get().blas(); // loads the driver, too
        if (blas == null || !blas.contains("/")) {
            return Optional.empty();
        }
        Path folder = Path.of(blas.substring(blas.indexOf('/'))).getParent();
        return Stream.of(folder, folder.resolve("../../curand/lib"))
                .map(path -> path.resolve("libcurand.so.10").normalize())
                .filter(Files::exists)
                .findFirst();
    }

    /** Why there is no cuRAND, where there is none. */
    static Optional<String> unavailable() {
        return UNAVAILABLE;
    }

    /** Its version, or why there is none. */
    static String describe() {
        if (UNAVAILABLE.isPresent()) {
            return "unavailable: " + UNAVAILABLE.get();
        }
        int[] version = new int[1];
        check(JCurand.curandGetVersion(version), "curandGetVersion");
        return version[0] / 1000 + "." + version[0] / 100 % 10 + "." + version[0] % 100;
    }

    /** Opens a generator in this thread's current context. */
    Curand(CUstream stream) {
        check(
                JCurand.curandCreateGenerator(generator, curandRngType.CURAND_RNG_PSEUDO_PHILOX4_32_10),
                "curandCreateGenerator");
        check(JCurand.curandSetStream(generator, new cudaStream_t(stream)), "curandSetStream");
        check(JCurand.curandSetPseudoRandomGeneratorSeed(generator, SEED), "curandSetPseudoRandomGeneratorSeed");
    }

    /** Uniform numbers in (0, 1]. */
    void uniforms(CUdeviceptr target, long count) {
        check(JCurand.curandGenerateUniform(generator, target, count), "curandGenerateUniform");
    }

    private static void check(int status, String call) {
        if (status != 0) {
            throw new IllegalStateException(call + " failed with status " + status);
        }
    }

    @Override
    public void close() {
        check(JCurand.curandDestroyGenerator(generator), "curandDestroyGenerator");
    }
}
