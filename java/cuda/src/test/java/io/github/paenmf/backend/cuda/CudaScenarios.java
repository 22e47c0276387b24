package io.github.paenmf.backend.cuda;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.Warning;
import io.github.paenmf.train.FitListener;
import io.github.paenmf.train.PaeTrainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUdevice;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;

/** What {@link CudaProcess} runs. Prints what happened, for the test that started it to judge. */
final class CudaScenarios {

    private CudaScenarios() {}

    public static void main(String[] arguments) {
        switch (arguments[0]) {
            case "probe" -> probe();
            case "module" -> module();
            case "images" -> images();
            case "cublas" -> cublas();
            case "sticky" -> sticky("fail-launch=1");
            case "lost" -> sticky("device-lost=1");
            case "offsets" -> LargeScenarios.offsets();
            case "streamed" -> LargeScenarios.sums(true);
            case "resident" -> LargeScenarios.sums(false);
            case "allocations" -> allocations();
            case "sparse" -> sparse();
            case "sparse bits" -> sparseBits();
            case "launch in a fit" -> fitThatFails("fail-launch=7");
            case "graph in a fit" -> fitThatFails("fail-graph=3");
            case "copy in a fit" -> fitThatFails("fail-copy=3");
            case "loss in a fit" -> fitThatFails("device-lost=20");
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    static void print(String text) {
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

    /** Which images drivers of several ages take for devices of several kinds. */
    private static void images() {
        try (CudaContext context = CudaContext.open(0)) {
            load(context, 8, 12000, "");
            load(context, 9, 12000, "");
            load(context, 10, 12090, "");
            load(context, 10, 13000, "");
            load(context, 9, 13000, "refuse-cubin");
        }
    }

    private static void load(CudaContext context, int major, int driver, String more) {
        inject("compute-capability=" + major + "0\ndriver-version=" + driver + "\n" + more);
        context.run(() -> {
            CUmodule module = CudaContext.load(CudaDevice.query(0, new CUdevice()));
            String version = driver / 1000 + "." + driver % 1000 / 10;
            print(("loaded for " + major + ".0 by " + version + " " + more).strip());
            CudaContext.check(JCudaDriver.cuModuleUnload(module), "cuModuleUnload");
        });
    }

    private static void cublas() {
        try (CudaContext context = CudaContext.open(0)) {
            cublasHandle handle = new cublasHandle();
            int[] version = new int[1];
            context.run(() -> print("create " + JCublas2.cublasCreate(handle) + " version "
                    + JCublas2.cublasGetVersion(handle, version) + " " + version[0] + " destroy "
                    + JCublas2.cublasDestroy(handle)));
        }
    }

    private static void inject(String lines) {
        try {
            Files.writeString(Path.of(System.getenv("PAENMF_EMULATOR_CONTROL")), lines + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PaeTrainer.Result fit(int epochs, FitListener listener) {
        PaeConfiguration configuration = PaeNmf.builder()
                .rank(3)
                .epochs(epochs)
                .batchRows(40)
                .seed(5)
                .build()
                .configuration();
        Execution execution = Execution.auto().withBackend(Choice.CUDA);
        return new PaeTrainer(configuration, execution, listener).fit(TestData.parts(100, 7, 3));
    }

    /** A fit in which the first allocation fails, then the second, and so on until there are no more to fail. */
    private static void allocations() {
        PaeTrainer.Result expected = fit(9, report -> true);
        try (CudaContext context = CudaContext.open(0)) { // so that what a fit leaves behind is seen
            int live = Lifetime.live();
            long free = context.freeMemory();
            List<Warning> warnings = null;
            for (int n = 1; !expected.model().warnings().equals(warnings); n++) {
                inject("fail-alloc=" + n);
                PaeTrainer.Result[] fitted = new PaeTrainer.Result[1];
                int reports = attempt("allocation " + n, listener -> fitted[0] = fit(9, listener));
                print("left " + (Lifetime.live() - live) + " things, " + (free - context.freeMemory()) + " bytes, "
                        + reports + " epochs");
                if (fitted[0] != null) {
                    warnings = fitted[0].model().warnings();
                    print("model " + warnings.stream().map(Warning::text).toList() + " "
                            + expected.model()
                                    .parameters()
                                    .equals(fitted[0].model().parameters()));
                }
            }
        }
        int[] active = new int[1];
        JCudaDriver.cuDevicePrimaryCtxGetState(new CUdevice(), new int[1], active);
        print("context alive " + active[0]);
    }

    /** A matrix of ones. */
    static Matrix ones(int rows, int columns) {
        float[] values = new float[rows * columns];
        Arrays.fill(values, 1);
        return Matrix.wrap(values, rows, columns);
    }

    /** Products that depend on every order in which sums could be taken. */
    private static void sparseBits() {
        SplittableRandom random = new SplittableRandom(3);
        SparseMatrix.Builder builder = SparseMatrix.builder(9);
        for (int i = 0; i < 900; i++) {
            int[] columns = IntStream.range(0, 9)
                    .filter(j -> j == 4 || random.nextInt(3) == 0)
                    .toArray();
            float[] values = new float[columns.length];
            for (int l = 0; l < values.length; l++) {
                values[l] = (float) random.nextDouble();
            }
            builder.addRow(columns, values, values.length);
        }
        SparseMatrix data = builder.build();
        NmfProblem problem = new NmfProblem(NmfAlgorithm.HALS, data.rows(), data.columns(), 5, 1, true);
        try (CudaSession<NmfParameters> session =
                CudaSolvers.nmf(problem, Execution.auto(), false, RowBlocks.serial())) {
            float[][] projected =
                    session.products(data).project(TestData.parts(9, 5, 1)).toRows();
            float[][] accumulated = session.products(data)
                    .projectTransposed(TestData.parts(900, 5, 2))
                    .toRows();
            print("bits " + Arrays.deepHashCode(projected) + " " + Arrays.deepHashCode(accumulated));
        }
    }

    /** Where sparse data are that all fit, that fit in runs, and of which no run fits. */
    private static void sparse() {
        SparseMatrix.Builder builder = SparseMatrix.builder(300);
        int[] columns = IntStream.range(0, 300).toArray();
        float[] values = new float[300];
        Arrays.fill(values, 1);
        for (int i = 0; i < 2048; i++) {
            builder.addRow(columns, values, 300);
        }
        SparseMatrix data = builder.build(); // both orders take 16 bytes for each of 614400 nonzeros: 9.4 MiB
        for (int chunkRows : new int[] {256, 0}) {
            Execution execution = Execution.auto().withChunkRows(chunkRows);
            NmfProblem problem = new NmfProblem(NmfAlgorithm.HALS, data.rows(), data.columns(), 2, 1, true);
            try (CudaSession<NmfParameters> session = CudaSolvers.nmf(problem, execution, false, RowBlocks.serial())) {
                attempt("chunks of " + session.chunkRows(), () -> {
                    float sum = session.products(data)
                            .projectTransposed(ones(data.rows(), 1))
                            .get(7, 0);
                    print(session.description() + " " + sum);
                });
            }
        }
    }

    /** A fit in which something fails after its first epoch, then another fit. */
    private static void fitThatFails(String injected) {
        int reports = attempt(
                "first",
                listener -> fit(1000, report -> {
                    if (report.epoch() == 1) {
                        inject(injected);
                    }
                    return listener.onEpoch(report);
                }));
        print("epochs " + reports);
        attempt("second", listener -> fit(2, listener));
        print("live " + Lifetime.live());
    }

    /** How many epochs were reported. */
    private static int attempt(String name, Consumer<FitListener> fit) {
        int[] reports = new int[1];
        attempt(
                name,
                () -> fit.accept(report -> {
                    reports[0]++;
                    return true;
                }));
        return reports[0];
    }

    private static void sticky(String injected) {
        CudaContext context = CudaContext.open(0);
        CudaContext other = CudaContext.open(0);
        DeviceBuffer buffer = DeviceBuffer.allocate(context, 64, "numbers");
        CUstream stream = context.newStream();
        CUfunction kernel = context.function("squared_error");
        inject(injected);
        attempt(
                "launch",
                () -> context.run(() -> {
                    CudaContext.check(
                            JCudaDriver.cuLaunchKernel(kernel, 1, 1, 1, 32, 1, 1, 0, stream, parameters(), null),
                            "cuLaunchKernel of the test");
                    CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
                }));
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
