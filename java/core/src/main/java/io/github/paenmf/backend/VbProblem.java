package io.github.paenmf.backend;

import io.github.paenmf.data.CodedCovariates;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.VbConfiguration;

/**
 * What a solver of variational NMF needs to know before it sees data.
 *
 * @param configuration the fit's configuration
 * @param rows n of the data
 * @param features m
 * @param dataScale root mean square of the data, by which a step divides; 1 with a Poisson likelihood
 * @param sparse whether the data are a {@link io.github.paenmf.data.SparseSource}; a Poisson likelihood takes either by
 *     their nonzeros
 * @param mask which entries of the data are missing, or null if none is
 * @param weights with which rows and features count, and the data are multiplied by the roots of; not with a mask, and
 *     the CPU alone takes some
 * @param fixedComponents how many components of W, the first ones, are known: they keep their values, have no variance and
 *     no prior; 0 to r, and the CPU alone takes some
 * @param allRows where these rows are a part of the data, n of all of it, each row as often as it counts: sums over the other
 *     parts come by {@link Solver#addSums}, and no row keeps its means, so that its sweeps start cold and the sums of a part
 *     follow from the parameters alone. 0 where these are all rows. Not with mini-batches or a mask; updates are the CPU's alone
 * @param covariates of the rows, or null where they have none; with a Gaussian likelihood, without mini-batches, weights,
 *     penalties and parts, and the CPU alone takes some
 */
public record VbProblem(
        VbConfiguration configuration,
        int rows,
        int features,
        double dataScale,
        boolean sparse,
        Mask mask,
        Weights weights,
        int fixedComponents,
        double allRows,
        CodedCovariates covariates) {

    /** Over rows of a mini-batch, whose means are those of an epoch ago. */
    private static final int SWEEPS_OF_BATCH = 3;
    /** Over rows that have no means yet. */
    private static final int SWEEPS_OF_COLD_START = 10;

    /** Of rows without covariates. */
    public VbProblem(
            VbConfiguration configuration,
            int rows,
            int features,
            double dataScale,
            boolean sparse,
            Mask mask,
            Weights weights,
            int fixedComponents,
            double allRows) {
        this(configuration, rows, features, dataScale, sparse, mask, weights, fixedComponents, allRows, null);
    }

    /** Of all the rows. */
    public VbProblem(
            VbConfiguration configuration,
            int rows,
            int features,
            double dataScale,
            boolean sparse,
            Mask mask,
            Weights weights,
            int fixedComponents) {
        this(configuration, rows, features, dataScale, sparse, mask, weights, fixedComponents, 0);
    }

    /** Of dense data. */
    public VbProblem(VbConfiguration configuration, int rows, int features, double dataScale) {
        this(configuration, rows, features, dataScale, false);
    }

    /** Without known components. */
    public VbProblem(
            VbConfiguration configuration,
            int rows,
            int features,
            double dataScale,
            boolean sparse,
            Mask mask,
            Weights weights) {
        this(configuration, rows, features, dataScale, sparse, mask, weights, 0);
    }

    /** Of data of which nothing is missing. */
    public VbProblem(VbConfiguration configuration, int rows, int features, double dataScale, boolean sparse) {
        this(configuration, rows, features, dataScale, sparse, null, Weights.NONE);
    }

    /** The same of rows with covariates; null if they have none. */
    public VbProblem withCovariates(CodedCovariates newCovariates) {
        return new VbProblem(
                configuration,
                rows,
                features,
                dataScale,
                sparse,
                mask,
                weights,
                fixedComponents,
                allRows,
                newCovariates);
    }

    /** Whether these rows are a part of the data. */
    public boolean isPart() {
        return allRows > 0;
    }

    /** n of all the data, each row as often as it counts. */
    public double totalRows() {
        return isPart() ? allRows : weights.totalOfRows(rows);
    }

    /** How many entries of all the data are observed, each as often as it counts. */
    public double entries() {
        return mask == null ? totalRows() * weights.totalOfFeatures(features) : mask.observed();
    }

    /** r. */
    public int rank() {
        return configuration.rank();
    }

    /** What the stages need to know: W is the decoder and S is H. */
    public Shape shape() {
        int batchRows = configuration.batchRows() == 0 ? rows : Math.min(rows, configuration.batchRows());
        return new Shape(rows, features, rank(), rank(), batchRows, dataScale, sparse || configuration.isPoisson());
    }

    /**
     * How many sweeps a step makes over its rows.
     *
     * @param cold whether they have no means yet
     */
    public int sweeps(boolean cold) {
        int warm = shape().hasMiniBatches() ? SWEEPS_OF_BATCH : 1;
        return cold ? SWEEPS_OF_COLD_START : warm;
    }
}
