package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.model.Optimiser;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A step that the heap cannot hold is refused before anything is allocated. */
class CpuMemoryTest {

    /** Each is more than the 2 GiB that tests get, or than any heap, by another of a step's arrays. */
    @ParameterizedTest
    @CsvSource({
        "P and S of a chunk, 2147483392, 10, 10000",
        "parameters and Q, 256, 200000000, 10000",
        "G and K, 1, 1, 30000",
        "more than ints count, 256, 1, 1000000000"
    })
    void aStepBeyondTheHeapIsRefused(String what, int rows, int features, int rank) {
        PaeProblem problem = new PaeProblem(
                PaeNmf.builder().rank(rank).optimiser(Optimiser.GD).build().configuration(),
                rows,
                features,
                1,
                new StepRates(1, 1, new float[0]));
        Execution execution = Execution.auto().withThreads(2).withChunkRows(rows / 256 * 256);
        DataException refusal = assertThrows(
                DataException.class,
                () -> CpuSolvers.pae(problem, CpuRuntime.get(), execution).close(),
                what);
        assertTrue(refusal.getMessage().contains("rank " + rank), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("-Xmx"), refusal.getMessage());
    }
}
