package io.github.paenmf.backend;

/**
 * The objective of one step, per sample.
 *
 * @param reconstruction ‖v − v̂‖²/(2σ²)
 * @param kl KL divergence in nats
 */
public record StepLosses(double reconstruction, double kl) {

    /**
     * Divides a step's sums by its rows. The squared error comes from the Gram form,
     * ‖V − H Wfᵀ‖² = ‖V‖² − 2⟨H, C⟩ + ⟨K, G⟩.
     *
     * @param kg ⟨K, G⟩
     */
    public static StepLosses of(PartialSums sums, double kg, double sigma) {
        return of(sums.squaredNorm(), sums.rows(), sums.kl(), sums.hc(), kg, sigma);
    }

    /** The same from the sums themselves. */
    public static StepLosses of(double squaredNorm, long rows, double kl, double hc, double kg, double sigma) {
        double squaredError = squaredNorm - 2 * hc + kg;
        return new StepLosses(squaredError / (2 * sigma * sigma * rows), kl / rows);
    }

    /** Whether both parts are finite numbers. */
    public boolean isFinite() {
        return Double.isFinite(reconstruction) && Double.isFinite(kl);
    }
}
