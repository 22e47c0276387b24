package io.github.paenmf.backend.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;

/** What {@link CudaProcess} runs. Prints what happened, for the test that started it to judge. */
final class CudaScenarios {

    private CudaScenarios() {}

    public static void main(String[] arguments) throws IOException {
        switch (arguments[0]) {
            case "probe" -> probe();
            case "module" -> module();
            case "cublas" -> cublas();
            case "sticky" -> sticky("fail-launch=1");
            case "lost" -> sticky("device-lost=1");
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void print(String text) {
        System.out.println(text);
    }

    private static void probe() {
        CudaProbe probe = CudaProbe.get();
        print(probe.available() ? "available " + probe.devices() + " " + probe.blas() : probe.reason());
    }

    private static void module() {
        try (CudaContext context = CudaContext.open(0)) {
            print("loaded " + (context.module() != null));
        }
    }

    private static void cublas() {
        try (CudaContext context = CudaContext.open(0)) {
            context.makeCurrent();
            cublasHandle handle = new cublasHandle();
            int[] version = new int[1];
            print("create " + JCublas2.cublasCreate(handle) + " version "
                    + JCublas2.cublasGetVersion(handle, version) + " " + version[0] + " destroy "
                    + JCublas2.cublasDestroy(handle));
        }
    }

    private static void sticky(String injected) throws IOException {
        CudaContext context = CudaContext.open(0);
        CudaContext other = CudaContext.open(0);
        DeviceBuffer buffer = DeviceBuffer.allocate(context, 64, "numbers");
        CUstream stream = context.newStream();
        CUfunction kernel = context.function("squared_error");
        Files.writeString(Path.of(System.getenv("PAENMF_EMULATOR_CONTROL")), injected + "\n");
        attempt("launch", () -> {
            CudaContext.check(
                    JCudaDriver.cuLaunchKernel(kernel, 1, 1, 1, 32, 1, 1, 0, stream, parameters(), null),
                    "cuLaunchKernel of the test");
            CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
        });
        attempt("again", () -> DeviceBuffer.allocate(context, 64, "more").close());
        attempt("other", () -> DeviceBuffer.allocate(other, 64, "more").close());
        buffer.close();
        context.close();
        other.close();
        print("live " + Lifetime.live());
    }

    private static Pointer parameters() {
        Pointer nothing = Pointer.to(new long[1]);
        Pointer[] parameters = new Pointer[64];
        Arrays.fill(parameters, nothing);
        return Pointer.to(parameters);
    }

    private static void attempt(String name, Runnable call) {
        try {
            call.run();
            print(name + " succeeded");
        } catch (CudaException e) {
            print(name + " " + e.getClass().getSimpleName() + " " + e.getMessage());
        }
    }
}
