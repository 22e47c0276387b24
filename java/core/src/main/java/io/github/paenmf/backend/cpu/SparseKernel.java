package io.github.paenmf.backend.cpu;

/**
 * Products of one sparse row v with a matrix whose rows have one value per component and lie {@code ld} apart, all of
 * which are gone through. Implementations are stateless.
 */
interface SparseKernel {

    /** What {@code ld} has to be a multiple of. */
    int alignment();

    /** The least {@code ld} for so many components. */
    default int stride(int components) {
        return (components - 1) / alignment() * alignment() + alignment();
    }

    /**
     * p = v·B, {@code ld} values.
     *
     * @param count how many nonzeros v has
     * @param columns their columns, which are rows of B
     * @param values the nonzeros
     * @param b B
     * @param p is overwritten from {@code offset} on
     */
    void project(int count, int[] columns, float[] values, float[] b, int ld, float[] p, int offset);

    /**
     * The entries of h·Bᵀ that v has columns of. Each is summed in the same order, whatever the others are.
     *
     * @param h from {@code offset} on, {@code ld} values
     * @param b B
     * @param products takes {@code count} values; what comes after them is undefined afterwards
     */
    void decode(int count, int[] columns, float[] h, int offset, float[] b, int ld, float[] products);

    /**
     * Q += vᵀ·s, for the rows of Q that v has columns of.
     *
     * @param s from {@code offset} on, {@code ld} values
     */
    void accumulate(int count, int[] columns, float[] values, float[] s, int offset, float[] q, int ld);

    /**
     * A row of Q += vᵀ·S of one column v, in the order of its nonzeros: the same bits as {@link #accumulate} of all rows
     * one after the other.
     *
     * @param rows rows of the nonzeros, which are rows of S
     * @param q from {@code offset} on, {@code ld} values
     */
    void accumulateColumn(int count, int[] rows, float[] values, float[] s, float[] q, int offset, int ld);
}
