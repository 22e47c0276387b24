package io.github.paenmf.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The fused kernels of CUDA, and what P → S costs without fusion, with noise from cuRAND. Launches take sets of
 * buffers in turn, so that none finds its own in the L2 cache; {@value #RUNS} are waited for at once.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class FusionBenchmark {

    private static final int RUNS = 50;

    /** n × r. */
    @State(Scope.Benchmark)
    public static class Step {

        @Param({"38x3", "94x9", "2429x9", "2429x81", "60000x128", "100000x64", "200000x64"})
        public String shape;

        private StepKernels kernels;
        private int launches;

        /** Opens. */
        @Setup(Level.Trial)
        public void open() {
            Target.requireDevice();
            kernels = StepKernels.open(side(shape, 0), side(shape, 1));
        }

        /** Closes. */
        @TearDown(Level.Trial)
        public void close() {
            kernels.close();
        }
    }

    /** m × r. */
    @State(Scope.Benchmark)
    public static class Update {

        @Param({"5000x3", "1305x9", "361x9", "361x81", "784x128", "2000x64", "200000x64"})
        public String shape;

        private UpdateKernel kernel;
        private int launches;

        /** Opens. */
        @Setup(Level.Trial)
        public void open() {
            Target.requireDevice();
            kernel = UpdateKernel.open(side(shape, 0), side(shape, 1));
        }

        /** Closes. */
        @TearDown(Level.Trial)
        public void close() {
            kernel.close();
        }
    }

    private static int side(String shape, int index) {
        return Integer.parseInt(shape.split("x", 2)[index]);
    }

    @Benchmark
    @OperationsPerInvocation(RUNS)
    public void weibullStep(Step state) {
        for (int i = 0; i < RUNS; i++) {
            state.kernels.fused(state.launches++);
        }
        state.kernels.await();
    }

    /** Fails where there is no cuRAND. */
    @Benchmark
    @OperationsPerInvocation(RUNS)
    public void unfusedStep(Step state) {
        for (int i = 0; i < RUNS; i++) {
            state.kernels.unfused(state.launches++);
        }
        state.kernels.await();
    }

    @Benchmark
    @OperationsPerInvocation(RUNS)
    public void updateProject(Update state) {
        for (int i = 0; i < RUNS; i++) {
            state.kernel.update(state.launches++);
        }
        state.kernel.await();
    }
}
