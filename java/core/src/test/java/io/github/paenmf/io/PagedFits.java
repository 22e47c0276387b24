package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.github.paenmf.EstimatorBuilder;
import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.PagedRows;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.VbInit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Small data on the disk, of which less is in memory than there is, and short fits of them. */
public final class PagedFits {

    static final int ROWS = 1400;
    static final int COLUMNS = 12;
    static final int EPOCHS = 3;
    /** Of six blocks of 256 rows, how many fit: half of them are what a step is at work on. */
    static final int BLOCKS = 4;

    private PagedFits() {}

    /** What is fitted; three components, a few epochs. */
    public enum Fit {
        VB,
        VB_BATCHES,
        PAE,
        PAE_BATCHES,
        HALS,
        HALS_BATCHES,
        KL;

        private EstimatorBuilder<?> builder() {
            return switch (this) {
                case VB -> variational();
                case VB_BATCHES -> variational().batchRows(300);
                case PAE -> with(PaeNmf.builder());
                case PAE_BATCHES -> with(PaeNmf.builder()).batchRows(300);
                case HALS -> nmf(NmfAlgorithm.HALS);
                case HALS_BATCHES -> nmf(NmfAlgorithm.HALS).batchRows(300);
                case KL -> nmf(NmfAlgorithm.KL);
            };
        }

        FactorisationModel fit(RowSource data) {
            return fit(data, Choice.CPU, 0);
        }

        /** Fits on a backend, in chunks of so many rows, or of any number where that is 0. */
        public FactorisationModel fit(RowSource data, Choice backend, int chunkRows) {
            EstimatorBuilder<?> builder = builder().backend(backend).chunkRows(chunkRows);
            if (builder instanceof VariationalNmf.Builder variational) {
                // on the emulated device a start takes longer than the rest
                return (backend == Choice.CUDA ? variational.init(VbInit.RANDOM) : variational)
                        .build()
                        .fit(data);
            }
            return builder instanceof PaeNmf.Builder pae
                    ? pae.build().fit(data)
                    : ((Nmf.Builder) builder).build().fit(data);
        }
    }

    private static <B extends EstimatorBuilder<B>> B with(B builder) {
        return builder.rank(3).epochs(EPOCHS).backend(Choice.CPU);
    }

    static VariationalNmf.Builder variational() {
        return with(VariationalNmf.builder()).intervals(IntervalMethod.MEAN_FIELD);
    }

    static Nmf.Builder nmf(NmfAlgorithm algorithm) {
        return with(Nmf.builder()).algorithm(algorithm);
    }

    /** Of which three quarters are 0. */
    public static Matrix counts() {
        Random random = new Random(4);
        float[] values = new float[ROWS * COLUMNS];
        for (int e = 0; e < values.length; e++) {
            values[e] = random.nextInt(4) == 0 ? 1 + random.nextInt(e % COLUMNS + 1) : 0;
        }
        return Matrix.wrap(values, ROWS, COLUMNS);
    }

    /** The data in blocks of 256 rows, {@code data.vblk} of a directory; the caller closes them. */
    public static PagedRows paged(Path directory, RowSource data) throws IOException {
        Path file = directory.resolve("data.vblk");
        BlockFile.write(file, List.of(data).iterator(), 1);
        long largest;
        try (BlockFile.Store store = new BlockFile.Store(file)) {
            largest = store.bytes(0);
            for (int block = 1; block < 6; block++) {
                largest = Math.max(largest, store.bytes(block));
            }
        }
        PagedRows paged = BlockFile.open(file, BLOCKS * largest);
        assertNotNull(paged.paging());
        return paged;
    }

    /** A model as it is saved, by way of a file of a directory. */
    public static byte[] bytes(Path directory, FactorisationModel model) throws IOException {
        Path file = directory.resolve("model.npz");
        model.save(file);
        return Files.readAllBytes(file);
    }
}
