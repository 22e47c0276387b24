package io.github.paenmf.io;

import static io.github.paenmf.io.PagedFits.BLOCKS;
import static io.github.paenmf.io.PagedFits.COLUMNS;
import static io.github.paenmf.io.PagedFits.counts;
import static io.github.paenmf.io.PagedFits.nmf;
import static io.github.paenmf.io.PagedFits.variational;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Score;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.PagedRows;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.RowStore;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.PagedFits.Fit;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.VbInit;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fits to data on the disk, of which less is in memory than there is. */
class PagedFitTest {

    @TempDir
    Path directory;

    private PagedRows paged(RowSource data) throws IOException {
        return PagedFits.paged(directory, data);
    }

    private byte[] bytes(FactorisationModel model) throws IOException {
        return PagedFits.bytes(directory, model);
    }

    /** Full batches go through the rows in their order. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"VB_BATCHES", "PAE_BATCHES", "HALS_BATCHES"})
    void aFitHasTheBitsOfOneInMemory(Fit fit) throws IOException {
        boolean ofBoth = fit == Fit.VB || fit == Fit.PAE;
        for (RowSource data : ofBoth ? List.of(counts(), SparseMatrix.of(counts())) : List.of(counts())) {
            try (PagedRows paged = paged(data)) {
                byte[] expected = bytes(fit.fit(data));
                FactorisationModel model = fit.fit(paged);
                assertArrayEquals(expected, bytes(model));
                assertSameScore(model.score(data), model.score(paged));
                assertTrue(paged.heldBytes() <= BLOCKS * 256 * COLUMNS * 8, paged.heldBytes() + " bytes");
            }
        }
    }

    /** Errors are added up run by run, in double, in another order than all at once. */
    private static void assertSameScore(Score all, Score runs) {
        double[] expected = numbers(all);
        assertArrayEquals(
                expected,
                numbers(runs),
                1e-12
                        * Arrays.stream(expected)
                                .filter(x -> !Double.isNaN(x))
                                .max()
                                .orElseThrow());
        assertEquals(all.deadComponents(), runs.deadComponents());
    }

    private static double[] numbers(Score score) {
        return new double[] {
            score.relativeErrorMedian(),
            score.relativeErrorMean(),
            score.relativeErrorSampled(),
            score.reconstructionPerSample(),
            score.klPerSample(),
            score.objective(),
            score.hoyerSparsity(),
            score.elbo(),
            score.sigma(),
            score.deviance()
        };
    }

    /** Also where a run is 0 throughout, for which there is no relative error, and where a component is dead in one alone. */
    @Test
    void aScoreIsThatOfAllRuns() throws IOException {
        Matrix data = counts();
        for (int i = 256; i < 512; i++) {
            Arrays.fill(data.storage(i), data.offset(i), data.offset(i) + COLUMNS, 0f);
        }
        List<FactorisationModel> models = List.of(
                variational().likelihood(Likelihood.POISSON).build().fit(data),
                nmf(NmfAlgorithm.HALS).build().fit(data),
                nmf(NmfAlgorithm.MU).beta(1.5).build().fit(data));
        try (PagedRows paged = paged(data)) {
            for (FactorisationModel model : models) {
                assertSameScore(model.score(data), model.score(paged));
            }
        }
    }

    @Test
    void aScoreReadsEachBlockOnce() throws IOException {
        paged(counts()).close();
        try (BlockFile.Store store = new BlockFile.Store(directory.resolve("data.vblk"))) {
            VariationalModel model = variational().build().fit(counts());
            AtomicInteger reads = new AtomicInteger();
            try (PagedRows rows = counting(store, reads)) {
                model.score(rows);
                int first = reads.get(); // which checks the values as well
                model.score(rows);
                // one that was read ahead may have had to go before its turn
                assertTrue(reads.get() - first <= 6 + 2, (reads.get() - first) + " blocks");
            }
        }
    }

    /** Pools are shuffled by the seed and their size alone, and each epoch reads each block once. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.INCLUDE,
            names = {"VB_BATCHES", "PAE_BATCHES", "HALS_BATCHES"})
    void miniBatchesOfPoolsAreTheSameEveryTime(Fit fit) throws IOException {
        SparseMatrix data = SparseMatrix.of(counts());
        byte[] first;
        try (PagedRows paged = paged(data)) {
            first = bytes(fit.fit(paged));
        }
        try (PagedRows again = paged(data)) {
            assertArrayEquals(first, bytes(fit.fit(again)));
        }
        byte[] inMemory = bytes(fit.fit(data));
        assertFalse(Arrays.equals(first, inMemory), "the order is another");
        try (PagedRows whole = BlockFile.open(directory.resolve("data.vblk"), 1 << 24)) {
            assertArrayEquals(inMemory, bytes(fit.fit(whole)), "all fits into one pool");
        }
    }

    /** Chunks of a step are no larger than what is held at once, and batches take their rows from as much. */
    @ParameterizedTest
    @ValueSource(ints = {0, 100})
    void anEpochReadsEachBlockOnce(int batchRows) throws IOException {
        paged(SparseMatrix.of(counts())).close();
        Path file = directory.resolve("data.vblk");
        int few = blocksRead(file, batchRows, 2);
        int more = blocksRead(file, batchRows, 8);
        int once = 6 * 6; // epochs, and blocks
        assertTrue(more - few <= once + once / 4, (more - few) + " blocks in six epochs");
    }

