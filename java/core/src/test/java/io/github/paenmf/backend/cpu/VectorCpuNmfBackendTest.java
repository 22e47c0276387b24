package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfBackendContractTest;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VectorCpuNmfBackendTest extends NmfBackendContractTest {

    @Override
    protected NmfBackend open(NmfProblem problem) {
        return new CpuNmfBackend(
                problem, CpuRuntime.choose(null, true, true), Execution.auto().withThreads(2));
    }

    @Override
    protected String name() {
        return "NMF on the CPU, vectors";
    }

    /** The rank of {@code NmfTest}'s fits on eight threads, and one for which a second thread is not worth it. */
    @ParameterizedTest
    @CsvSource({"70, 8", "3, 1"})
    void shortEpochsUseFewerThreads(int rank, int used) {
        NmfProblem problem = new NmfProblem(Matrix.zeros(1027, 77), 1, 1, rank, NmfAlgorithm.HALS);
        CpuRuntime runtime = CpuRuntime.choose(null, true, true);
        try (NmfBackend backend =
                new CpuNmfBackend(problem, runtime, Execution.auto().withThreads(8))) {
            assertEquals(runtime.description(8, used), backend.description());
        }
    }
}
