package io.github.paenmf.model;

/** How standard NMF, min ‖V − H·Wᵀ‖² with H, W ≥ 0, changes its factors; both never increase the error. */
public enum NmfAlgorithm {
    /** Multiplicative updates: H ← H ∘ V·W / (H·WᵀW), likewise W (Lee and Seung 2001). */
    MU,
    /**
     * Hierarchical alternating least squares: column after column, h ← max(0, h + (V·w − H·Wᵀw)/‖w‖²), likewise W
     * (Cichocki and Phan 2009).
     */
    HALS
}
