package io.github.paenmf.backend;

import io.github.paenmf.data.CodedCovariates;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;

/**
 * What a solver of PAE-NMF needs to know before it sees data.
 *
 * @param configuration the fit's configuration
 * @param rows n of the data
 * @param features m
 * @param dataScale root mean square of the data, by which a step divides; 1 with a Poisson likelihood
 * @param inputScale root mean square of the data, by which the encoder's input is divided
 * @param rates learning rates
 * @param sparse whether the data are a {@link io.github.paenmf.data.SparseSource}; a Poisson likelihood takes either by
 *     their nonzeros
 * @param mask which entries of the data are missing, or null if none is
 * @param weights with which rows and features count, and the data are multiplied by the roots of; not with a mask, and
 *     the CPU alone takes some
 * @param part what there is to know where these rows are a part of the data; null where they are all rows. Not with
 *     mini-batches or a mask; updates are the CPU's alone
 * @param covariates of the rows, or null where they have none; not with gd, without KL, with weights or in parts, and the
 *     CPU alone takes some
 */
public record PaeProblem(
        PaeConfiguration configuration,
        int rows,
        int features,
        double dataScale,
        double inputScale,
        StepRates rates,
        boolean sparse,
        Mask mask,
        Weights weights,
        Part part,
        CodedCovariates covariates) {

    /**
     * Of rows that are a part of the data: sums over the other parts come by {@link Solver#addSums}.
     *
     * @param noiseIds by which the noise of each row goes; null where no row is here. Must not be written to
     * @param meanRowWeight what a row of all the data counts on average
     */
    public record Part(long[] noiseIds, double meanRowWeight) {}

    /** Of rows without covariates. */
    public PaeProblem(
            PaeConfiguration configuration,
            int rows,
            int features,
            double dataScale,
            double inputScale,
            StepRates rates,
            boolean sparse,
            Mask mask,
            Weights weights,
            Part part) {
        this(configuration, rows, features, dataScale, inputScale, rates, sparse, mask, weights, part, null);
    }

    /** Of all the rows. */
    public PaeProblem(
            PaeConfiguration configuration,
            int rows,
            int features,
            double dataScale,
            double inputScale,
            StepRates rates,
            boolean sparse,
            Mask mask,
            Weights weights) {
        this(configuration, rows, features, dataScale, inputScale, rates, sparse, mask, weights, null);
    }

    /** Of dense data. */
    public PaeProblem(PaeConfiguration configuration, int rows, int features, double dataScale, StepRates rates) {
        this(configuration, rows, features, dataScale, rates, false);
    }

    /** Of data of which nothing is missing. */
    public PaeProblem(
            PaeConfiguration configuration, int rows, int features, double dataScale, StepRates rates, boolean sparse) {
        this(configuration, rows, features, dataScale, dataScale, rates, sparse, null, Weights.NONE);
    }

    /** The same of rows with covariates; null if they have none. */
    public PaeProblem withCovariates(CodedCovariates newCovariates) {
        return new PaeProblem(
                configuration,
                rows,
                features,
                dataScale,
                inputScale,
                rates,
                sparse,
                mask,
                weights,
                part,
                newCovariates);
    }

    /** How many entries of a row are observed, on average, each as often as its feature counts. */
    public double entriesOfRow() {
        return mask == null ? weights.totalOfFeatures(features) : (double) mask.observed() / rows;
    }

    /** What a row counts on average: Σa/n, by which the rows of a mini-batch stand for all. */
    public double meanRowWeight() {
        return part == null ? weights.totalOfRows(rows) / rows : part.meanRowWeight;
    }

    /** r. */
    public int rank() {
        return configuration.rank();
    }

    /** Most rows of a step: those of a mini-batch, or all. */
    public int batchRows() {
        return configuration.batchRows() == 0 ? rows : Math.min(rows, configuration.batchRows());
    }

    /** Units of the first layer of the encoder. */
    public int firstUnits() {
        return PaeParameters.firstUnits(rank(), configuration.hidden());
    }

    /** What the stages need to know: W is [Wλ | Wk | Wf], and S = [dAλ | dAk | H], or with hidden layers [W₁ | Wf] and [dA₁ | H]. */
    public Shape shape() {
        int columns = firstUnits() + rank();
        return new Shape(rows, features, rank(), columns, batchRows(), dataScale, sparse || configuration.isPoisson());
    }

    /** Whether a step takes fewer rows than there are, and so rows in an order of their own. */
    public boolean hasMiniBatches() {
        return batchRows() < rows;
    }

    /**
     * What V·W is multiplied with to give the encoder's output for x = v/√(mean‖v‖²):
     * mean‖v‖² = m · inputScale², or Σb · inputScale² where features have weights.
     */
    public float encoderScale() {
        return (float) (1 / (inputScale * Math.sqrt(weights.totalOfFeatures(features))));
    }
}
