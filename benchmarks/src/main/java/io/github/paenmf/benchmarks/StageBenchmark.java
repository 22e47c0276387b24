package io.github.paenmf.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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

/**
 * Each stage of a step by itself, on the first chunk of the data. On CUDA stages are launched one by
 * one and waited for after every {@value #RUNS}, so short ones show what a launch costs; a training
 * step replays them as a graph instead.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class StageBenchmark {

    private static final int RUNS = 50;

    @Param({"faces81", "faces9", "genes", "prices", "large", "images"})
    public String workload;

    @Param({"cpu", "cuda-fp32", "cuda-tf32"})
    public String target;

    private StageLoop loop;

    @Setup
    public void open() {
        Workload chosen = Workload.named(workload, false);
        // Stages one by one: nothing is recorded.
        loop = new StageLoop(
                chosen.data(null),
                chosen.configuration(),
                Target.execution(target).withGraph(target.startsWith("cpu")));
        Target.print(loop.description());
    }

    private void repeat(Consumer<StageLoop> stage) {
        for (int i = 0; i < RUNS; i++) {
            stage.accept(loop);
        }
        loop.await();
    }

    @Benchmark
    @OperationsPerInvocation(RUNS)
    public void gram() {
        repeat(StageLoop::gram);
    }

    @Benchmark
    @OperationsPerInvocation(RUNS)
    public void project() {
        repeat(StageLoop::project);
    }

    @Benchmark
    @OperationsPerInvocation(RUNS)
    public void weibullStep() {
        repeat(StageLoop::weibullStep);
    }

    @Benchmark
    @OperationsPerInvocation(RUNS)
    public void accumulate() {
        repeat(StageLoop::accumulate);
    }

    @Benchmark
    @OperationsPerInvocation(RUNS)
    public void update() {
        repeat(StageLoop::update);
    }

    @TearDown
    public void close() {
        loop.close();
    }
}
