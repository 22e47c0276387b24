package io.github.paenmf.backend;

/**
 * What is minimised, per sample.
 *
 * @param reconstruction ‖v − v̂‖²/(2σ²), at least 0; where σ is learned, and of variational NMF, −E ln p(v | H, W),
 *     which may be below
 * @param kl KL divergence in nats, at least 0; of variational NMF of both factors
 */
public record Objective(double reconstruction, double kl) {

    /** Divides a step's sums by its rows, each as often as it counts. */
    public static Objective of(double squaredError, double kl, double rows, double sigma) {
        return new Objective(squaredError / (2 * sigma * sigma * rows), notBelowZero(kl) / rows);
    }

    /**
     * −ELBO per sample where σ is learned: −E ln p(v | H, W) and the KL divergence, of a step's sums.
     *
     * @param squaredError of all rows, in units of the scaled data
     * @param variance σ²
     * @param entries of a row, on average
     */
    public static Objective ofElbo(double squaredError, double variance, double entries, double kl, double rows) {
        double normalisation = entries / 2.0 * Math.log(2 * Math.PI * variance);
        return new Objective(squaredError / (2 * variance * rows) + normalisation, notBelowZero(kl) / rows);
    }

    /**
     * The Gram form of a squared error, ‖V − H·Wᵀ‖² = ‖V‖² − 2⟨H, V·W⟩ + ⟨HᵀH, WᵀW⟩. The terms cancel: what is
     * below 0 by their rounding becomes 0.
     *
     * @param product ⟨H, V·W⟩, which is also ⟨W, VᵀH⟩
     * @param gramProduct ⟨HᵀH, WᵀW⟩
     */
    public static double gramForm(double squaredNorm, double product, double gramProduct) {
        return notBelowZero(squaredNorm - 2 * product + gramProduct);
    }

    /** Leaves what is not a finite number as it is: that is a divergence, and to be seen. */
    private static double notBelowZero(double value) {
        return value < 0 && value > Double.NEGATIVE_INFINITY ? 0 : value;
    }

    /** The same with more of KL. */
    public Objective plusKl(double more) {
        return new Objective(reconstruction, kl + more);
    }

    /** Whether both parts are finite numbers. */
    public boolean isFinite() {
        return Double.isFinite(reconstruction) && Double.isFinite(kl);
    }
}
