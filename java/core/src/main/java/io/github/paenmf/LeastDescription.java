package io.github.paenmf;

import io.github.paenmf.RankSelection.Candidate;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/** The rank with the least {@linkplain DescriptionLength description length} by standard NMF. */
final class LeastDescription implements CandidateCriterion {

    private static final Comparator<Candidate> BY_LENGTH =
            Comparator.comparingDouble(candidate -> candidate.length().total());

    private final RankFits fits;
    private final RowSource data;
    private final double resolution;

    /**
     * @param resolution step between values that the data can take; 0 for that which they have
     */
    LeastDescription(RankFits fits, double resolution) {
        this.fits = fits;
        this.data = IncompleteData.of(fits.data(), fits.missing()).requireNonNegative();
        this.resolution = resolution > 0 ? resolution : resolution(data);
    }

    @Override
    public List<Supplier<Candidate>> fits() {
        return fits.byRank(this::fit);
    }

    private Candidate fit(int rank, int restart) {
        NmfInit init = restart == 0 ? NmfInit.NNDSVD : NmfInit.RANDOM;
        NmfModel model = fits.nmf(data, NmfAlgorithm.HALS, init, rank, restart);
        Matrix h = model.trainingCoefficients().orElseThrow();
        Matrix w = model.basis();
        return Candidate.ofDescription(
                rank, DescriptionLength.of(data, h, w, resolution), DescriptionLength.relativeError(data, h, w));
    }

    @Override
    public Candidate combine(List<Candidate> ofRank) {
        return ofRank.stream().min(BY_LENGTH).orElseThrow();
    }

    @Override
    public int choose(List<Candidate> candidates) {
        return candidates.stream().min(BY_LENGTH).orElseThrow().rank();
    }

    /**
     * 1 where all that is observed is whole, else the gap between a value of the size of the data's root mean square and the
     * next.
     */
    private static double resolution(RowSource data) {
        int[] columns = new int[data.columns()];
        float[] values = new float[columns.length];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, columns.length, columns, values);
            for (int l = 0; l < count; l++) {
                if (values[l] != Math.rint(values[l])) {
                    double observed = DescriptionLength.observed(data);
                    return Math.ulp((float) (DescriptionLength.norm(data) / Math.sqrt(observed)));
                }
            }
        }
        return 1;
    }
}
