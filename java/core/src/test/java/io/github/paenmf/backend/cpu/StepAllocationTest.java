package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.PaeParameters;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A step allocates its losses and nothing else: no garbage, and no time to collect it. */
class StepAllocationTest {

    /** A record of two doubles, and what the JVM adds to an object. */
    private static final long LOSSES = 32;

    /** A thread that has to wait on a busy machine gets a node in a queue, which is not the step's: in few of these. */
    private static final int ROUNDS = 10;

    @ParameterizedTest
    @CsvSource({
        "600, 129, 7, false, GAUSSIAN",
        "38, 5000, 3, false, GAUSSIAN",
        "600, 129, 7, true, GAUSSIAN",
        "600, 129, 7, true, POISSON",
    })
    void aStepAllocatesNothingButItsLosses(int n, int m, int r, boolean sparse, Likelihood likelihood) {
        float[] values = new float[n * m];
        Arrays.fill(values, 1f);
        Matrix dense = Matrix.wrap(values, n, m);
        RowSource data = sparse ? SparseMatrix.of(dense) : dense;
        StepRates rates = new StepRates(1e-3f, 1e-3f, new float[m]);
        PaeProblem problem = new PaeProblem(
                PaeNmf.builder().rank(r).likelihood(likelihood).build().configuration(), n, m, 1, rates, sparse);
        Rows rows = Rows.inOrder(data, 0, n);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assertTrue(threads.isThreadAllocatedMemoryEnabled());
        // plain loops: what the Vector API allocates until its code is compiled is not the step's
        try (Solver<PaeParameters> backend = CpuSolvers.pae(
                problem, CpuRuntime.scalar("for a test"), Execution.auto().withThreads(2))) {
            backend.setParameters(new PaeParameters(m, r));
            int steps = backend.stepsInFlight();
            run(backend, rows, steps); // first uses: classes, lambdas, scratch space
            long least = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS && least > steps * LOSSES; round++) {
                backend.takeObjectives();
                long before =
                        threads.getThreadAllocatedBytes(Thread.currentThread().getId());
                run(backend, rows, steps);
                least = Math.min(
                        least,
                        threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before);
            }
            assertEquals(steps * LOSSES, least, "bytes in " + steps + " steps");
        }
    }

    private static void run(Solver<PaeParameters> backend, Rows rows, int steps) {
        for (int step = 0; step < steps; step++) {
            backend.clearSums();
            backend.gram();
            backend.project(rows);
            backend.rowStage(rows, step);
            backend.accumulate(rows, 1);
            backend.update();
        }
    }
}
