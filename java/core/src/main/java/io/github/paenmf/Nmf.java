package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.train.FitListener;
import io.github.paenmf.train.NmfTrainer;
import java.util.Objects;
import java.util.concurrent.CancellationException;

/**
 * Standard non-negative matrix factorisation, V ≈ H·basisᵀ with H, basis ≥ 0 and least ‖V − H·basisᵀ‖²: what
 * PAE-NMF is compared with, and can start from.
 *
 * <pre>{@code
 * NmfModel model = Nmf.builder().rank(16).algorithm(NmfAlgorithm.HALS).build().fit(data);
 * Matrix h = model.transform(data);
 * }</pre>
 *
 * <p>Immutable and thread-safe. Equal settings, data and seed give the same bits, whatever the number of threads.
 */
public final class Nmf {

    private final NmfConfiguration configuration;
    private final Execution execution;
    private final FitListener listener;

    private Nmf(NmfConfiguration configuration, Execution execution, FitListener listener) {
        this.configuration = configuration;
        this.execution = execution;
        this.listener = listener;
    }

    /** Starts from the defaults: rank 10, 1000 epochs of HALS from NNDSVD. */
    public static Builder builder() {
        return new Builder();
    }

    /** What was set, defaults included. */
    public NmfConfiguration configuration() {
        return configuration;
    }

    /**
     * Fits a model.
     *
     * @param data n × m, one sample a row, finite and ≥ 0; not written to
     * @throws DataException if the data cannot be factorised
     * @throws CancellationException if the thread is {@linkplain Thread#interrupt interrupted}: the fit ends within an
     *     epoch, nothing of it is kept, and the thread stays interrupted
     */
    public NmfModel fit(Matrix data) {
        NmfTrainer.Result result = new NmfTrainer(configuration, execution, listener).fit(data);
        Matrix h = result.h().withNames(data.rowNames(), Latent.componentNames(configuration.rank()));
        return new NmfModel(result.model(), execution, result.backend(), h);
    }

    /** {@link #fit} and then {@link NmfModel#transform} of the same data. */
    public Matrix fitTransform(Matrix data) {
        return fit(data).transform(data);
    }

    /** Collects settings; {@link #build()} checks them. Ranges are those of {@link NmfConfiguration}. */
    public static final class Builder {

        private int rank = 10;
        private NmfAlgorithm algorithm = NmfAlgorithm.HALS;
        private NmfInit init = NmfInit.NNDSVD;
        private int epochs = 1000;
        private double tolerance;
        private int patience = 50;
        private boolean patienceSet;
        private long seed;
        private Execution execution = Execution.auto();
        private FitListener listener = report -> true;

        private Builder() {}

        /** Number of components r; 10 unless set. */
        public Builder rank(int value) {
            rank = value;
            return this;
        }

        /** HALS unless set. */
        public Builder algorithm(NmfAlgorithm value) {
            algorithm = value;
            return this;
        }

        /** Where the factors start; NNDSVD unless set. */
        public Builder init(NmfInit value) {
            init = value;
            return this;
        }

        /** Most updates of both factors; 1000 unless set. */
        public Builder epochs(int value) {
            epochs = value;
            return this;
        }

        /** Stops when the squared error has not fallen by this share for the patience; 0, never, unless set. */
        public Builder tolerance(double value) {
            tolerance = value;
            return this;
        }

        /** Epochs to wait for an improvement by the tolerance; 50 unless set. */
        public Builder patience(int value) {
            patience = value;
            patienceSet = true;
            return this;
        }

        /** Seed of all random numbers; 0 unless set. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** CPU threads; one for each processor unless set. Does not change the result. */
        public Builder threads(int value) {
            execution = execution.withThreads(value);
            return this;
        }

        /**
         * Most rows in flight at once, a multiple of 256; the backend chooses unless set. Does not change the result on
         * the CPU, and on CUDA by no more than rounding.
         */
        public Builder chunkRows(int value) {
            execution = execution.withChunkRows(value);
            return this;
        }

        /** Where to train; the fastest that works here unless set. */
        public Builder backend(Backends.Choice value) {
            execution = execution.withBackend(value);
            return this;
        }

        /** Hears of each epoch and may end the fit. */
        public Builder listener(FitListener value) {
            listener = Objects.requireNonNull(value, "listener");
            return this;
        }

        /** Takes over all of where and how to compute. */
        public Builder execution(Execution value) {
            execution = Objects.requireNonNull(value, "execution");
            return this;
        }

        /**
         * @throws SettingException that names a setting out of range, and the range, or one that has no effect
         *     on the backend that was chosen or beside the other settings
         */
        public Nmf build() {
            NmfConfiguration configuration =
                    new NmfConfiguration(rank, algorithm, init, epochs, tolerance, patience, seed);
            Setting.PATIENCE.requireEffect(!patienceSet || tolerance > 0, "without a tolerance above 0");
            execution.requireEffect();
            return new Nmf(configuration, execution, listener);
        }
    }
}
