package io.github.paenmf;

import io.github.paenmf.backend.LatentInference;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.function.Supplier;

/** A {@link ProbabilisticModel} held ready for many small calls. */
public final class ProbabilisticSession implements FactorisationSession {

    private final ProbabilisticModel model;
    private final LatentInference inference;
    private boolean closed;

    /**
     * @param inference which the session closes
     */
    ProbabilisticSession(ProbabilisticModel model, LatentInference inference) {
        this.model = model;
        this.inference = inference;
    }

    /**
     * As {@link ProbabilisticModel#transform}.
     *
     * @throws DataException if the data are not finite and ≥ 0, or have other features
     */
    public Latent transform(RowSource data) {
        return whileOpen(() -> model.transform(data, inference));
    }

    @Override
    public Matrix coefficients(RowSource data) {
        return whileOpen(() -> model.coefficients(data, inference));
    }

    @Override
    public Matrix reconstruct(RowSource data) {
        return whileOpen(() -> model.restored(model.decode(model.coefficients(data, inference), inference), data));
    }

    /**
     * As {@link ProbabilisticModel#reconstructMean}, n × m.
     *
     * @throws DataException as {@link #transform} does
     */
    public Matrix reconstructMean(RowSource data) {
        return whileOpen(() ->
                model.restored(model.decode(model.transform(data, inference).mean(), inference), data));
    }

    private synchronized <T> T whileOpen(Supplier<T> call) {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        return call.get();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            inference.close();
        }
    }
}
