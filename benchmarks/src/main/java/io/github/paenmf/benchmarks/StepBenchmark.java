package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.Objective;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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

/** A whole training step, from the data to the updated parameters; the losses are read every few steps. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 10, time = 2)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class StepBenchmark {

    private static final int STEPS = 10;

    @Param({"faces81", "faces9", "genes", "prices", "large", "images"})
    public String workload;

    @Param({"cpu", "cuda-fp32", "cuda-tf32"})
    public String target;

    private StepLoop loop;

    @Setup
    public void open() {
        Workload chosen = Workload.named(workload, false);
        loop = StepLoop.pae(chosen.data(null), chosen.configuration(), Target.execution(target));
        Target.print(loop.description());
    }

    @Benchmark
    @OperationsPerInvocation(STEPS)
    public List<Objective> step() {
        return loop.run(STEPS);
    }

    @TearDown
    public void close() {
        loop.close();
    }
}
