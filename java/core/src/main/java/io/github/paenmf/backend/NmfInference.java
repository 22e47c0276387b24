package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.function.Supplier;

/**
 * What a fitted standard NMF computes on data: coefficients on the processor ({@link Coefficients}, or updates
 * of another divergence than the squared error), whatever the device; the rest on the device.
 */
public final class NmfInference implements Inference {

    private final Inference device;
    /** Null for other divergences than the squared error. */
    private final Supplier<Coefficients> coefficients;
    /** Null but for other divergences than the squared error. */
    private final Updates updates;

    /** Null unless the divergence is another one than the algorithm has of itself. */
    private final Divergence divergence;

    /** Finds the coefficients of some rows of data by updates, each row by itself. */
    interface Updates {
        void encode(RowSource data, int first, int rows, Matrix h);
    }

    /** The divergence of some rows of data from what their coefficients decode to, in units of the scaled data. */
    interface Divergence {
        double of(RowSource data, int first, int rows, Matrix h);
    }

    /**
     * @param device which this closes
     */
    NmfInference(Supplier<Coefficients> coefficients, Inference device) {
        this(coefficients, device, null, null);
    }

    /**
     * Of another divergence than the squared error.
     *
     * @param device which this closes
     * @param divergence null for that of Kullback and Leibler
     */
    NmfInference(Inference device, Updates updates, Divergence divergence) {
        this(null, device, updates, divergence);
    }

    private NmfInference(
            Supplier<Coefficients> coefficients, Inference device, Updates updates, Divergence divergence) {
        this.coefficients = coefficients;
        this.device = device;
        this.updates = updates;
        this.divergence = divergence;
    }

    /**
     * H = argmin ‖V − H·Wᵀ‖² with H ≥ 0 and its penalty, exactly; or of the least divergence, until updates change next to
     * nothing. A row's coefficients have the same bits on every device and among any other rows.
     *
     * @param data V, n × m, raw units
     * @param h receives H, n × r, in units of the scaled data
     */
    public void encode(RowSource data, Matrix h) {
        if (updates != null) {
            device.forBlocks(data.rows(), (first, rows) -> updates.encode(data, first, rows, h));
            return;
        }
        coefficients.get().solve(data, h, device);
    }

    @Override
    public void decode(Matrix h, Matrix target) {
        device.decode(h, target);
    }

    /**
     * Σ d_β(v, v̂) over all rows, in units of the scaled data, of a model with another β than its algorithm has of itself.
     *
     * @param data V, n × m, raw units
     * @param h n × r
     */
    public double divergence(RowSource data, Matrix h) {
        return device.sum(data.rows(), (first, rows) -> divergence.of(data, first, rows, h));
    }

    @Override
    public double squaredError(RowSource data, Matrix h) {
        return device.squaredError(data, h);
    }

    @Override
    public void forBlocks(int rows, Task task) {
        device.forBlocks(rows, task);
    }

    @Override
    public void close() {
        device.close();
    }
}
