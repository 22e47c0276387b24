package io.github.paenmf.model;

/**
 * What the basis of standard NMF is made of, as means over the rows that were seen: with it a fit goes on without these
 * rows. Numerators are those of the update of W, denominators what they are divided by:
 *
 * <ul>
 *   <li>of the squared error Vᵀ·H, m × r, and HᵀH, r × r (Mairal, Bach, Ponce and Sapiro 2010, Online learning for matrix
 *       factorization and sparse coding)
 *   <li>of another β divergence W^(1/γ) ∘ (V ∘ V̂^(β−2))ᵀ·H and V̂^(β−1)ᵀ·H, m × r each (Lefèvre, Bach and Févotte 2011,
 *       Online algorithms for nonnegative matrix factorization with the Itakura-Saito divergence)
 *   <li>of that of Kullback and Leibler W ∘ (V ⊘ V̂)ᵀ·H, m × r, and the sums of H, 1 × r
 * </ul>
 *
 * <p>V is in units of the data where the numerators are of the squared error, V̂ and the rest in units of the data divided
 * by their root mean square. Not thread-safe; the arrays are its own.
 */
public final class NmfSums {

    private final float[] numerators;
    private final float[] denominators;
    private double rows;

    /**
     * @param rows how many rows these are the means of, those that were forgotten in part counted in part; at least 0
     */
    public NmfSums(float[] numerators, float[] denominators, double rows) {
        this.numerators = numerators;
        this.denominators = denominators;
        this.rows = rows;
    }

    /** Of no rows yet. */
    public static NmfSums none(NmfConfiguration c, int features) {
        return new NmfSums(
                new float[Math.multiplyExact(features, c.rank())],
                new float[Math.multiplyExact(denominatorRows(c, features), c.rank())],
                0);
    }

    /** How many rows of r values each the denominators have. */
    public static int denominatorRows(NmfConfiguration c, int features) {
        if (c.algorithm() == NmfAlgorithm.KL) {
            return 1;
        }
        return c.hasOtherBeta() ? features : c.rank();
    }

    /** m × r. */
    public float[] numerators() {
        return numerators;
    }

    /** r × r, m × r or 1 × r. */
    public float[] denominators() {
        return denominators;
    }

    /** How many rows these are the means of. */
    public double rows() {
        return rows;
    }

    public void setRows(double value) {
        rows = value;
    }

    /**
     * The same, counting for less.
     *
     * @param share what one of the rows counts, in [0, 1]
     */
    public NmfSums times(double share) {
        return new NmfSums(numerators.clone(), denominators.clone(), share * rows);
    }

    public NmfSums copy() {
        return times(1);
    }

    /** Whether all are finite numbers. */
    public boolean isFinite() {
        return isFinite(numerators) && isFinite(denominators);
    }

    private static boolean isFinite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }
}
