package io.github.paenmf.benchmarks;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.FactorisationSession;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.data.Matrix;
import java.nio.file.Path;
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

/** Coefficients of new rows by a fitted model on the CPU: microseconds per row, of one row at a time and of many. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class TransformBenchmark {

    private static final int MANY = 1000;

    @Param({"faces81", "faces9"})
    public String workload;

    @Param({"pae", "vb", "nmf"})
    public String algorithm;

    /** Folder of {@code faces.npy}; where it is empty, data are made, with fewer coefficients above 0 than real ones. */
    @Param("")
    public String data;

    private Matrix many;
    private Matrix[] rows;
    private int next;
    private FactorisationModel model;
    private FactorisationSession session;

    /** Few epochs: what a row costs does not depend on how good the fit is, or in {@code vb} little. */
    @Setup
    public void prepare() {
        Workload chosen = Workload.named(workload, false);
        Matrix all = chosen.data(data.isEmpty() ? null : Path.of(data));
        model = switch (algorithm) {
            case "pae" ->
                PaeNmf.builder().rank(chosen.rank()).epochs(50).build().fit(all);
            case "vb" ->
                VariationalNmf.builder().rank(chosen.rank()).epochs(50).build().fit(all);
            default -> Nmf.builder().rank(chosen.rank()).epochs(50).build().fit(all);
        };
        session = model.openSession();
        rows = new Matrix[64];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = all.selectRows(new int[] {i});
        }
        int[] indices = new int[MANY];
        for (int i = 0; i < MANY; i++) {
            indices[i] = i;
        }
        many = all.selectRows(indices);
    }

    @TearDown
    public void close() {
        session.close();
    }

    private Matrix row() {
        return rows[next++ % rows.length];
    }

    /** In a session that is open, as a service has it. */
    @Benchmark
    public Matrix oneInSession() {
        return session.coefficients(row());
    }

    /** By the model, which opens a session for it. */
    @Benchmark
    public Matrix one() {
        return model.coefficients(row());
    }

    @Benchmark
    @OperationsPerInvocation(MANY)
    public Matrix many() {
        return session.coefficients(many);
    }
}
