package io.github.paenmf.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The CPU's kernels on one thread and one block of 256 rows: calls a second, and with them {@code gflops}
 * of a product or {@code millions} of coefficients a second. {@code resident} is a product whose factors
 * stay in the L1 cache: what the multiply-add units reach, which the others are a share of.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class KernelBenchmark {

    @Param({"faces81", "faces9", "genes", "prices", "large", "images"})
    public String workload;

    @Param({"vector", "scalar", "netlib", "native"})
    public String provider;

    private CpuKernels kernels;

    /** Billions of multiplications and additions, which JMH divides by the time. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Flops {
        public double gflops;

        @Setup(Level.Iteration)
        public void clear() {
            gflops = 0;
        }
    }

    /** Millions of coefficients, likewise. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Coefficients {
        public double millions;

        @Setup(Level.Iteration)
        public void clear() {
            millions = 0;
        }
    }

    @Setup
    public void open() {
        Workload chosen = Workload.named(workload, false);
        kernels = new CpuKernels(provider, chosen.columns(), chosen.rank());
        Target.print(kernels.description());
    }

    @Benchmark
    public float[] project(Flops work) {
        work.gflops += 1e-9 * kernels.productFlops();
        return kernels.project();
    }

    @Benchmark
    public float[] accumulate(Flops work) {
        work.gflops += 1e-9 * kernels.productFlops();
        return kernels.accumulate();
    }

    @Benchmark
    public float[] resident(Flops work) {
        work.gflops += 1e-9 * CpuKernels.RESIDENT_FLOPS;
        return kernels.resident();
    }

    @Benchmark
    public float[] heads(Coefficients work) {
        work.millions += 1e-6 * kernels.elements();
        return kernels.heads();
    }
}
