package io.github.paenmf;

import io.github.paenmf.RankSelection.Candidate;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.History;
import io.github.paenmf.model.IntervalMethod;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Fits of variational NMF that a rank is chosen by, each with its evidence lower bound (ELBO). */
final class VariationalFits {

    /**
     * Nats by which the ELBO must rise for a higher rank to be better, odds of e¹⁰ = 22 000 to one: fits of one rank differ by
     * some nats with their starts, and a component that is not needed costs next to nothing.
     */
    static final double NATS = 10;

    static final Comparator<Candidate> BY_ELBO = Comparator.comparingDouble(Candidate::elbo);

    private final RankFits fits;
    private final RowSource data;

    VariationalFits(RankFits fits) {
        this.fits = fits;
        this.data = IncompleteData.of(fits.data(), fits.missing());
    }

    /**
     * A fit.
     *
     * @param coefficients means of H, n × r
     * @param basis means of W, m × r
     * @param elbo in nats, of all the data
     * @param sigma σ in units of the data's root mean square; NaN with a Poisson likelihood
     */
    record Fitted(Matrix coefficients, Matrix basis, double elbo, double sigma) {

        /** ‖hⱼ‖‖wⱼ‖ of each component, r. */
        double[] norms() {
            return IntStream.range(0, basis.columns())
                    .mapToDouble(j -> Math.sqrt(product(coefficients, j, j) * product(basis, j, j)))
                    .toArray();
        }
    }

    RowSource data() {
        return data;
    }

    /**
     * Fits a rank.
     *
     * @param basis to start from, m × rank, or null
     */
    Fitted fit(int rank, int restart, Matrix basis) {
        VariationalNmf.Builder builder = VariationalNmf.builder()
                .rank(rank)
                .seed(fits.seed() + restart)
                .epochs(fits.epochs())
                .likelihood(fits.likelihood())
                .intervals(IntervalMethod.MEAN_FIELD)
                .missing(fits.missing() != Missing.NONE)
                .backend(Backends.Choice.CPU)
                .threads(1);
        if (basis != null) {
            builder.initialBasis(basis);
        }
        VariationalModel model = builder.build().fit(data);
        History history = model.history();
        int last = history.epochs() - 1;
        double elbo = -data.rows() * (history.reconstruction()[last] + history.kl()[last]);
        return new Fitted(model.transform(data).mean(), model.basis(), elbo, model.sigma());
    }

    /** The norm that noise alone may have; of counts, whose variance is their mean, without a component. */
    double noise(Fitted fit) {
        if (Double.isNaN(fit.sigma())) {
            return 0;
        }
        double rootMeanSquare = DescriptionLength.norm(data) / Math.sqrt(DescriptionLength.observed(data));
        int n = data.rows();
        int m = data.columns();
        return fit.sigma() * rootMeanSquare * (Math.sqrt(n) + Math.sqrt(m));
    }

    Candidate candidate(Fitted fit) {
        return Candidate.ofEvidence(
                fit.basis.columns(), fit.elbo, DescriptionLength.relativeError(data, fit.coefficients, fit.basis));
    }

    /** Σ of the products of two columns. */
    static double product(Matrix factor, int a, int b) {
        double sum = 0;
        for (int i = 0; i < factor.rows(); i++) {
            sum += (double) factor.get(i, a) * factor.get(i, b);
        }
        return sum;
    }
}