    private static int blocksRead(Path file, int batchRows, int epochs) throws IOException {
        AtomicInteger reads = new AtomicInteger();
        try (PagedRows rows = counting(new BlockFile.Store(file), reads)) {
            variational()
                    .init(VbInit.RANDOM)
                    .batchRows(batchRows)
                    .epochs(epochs)
                    .build()
                    .fit(rows);
        }
        return reads.get();
    }

    private static PagedRows counting(BlockFile.Store store, AtomicInteger reads) {
        long largest = IntStream.range(0, 6).mapToLong(store::bytes).max().orElseThrow();
        RowStore counting = (RowStore) Proxy.newProxyInstance(
                RowStore.class.getClassLoader(), new Class<?>[] {RowStore.class}, (proxy, method, arguments) -> {
                    reads.addAndGet(method.getName().equals("read") ? 1 : 0);
                    return method.invoke(store, arguments);
                });
        return PagedRows.of(counting, BLOCKS * largest);
    }

    @Test
    void aFitGoesOnFromACheckpointUnlessAnotherPoolWouldShuffleOtherwise() throws IOException {
        SparseMatrix data = SparseMatrix.of(counts());
        Path checkpoint = directory.resolve("fit.ckpt");
        try (PagedRows paged = paged(data)) {
            byte[] whole = bytes(Fit.VB_BATCHES.fit(paged));
            variational()
                    .batchRows(300)
                    .checkpoints(CheckpointFile.create(checkpoint, Duration.ZERO))
                    .listener(report -> report.epoch() < 2)
                    .build()
                    .fit(paged);
            CheckpointFile resumed = CheckpointFile.resume(checkpoint, Duration.ofHours(1));
            assertArrayEquals(
                    whole,
                    bytes(variational()
                            .batchRows(300)
                            .checkpoints(resumed)
                            .build()
                            .fit(paged)));
            CheckpointFile other = CheckpointFile.resume(checkpoint, Duration.ofHours(1));
            DataException e = assertThrows(
                    DataException.class,
                    () -> variational()
                            .batchRows(300)
                            .checkpoints(other)
                            .build()
                            .fit(data));
            assertTrue(e.getMessage().contains("rows shuffled together was 512 and is 1400"), e.getMessage());
        }
    }

    @Test
    void whatNeedsAllRowsInMemoryIsRefused() throws IOException {
        try (PagedRows paged = paged(counts())) {
            assertRefused(
                    SettingException.class,
                    "mean-field with data on the disk",
                    () -> variational().intervals(IntervalMethod.JOINT).build().fit(paged));
            assertRefused(
                    SettingException.class,
                    "1 with data on the disk",
                    () -> variational().restarts(2).build().fit(paged));
            assertRefused(
                    SettingException.class,
                    "with data on the disk",
                    () -> nmf(NmfAlgorithm.HALS).bootstrap(2).build().fit(paged));
            assertRefused(
                    DataException.class,
                    "values are missing",
                    () -> nmf(NmfAlgorithm.HALS).zerosMissing(true).build().fit(paged));
            assertRefused(
                    DataException.class,
                    "cannot be scaled or weighted",
                    () -> variational()
                            .scaling(Scaling.NONE.withSizeFactors(SizeFactors.TOTAL))
                            .build()
                            .fit(paged));
            assertRefused(DataException.class, "columns of data on the disk", () -> paged.selectColumns(new int[] {1}));
        }
    }

    private static void assertRefused(Class<? extends Exception> type, String message, Executable executable) {
        Exception e = assertThrows(type, executable);
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    /** Sparse data are scaled as they are read. */
    @Test
    void sparseDataAreScaled() throws IOException {
        SparseMatrix data = SparseMatrix.of(counts());
        Scaling scaling = Scaling.NONE.withSizeFactors(SizeFactors.TOTAL).withLog1p(true);
        byte[] expected = bytes(variational().scaling(scaling).build().fit(data));
        try (PagedRows paged = paged(data)) {
            assertArrayEquals(
                    expected, bytes(variational().scaling(scaling).build().fit(paged)));
        }
    }

    /** Damage that comes up in the midst of a fit ends it, and says where. */
    @Test
    void aBlockThatIsDamagedEndsAFit() throws IOException {
        try (PagedRows paged = paged(counts())) {
            Path file = directory.resolve("data.vblk");
            paged.requireFinite();
            byte[] bytes = Files.readAllBytes(file);
            bytes[28 + 5 * 256 * COLUMNS * 4 + 7] ^= 1;
            Files.write(file, bytes);
            DataException e = assertThrows(
                    DataException.class, () -> variational().build().fit(paged));
            assertTrue(e.getMessage().contains("data.vblk: block 6, rows 1281 to 1400: its checksum"), e.getMessage());
        }
    }
}
