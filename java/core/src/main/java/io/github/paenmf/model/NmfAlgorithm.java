package io.github.paenmf.model;

/**
 * How standard NMF, min ‖V − H·Wᵀ‖² or another distance with H, W ≥ 0, changes its factors; none ever increases the
 * distance.
 */
public enum NmfAlgorithm {
    /**
     * Multiplicative updates: H ← H ∘ V·W / (H·WᵀW), likewise W (Lee and Seung 2001); of other β divergences than the
     * squared error H ← H ∘ ((V ∘ V̂^(β−2))·W / (V̂^(β−1)·W))^γ, likewise W (Févotte and Idier 2011).
     */
    MU,
    /**
     * Hierarchical alternating least squares: column after column, h ← max(0, h + (V·w − H·Wᵀw)/‖w‖²), likewise W
     * (Cichocki and Phan 2009).
     */
    HALS,
    /**
     * Multiplicative updates for the Kullback-Leibler divergence Σ v ln(v/v̂) − v + v̂, which is that of counts: H ← H ∘ (V
     * ⊘ V̂)·W / (column sums of W), likewise W (Lee and Seung 2001). In units of the data.
     */
    KL;

    /**
     * That of a model.
     *
     * @throws IllegalArgumentException if it is no standard NMF
     */
    public static NmfAlgorithm of(Algorithm algorithm) {
        return switch (algorithm) {
            case NMF_MU -> MU;
            case NMF_HALS -> HALS;
            case NMF_KL -> KL;
            case PAE, AE, VB -> throw new IllegalArgumentException(algorithm + " is no standard NMF");
        };
    }

    /** Whether a factor that is 0 stays so. */
    public boolean isMultiplicative() {
        return this != HALS;
    }
}
