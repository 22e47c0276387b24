package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedNmf;

/**
 * What a fitted standard NMF computes on data: coefficients on the processor ({@link Coefficients}), whatever the device;
 * the rest on the device.
 */
public final class NmfInference implements Inference {

    private final FittedNmf model;
    private final Inference device;
    /** Null until something is encoded. */
    private Coefficients coefficients;

    /**
     * @param device which this closes
     */
    NmfInference(FittedNmf model, Inference device) {
        this.model = model;
        this.device = device;
    }

    /**
     * H = argmin ‖V − H·Wᵀ‖² with H ≥ 0, exactly. A row's coefficients have the same bits on every device and among any
     * other rows.
     *
     * @param data V, n × m, raw units
     * @param h receives H, n × r, in units of the scaled data
     */
    public void encode(RowSource data, Matrix h) {
        if (coefficients == null) {
            coefficients = new Coefficients(model.w(), model.dataScale());
        }
        coefficients.solve(data, h, device);
    }

    @Override
    public void decode(Matrix h, Matrix target) {
        device.decode(h, target);
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
