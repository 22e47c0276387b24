package io.github.paenmf;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/**
 * A model held ready for many small calls: what a call of the model opens and closes again, the threads on the CPU or
 * the parameters on a CUDA device, stays open until the session is closed. The results are those of the model, to the
 * bit.
 *
 * <pre>{@code
 * try (FactorisationSession session = model.openSession()) {
 *     for (Matrix row : rows) {
 *         use(session.coefficients(row));
 *     }
 * }
 * }</pre>
 *
 * <p>Calls of several threads are done one after another; a session for each thread lets them run side by side. After
 * {@link #close} every call throws {@link IllegalStateException}.
 */
public sealed interface FactorisationSession extends AutoCloseable permits ProbabilisticSession, NmfSession {

    /**
     * As {@link FactorisationModel#coefficients}, n × r.
     *
     * @throws DataException if the data are not finite and ≥ 0, or have other features
     */
    Matrix coefficients(RowSource data);

    /**
     * As {@link FactorisationModel#reconstruct}, n × m.
     *
     * @throws DataException as {@link #coefficients} does
     */
    Matrix reconstruct(RowSource data);

    /** Ends the threads, or frees the device; a second time does nothing. */
    @Override
    void close();
}
