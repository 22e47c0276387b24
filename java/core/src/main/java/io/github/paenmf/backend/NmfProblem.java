package io.github.paenmf.backend;

import io.github.paenmf.data.Mask;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;

/**
 * What a solver of standard NMF needs to know before it sees data.
 *
 * @param algorithm how the factors change
 * @param rows n of the data
 * @param features m
 * @param rank r
 * @param dataScale root mean square of the data, by which a step divides; 1 for the Kullback-Leibler divergence
 * @param sparse whether the data are a {@link io.github.paenmf.data.SparseSource}; the Kullback-Leibler divergence takes
 *     either by their nonzeros
 * @param mask which entries of the data are missing, or null if none is
 * @param ofCoefficients penalty of H; none for the Kullback-Leibler divergence
 * @param ofBasis of W, likewise
 * @param beta which β divergence is least, as {@link io.github.paenmf.model.NmfConfiguration} has it
 * @param fixedComponents how many components, the first ones, keep their columns of W; 0 to r
 * @param batchRows most rows of a step: those of a mini-batch, or n
 * @param forgetFactor how much the rows of an epoch ago count in means over mini-batches
 * @param goesOn whether the first parameters have sums over rows that were seen before
 */
public record NmfProblem(
        NmfAlgorithm algorithm,
        int rows,
        int features,
        int rank,
        double dataScale,
        boolean sparse,
        Mask mask,
        FactorPenalty ofCoefficients,
        FactorPenalty ofBasis,
        double beta,
        int fixedComponents,
        int batchRows,
        double forgetFactor,
        boolean goesOn) {

    /** Over rows of a mini-batch, whose coefficients are those of an epoch ago. */
    private static final int UPDATES_OF_BATCH = 3;

    /** Of the divergence that the algorithm has unless another is asked for, whose W changes as a whole. */
    public NmfProblem(
            NmfAlgorithm algorithm,
            int rows,
            int features,
            int rank,
            double dataScale,
            boolean sparse,
            Mask mask,
            FactorPenalty ofCoefficients,
            FactorPenalty ofBasis) {
        this(
                algorithm,
                rows,
                features,
                rank,
                dataScale,
                sparse,
                mask,
                ofCoefficients,
                ofBasis,
                NmfConfiguration.usualBeta(algorithm),
                0,
                rows,
                NmfConfiguration.USUAL_FORGET_FACTOR,
                false);
    }

    /** Without penalties. */
    public NmfProblem(
            NmfAlgorithm algorithm, int rows, int features, int rank, double dataScale, boolean sparse, Mask mask) {
        this(algorithm, rows, features, rank, dataScale, sparse, mask, FactorPenalty.NONE, FactorPenalty.NONE);
    }

    /** Of dense data. */
    public NmfProblem(NmfAlgorithm algorithm, int rows, int features, int rank, double dataScale) {
        this(algorithm, rows, features, rank, dataScale, false);
    }

    /** Of data of which nothing is missing. */
    public NmfProblem(NmfAlgorithm algorithm, int rows, int features, int rank, double dataScale, boolean sparse) {
        this(algorithm, rows, features, rank, dataScale, sparse, null);
    }

    /** Whether a step takes fewer rows than there are. */
    public boolean hasMiniBatches() {
        return batchRows < rows;
    }

    /** Whether W is made of sums over other rows beside those of a step: the parameters then have them. */
    public boolean hasSums() {
        return hasMiniBatches() || goesOn;
    }

    /** How often a step of the squared error updates the coefficients of its rows, which takes no more of the data. */
    public int updatesOfRows() {
        return hasMiniBatches() ? UPDATES_OF_BATCH : 1;
    }

    /** Whether either factor has a penalty. */
    public boolean isPenalised() {
        return !ofCoefficients.isNone() || !ofBasis.isNone();
    }

    /** Whether the updates are those of another β divergence than the algorithm has of itself. */
    public boolean hasOtherBeta() {
        return beta != NmfConfiguration.usualBeta(algorithm);
    }

    /**
     * What the stages need to know: W is the decoder and S is H. Of another β divergence P
     * and Q have numerators and denominators.
     */
    public Shape shape() {
        if (hasOtherBeta()) {
            return new Shape(rows, features, rank, Math.multiplyExact(2, rank), batchRows, dataScale, false);
        }
        return new Shape(rows, features, rank, rank, batchRows, dataScale, sparse || algorithm == NmfAlgorithm.KL);
    }
}
