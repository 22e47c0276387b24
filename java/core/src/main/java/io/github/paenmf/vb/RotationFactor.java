package io.github.paenmf.vb;

/**
 * The log prior of one factor as a function of its rotation M, r × r: Σ ln f(x, v) over all entries (see
 * {@link EntryDensity}), where x = X̂·M, X̂ are the least-squares coefficients, and v = MⱼᵀΣMⱼ with the covariance Σ of a
 * row of them.
 */
interface RotationFactor {

    /** How many rows the factor has. */
    int rows();

    /** The same on the caller's thread, with all variances so many times as large: the density is smoother by that. */
    RotationFactor widened(double times);

    /**
     * The log prior and its gradient.
     *
     * @param gradient receives r × r values
     */
    double evaluate(double[] m, double[] gradient);

    /** The Hessian's diagonal blocks, of each column of M one r × r; the others are 0. */
    double[][] hessian(double[] m);

    /** Mean of E[x] over the rows for each column given M, and the standard deviation of the mean of x around it. */
    void means(double[] m, double[] mean, double[] deviationOfMean);
}
