package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.train.FitListener;
import java.util.LinkedHashMap;
import java.util.Map;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A program with CUDA contexts of its own finds them as they were, whatever it has called and however that ended. */
@Tag("cuda")
class CallersContextTest {

    /** A terabyte of weights. */
    private static final int HUGE = 1_000_000;

    private static final Matrix DATA = TestData.parts(40, 7, 3);

    private static PaeNmf fits(FitListener listener) {
        return PaeNmf.builder()
                .rank(3)
                .epochs(9)
                .batchRows(16)
                .backend(Choice.CUDA)
                .listener(listener)
                .build();
    }

    /** What a program may call, by a name for it. */
    private static Map<String, Runnable> entries() {
        Map<String, Runnable> entries = new LinkedHashMap<>();
        PaeNmfModel[] model = new PaeNmfModel[1];
        entries.put("fit", () -> model[0] = fits(report -> true).fit(DATA));
        entries.put("transform", () -> model[0].transform(DATA));
        entries.put("score", () -> model[0].score(DATA));
        entries.put(
                "nmf",
                () -> Nmf.builder()
                        .rank(2)
                        .epochs(5)
                        .backend(Choice.CUDA)
                        .build()
                        .fit(DATA)
                        .transform(DATA));
        entries.put("kernels of a context of the library's", () -> {
            try (CudaContext context = CudaContext.open(0)) {
                context.function("squared_error");
                context.newStream();
                context.freeMemory();
                DeviceBuffer.allocate(context, 8, "numbers").close();
                PinnedBuffer.allocate(context, 8, "numbers").close();
            }
        });
        entries.put(
                "a listener that throws",
                () -> assertThrows(
                        IllegalStateException.class,
                        () -> fits(report -> {
                                    throw new IllegalStateException();
                                })
                                .fit(DATA)));
        entries.put("no memory", () -> {
            StepRates rates = new StepRates(1, 1, new float[HUGE]);
            PaeProblem problem =
                    new PaeProblem(PaeNmf.builder().rank(HUGE).build().configuration(), 5, HUGE, 1, rates);
            assertThrows(
                    DeviceMemoryException.class, () -> CudaSolvers.pae(problem, Execution.auto(), RowBlocks.serial()));
        });
        entries.put("no memory for factors", () -> {
            NmfProblem problem = new NmfProblem(NmfAlgorithm.HALS, 5, HUGE, HUGE, 1);
            assertThrows(
                    DeviceMemoryException.class, () -> CudaSolvers.nmf(problem, Execution.auto(), RowBlocks.serial()));
        });
        return entries;
    }

    private static CUcontext create() {
        CUcontext context = new CUcontext();
        CUdevice device = new CUdevice();
        CudaContext.check(JCudaDriver.cuDeviceGet(device, 0), "cuDeviceGet");
        CudaContext.check(JCudaDriver.cuCtxCreate(context, 0, device), "cuCtxCreate");
        return context;
    }

    @Test
    void theCallersContextsAreWhereTheyWere() {
        CUcontext below = create();
        CUcontext own = create();
        CUdeviceptr memory = new CUdeviceptr();
        entries().forEach((name, entry) -> {
            entry.run();
            assertEquals(own, CurrentContext.get(), name);
            CudaContext.check(JCudaDriver.cuMemAlloc(memory, 64), "cuMemAlloc after " + name);
            CudaContext.check(JCudaDriver.cuMemFree(memory), "cuMemFree after " + name);
        });
        try (WeibullKernels kernels = WeibullKernels.load()) {
            kernels.stepLaunch(10, 3);
        }
        assertEquals(own, CurrentContext.get());
        CudaContext.check(JCudaDriver.cuCtxDestroy(own), "cuCtxDestroy");
        assertEquals(below, CurrentContext.get());
        CudaContext.check(JCudaDriver.cuCtxDestroy(below), "cuCtxDestroy");
    }

    @Test
    void whereNoneWasCurrentNoneIs() {
        assertEquals(new CUcontext(), CurrentContext.get());
        entries().forEach((name, entry) -> {
            entry.run();
            assertEquals(new CUcontext(), CurrentContext.get(), name);
        });
    }

    /** As a pool of threads does it. */
    @Test
    void anotherThreadMayClose() throws InterruptedException {
        CUcontext own = create();
        PaeProblem problem = new PaeProblem(
                PaeNmf.builder().rank(2).build().configuration(), 5, 3, 1, new StepRates(1, 1, new float[3]));
        Solver<PaeParameters> backend = CudaSolvers.pae(problem, Execution.auto(), RowBlocks.serial());
        CUcontext[] left = new CUcontext[1];
        Thread closing = new Thread(() -> {
            backend.close();
            left[0] = CurrentContext.get();
        });
        closing.start();
        closing.join();

        assertEquals(new CUcontext(), left[0]);
        assertEquals(own, CurrentContext.get());
        assertEquals(0, Lifetime.live());
        CudaContext.check(JCudaDriver.cuCtxDestroy(own), "cuCtxDestroy");
    }
}
