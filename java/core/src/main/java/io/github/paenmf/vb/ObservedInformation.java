package io.github.paenmf.vb;

import io.github.paenmf.data.Mask;

/**
 * The information that the observed entries of a row have of its coefficients, given the other factor X:
 * Lᵢ = Σ E[x·xᵀ]/σ² over these. Where fewer are missing, it is that of all entries less theirs: O(min · r²).
 */
final class ObservedInformation {

    private final Mask mask;
    private final double[] gram;
    private final double[] means;
    private final double[] variances;
    private final int rank;
    private final double noiseVariance;

    /**
     * @param mask of the rows; its columns are the rows of X
     * @param gram E[XᵀX], r × r
     * @param means of X, row-major, r values per row; likewise {@code variances}
     * @param noiseVariance σ²
     */
    ObservedInformation(Mask mask, double[] gram, double[] means, double[] variances, int rank, double noiseVariance) {
        Require.length("the Gram matrix", gram, (long) rank * rank);
        Require.length("the means", means, (long) mask.columns() * rank);
        Require.length("the variances", variances, means.length);
        Require.positive("the noise variance", noiseVariance);
        this.mask = mask;
        this.gram = gram;
        this.means = means;
        this.variances = variances;
        this.rank = rank;
        this.noiseVariance = noiseVariance;
    }

    int rank() {
        return rank;
    }

    /** How many entries a row has. */
    int entries() {
        return mask.columns();
    }

    /** How many entries of a row are observed. */
    int observed(int row) {
        return mask.columns() - mask.missing(row);
    }

    /**
     * Writes that of a row, r × r.
     *
     * @param entries room for as many as there are
     */
    void of(int row, int[] entries, double[] target) {
        boolean byObserved = 2L * mask.missing(row) > mask.columns();
        int count =
                byObserved == mask.listsObserved() ? mask.copyListed(row, entries) : mask.copyUnlisted(row, entries);
        double sign = byObserved ? 1 : -1;
        for (int i = 0; i < target.length; i++) {
            target[i] = byObserved ? 0 : gram[i];
        }
        for (int l = 0; l < count; l++) {
            int at = entries[l] * rank;
            for (int j = 0; j < rank; j++) {
                Dense.axpy(sign * means[at + j], means, at, target, j * rank, rank);
                target[j * rank + j] += sign * variances[at + j];
            }
        }
        for (int i = 0; i < target.length; i++) {
            target[i] /= noiseVariance;
        }
    }
}
