package io.github.paenmf;

import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;

/**
 * An {@link NmfModel} held ready for many small calls. It keeps the basis and room for as many rows as the last call
 * had, so that calls of equal numbers of rows are the quick ones.
 */
public final class NmfSession implements FactorisationSession {

    private final NmfModel model;
    /** The rows of the last call, n × m, which the backend works on; null before the first. */
    private Matrix rows;

    private NmfBackend backend;
    private boolean closed;

    NmfSession(NmfModel model) {
        this.model = model;
    }

    /**
     * As {@link NmfModel#transform}, n × r.
     *
     * @throws DataException if the data are not finite and ≥ 0, or have other features
     */
    public Matrix transform(Matrix data) {
        return coefficients(data);
    }

    @Override
    public synchronized Matrix coefficients(Matrix data) {
        solve(data);
        return model.coefficients(data, backend);
    }

    @Override
    public synchronized Matrix reconstruct(Matrix data) {
        solve(data);
        return model.decode(data, backend);
    }

    private void solve(Matrix given) {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        Matrix data = model.check(given);
        boolean fits = rows != null && rows.rows() == data.rows();
        if (!fits) {
            closeBackend();
            rows = Matrix.zeros(data.rows(), data.columns());
        }
        for (int i = 0; i < data.rows(); i++) {
            data.copyRow(i, rows.storage(i), rows.offset(i));
        }
        if (fits) {
            backend.dataChanged();
        } else {
            backend = model.open(rows);
        }
        backend.solveH();
    }

    private void closeBackend() {
        NmfBackend old = backend;
        backend = null;
        rows = null;
        if (old != null) {
            old.close();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        closeBackend();
    }
}
