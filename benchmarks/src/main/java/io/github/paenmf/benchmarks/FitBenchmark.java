package io.github.paenmf.benchmarks;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.data.Matrix;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A whole fit through the library, as many epochs as benchmarks/README.md states errors for. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class FitBenchmark {

    @Param({"faces81", "faces9", "genes", "prices"})
    public String workload;

    @Param({"cpu", "cuda-fp32", "cuda-tf32"})
    public String target;

    private Matrix data;
    private PaeNmf estimator;

    @Setup
    public void prepare() {
        Workload chosen = Workload.named(workload, false);
        data = chosen.data(null);
        estimator = PaeNmf.builder()
                .rank(chosen.rank())
                .epochs(chosen.epochs())
                .execution(Target.execution(target))
                .build();
    }

    @Benchmark
    public PaeNmfModel fit() {
        return estimator.fit(data);
    }
}
