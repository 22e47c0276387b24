package io.github.paenmf.backend.cuda;

import static io.github.paenmf.io.PagedFits.counts;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.PagedRows;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.io.BlockFile;
import io.github.paenmf.io.PagedFits;
import io.github.paenmf.io.PagedFits.Fit;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import io.github.paenmf.train.steps.Initialiser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fits on the device to data on the disk, of which less is in memory than there is. */
@Tag("cuda")
class CudaPagedFitTest {

    @TempDir
    Path directory;

    private byte[] bytes(Fit fit, RowSource data, int chunkRows) throws IOException {
        FactorisationModel model = fit.fit(data, Choice.CUDA, chunkRows);
        String backend = model.trainedOn().orElseThrow();
        assertTrue(backend.startsWith("CUDA, "), backend);
        return PagedFits.bytes(directory, model);
    }

    private static List<RowSource> denseAndSparse() {
        return List.of(counts(), SparseMatrix.of(counts()));
    }

    /** Where the chunks are the same: without a number of their own, those of data on the disk are what is held at once. */
    @ParameterizedTest
    @EnumSource(names = {"VB", "PAE"})
    void aFitHasTheBitsOfOneInMemory(Fit fit) throws IOException {
        for (RowSource data : denseAndSparse()) {
            try (PagedRows paged = PagedFits.paged(directory, data)) {
                int chunkRows = paged.paging().poolRows();
                assertArrayEquals(bytes(fit, data, chunkRows), bytes(fit, paged, chunkRows));
            }
        }
    }

    /** Pools are shuffled by the seed and their size alone; where all fits into one pool, as in memory. */
    @ParameterizedTest
    @EnumSource(names = {"VB_BATCHES", "PAE_BATCHES"})
    void miniBatchesOfPoolsAreTheSameEveryTime(Fit fit) throws IOException {
        SparseMatrix data = SparseMatrix.of(counts());
        byte[] first;
        try (PagedRows paged = PagedFits.paged(directory, data)) {
            first = bytes(fit, paged, 0);
        }
        try (PagedRows again = PagedFits.paged(directory, data)) {
            assertArrayEquals(first, bytes(fit, again, 0));
        }
        try (PagedRows whole = BlockFile.open(directory.resolve("data.vblk"), 1 << 24)) {
            assertArrayEquals(bytes(fit, data, 0), bytes(fit, whole, 0));
        }
    }

    /** What a few epochs come to. */
    private record Trained(PaeParameters parameters, List<Objective> objectives) {}

    private static Trained streamed(RowSource data, int batchRows, int chunkRows) {
        PaeConfiguration c =
                PaeNmf.builder().rank(3).seed(7).batchRows(batchRows).build().configuration();
        DataStatistics statistics = DataStatistics.of(data, 0);
        double scale = statistics.scale();
        PaeProblem problem = new PaeProblem(
                c,
                data.rows(),
                data.columns(),
                scale,
                scale,
                Initialiser.rates(c, statistics),
                data instanceof SparseSource,
                null,
                Weights.NONE);
        PaeParameters parameters = Initialiser.parameters(c, statistics);
        Execution execution = Execution.auto().withChunkRows(chunkRows);
        try (CudaSession<PaeParameters> solver = CudaSolvers.pae(problem, execution, true, RowBlocks.serial())) {
            solver.setParameters(parameters);
            Epochs epochs = new Epochs(solver, problem.shape(), c.seed(), data, statistics.rowNorms(), 0);
            epochs.run(0, 3);
            List<Objective> objectives = epochs.takeObjectives();
            solver.readParameters(parameters);
            assertTrue(solver.description().contains("streamed in runs of"), solver.description());
            return new Trained(parameters, objectives);
        }
    }

    /** Rows that the device has no room for come through the host in each step. */
    @ParameterizedTest
    @ValueSource(ints = {0, 300})
    void rowsAreStreamedFromTheDisk(int batchRows) throws IOException {
        for (RowSource data : denseAndSparse()) {
            try (PagedRows paged = PagedFits.paged(directory, data);
                    PagedRows whole = BlockFile.open(directory.resolve("data.vblk"), 1 << 24)) {
                PagedRows onDisk = batchRows == 0 ? paged : whole; // other pools shuffle otherwise
                int chunkRows = batchRows == 0 ? paged.paging().poolRows() : 0;
                assertEquals(streamed(data, batchRows, chunkRows), streamed(onDisk, batchRows, chunkRows));
            }
        }
    }
}
