package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.NmfInit;
import java.util.function.Supplier;

/**
 * How well standard NMF (HALS) of some ranks predicts entries that it has not seen, for some patterns of them ({@link
 * HoldOut}; for NMF Kanagal and Sindhwani 2010). Thread-safe; each fit is on the thread that asks for it.
 */
final class CrossValidation {

    /** The share of the observed entries that is hidden. */
    static final double SHARE = 0.1;

    private final RowSource data;
    private final Missing missing;
    private final long seed;
    private final int epochs;
    private final Pattern[] patterns;

    /**
     * @param data n × m, ≥ 0 and finite except for what is missing
     * @param patterns how many, at least 1
     * @param ranks how often each pattern is asked for, after which it is dropped
     */
    CrossValidation(RowSource data, Missing missing, long seed, int epochs, int patterns, int ranks) {
        this.data = data;
        this.missing = missing;
        this.seed = seed;
        this.epochs = epochs;
        this.patterns = new Pattern[patterns];
        for (int i = 0; i < patterns; i++) {
            this.patterns[i] = new Pattern(i, ranks);
        }
    }

    /**
     * Fits what is not hidden.
     *
     * @return the norm of the error at the hidden entries divided by the norm of those entries
     * @throws DataException if nothing is hidden, all that is hidden is 0, or the data cannot be factorised
     * @throws java.util.concurrent.CancellationException if the thread is interrupted
     */
    double relativeError(int rank, int pattern) {
        try {
            Split split = patterns[pattern].open();
            NmfModel model = Nmf.builder()
                    .rank(rank)
                    .init(NmfInit.NNDSVD)
                    .seed(seed)
                    .epochs(epochs)
                    .missing(true)
                    .backend(Backends.Choice.CPU)
                    .threads(1)
                    .build()
                    .fit(split.training);
            return naming(() -> split.holdOut.relativeError(model));
        } finally {
            patterns[pattern].close();
        }
    }

    private static <T> T naming(Supplier<T> holdOut) {
        try {
            return holdOut.get();
        } catch (DataException e) {
            throw new DataException(
                    "cross-validation (bicv): " + e.getMessage() + "; description length (mdl) holds none out", e);
        }
    }

    /**
     * Data of which entries are hidden.
     *
     * @param training the others, with a mask, as all ranks are fitted to
     */
    private record Split(HoldOut holdOut, RowSource training) {}

    /** Made for the first rank and dropped after the last, since each is a copy of the data. */
    private final class Pattern {

        private final int index;
        private int left;
        private Split split;

        Pattern(int index, int ranks) {
            this.index = index;
            this.left = ranks;
        }

        synchronized Split open() {
            if (split == null) {
                HoldOut holdOut = naming(() -> HoldOut.split(data, missing, SHARE, seed, index));
                split = new Split(holdOut, IncompleteData.of(holdOut.training(), holdOut.missing()));
            }
            return split;
        }

        synchronized void close() {
            left--;
            if (left == 0) {
                split = null;
            }
        }
    }
}
