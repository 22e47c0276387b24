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
        double squaredError = sums.squaredNorm() - 2 * sums.hc() + kg;
        return new StepLosses(squaredError / (2 * sigma * sigma * sums.rows()), sums.kl() / sums.rows());
    }

    /** Whether both parts are finite numbers. */
    public boolean isFinite() {
        return Double.isFinite(reconstruction) && Double.isFinite(kl);
    }
}
