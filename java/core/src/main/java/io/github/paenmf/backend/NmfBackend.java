package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;

/**
 * Standard NMF of one data set on one device: V ≈ H·Wᵀ with H, W ≥ 0. It holds V and both factors, and
 * has a method for each stage of an epoch; {@code NmfTrainer} calls them in order. V is in units of
 * the scaled data everywhere but in {@link #decode}.
 *
 * <p>Not thread-safe: one loop drives a backend.
 */
public interface NmfBackend extends AutoCloseable {

    /** Name and decisive properties of the device and its libraries, for logs and reports. */
    String description();

    /**
     * V·X.
     *
     * @param x m × l
     * @return n × l
     */
    Matrix project(Matrix x);

    /**
     * Vᵀ·Y.
     *
     * @param y n × l
     * @return m × l
     */
    Matrix projectTransposed(Matrix y);

    /**
     * Replaces both factors.
     *
     * @param w m × r, ≥ 0
     * @param h n × r, ≥ 0
     */
    void setFactors(Matrix w, Matrix h);

    /** Says that values of the data are others than before; a backend that holds a copy takes a new one. */
    void dataChanged();

    /** A copy of W, m × r. */
    Matrix readW();

    /** A copy of H, n × r. */
    Matrix readH();

    /** C = V·W and G = WᵀW, then one update of each row of H. */
    void updateH();

    /** Q = Vᵀ·H and K = HᵀH, then one update of each row of W, and G = WᵀW. */
    void updateW();

    /**
     * ‖V − H·Wᵀ‖² = ‖V‖² − 2⟨W, Q⟩ + ⟨K, G⟩ after {@link #updateW()}, never below 0; the three terms are rounded in
     * float32, so that errors below about 1e-3·‖V‖ are not resolved: {@link #residual()} resolves them.
     */
    double squaredError();

    /**
     * H = argmin ‖V − H·Wᵀ‖² with H ≥ 0, exactly ({@link Coefficients}), whatever H was. A row's coefficients have the
     * same bits on every backend and among any other rows.
     */
    void solveH();

    /** ‖V − H·Wᵀ‖² by its residual, without holding V̂. */
    double residual();

    /**
     * V̂ = H·Wᵀ in units of the raw data.
     *
     * @param target receives V̂, n × m
     */
    void decode(Matrix target);

    @Override
    void close();
}
