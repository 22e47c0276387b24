package io.github.paenmf;

import io.github.paenmf.backend.NmfInference;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.function.Function;

/** An {@link NmfModel} held ready for many small calls. */
public final class NmfSession implements FactorisationSession {

    private final NmfModel model;
    private final NmfInference inference;
    private boolean closed;

    /**
     * @param inference which the session closes
     */
    NmfSession(NmfModel model, NmfInference inference) {
        this.model = model;
        this.inference = inference;
    }

    /**
     * As {@link NmfModel#transform}, n × r.
     *
     * @throws DataException if the data are not finite and ≥ 0, or have other features
     */
    public Matrix transform(RowSource data) {
        return coefficients(data);
    }

    @Override
    public Matrix coefficients(RowSource data) {
        return whileOpen(data, checked -> model.coefficients(checked, inference));
    }

    @Override
    public Matrix reconstruct(RowSource data) {
        return whileOpen(data, checked -> model.restored(model.reconstruct(checked, inference), data));
    }

    private synchronized Matrix whileOpen(RowSource data, Function<RowSource, Matrix> call) {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        return call.apply(model.check(data));
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            inference.close();
        }
    }
}
