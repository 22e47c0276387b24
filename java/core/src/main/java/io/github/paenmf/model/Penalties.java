package io.github.paenmf.model;

import java.util.Objects;

/**
 * Penalties of both factors of standard NMF, V ≈ H·Wᵀ. Of data that are divided by their root mean square, n × m, the
 * objective is
 *
 * <pre>
 * ½‖V − H·Wᵀ‖² + m(l1·ΣH + l2/2·ΣH²) + n(l1·ΣW + l2/2·ΣW²),
 * </pre>
 *
 * with l1 and l2 of each factor. So a penalty means the same whatever the unit of the data, and whatever their size, as in
 * scikit-learn since 1.0.
 *
 * @param coefficients of H
 * @param basis of W
 */
public record Penalties(Penalty coefficients, Penalty basis) {

    /** None of either. */
    public static final Penalties NONE = new Penalties(Penalty.NONE, Penalty.NONE);

    public Penalties {
        Objects.requireNonNull(coefficients, "coefficients");
        Objects.requireNonNull(basis, "basis");
    }

    /** Whether neither factor has any. */
    public boolean isNone() {
        return coefficients.isNone() && basis.isNone();
    }

    /** Whether one factor has some and the other none: then the other grows, so that the first gets away with little. */
    public boolean isOneSided() {
        return coefficients.isNone() != basis.isNone();
    }
}
