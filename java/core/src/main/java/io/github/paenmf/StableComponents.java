package io.github.paenmf;

import io.github.paenmf.RankSelection.Candidate;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.ComponentMatching;
import io.github.paenmf.model.History;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Silhouettes;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/**
 * The greatest rank at which the components of a fit come out again from other seeds: with a mean of their {@linkplain
 * Silhouettes silhouettes} of at least 0.8, and of none below 0.2, as SigProfilerExtractor asks for
 * (Islam et al. 2022, Uncovering novel mutational signatures by de novo extraction with SigProfilerExtractor, Cell Genomics
 * 2). Components are matched with those of the best fit.
 */
final class StableComponents implements RankCriterion<StableComponents.Fit> {

    /** Numbers of a fit beside its basis. */
    private static final int SCALARS = 4;

    private final RankFits fits;
    private final Algorithm algorithm;

    /**
     * @param algorithm of the fits, variational or standard NMF
     */
    StableComponents(RankFits fits, Algorithm algorithm) {
        this.fits = fits;
        this.algorithm = algorithm;
    }

    /**
     * What is kept of a fit.
     *
     * @param basis m × r
     * @param objective which the best fit has the least of
     * @param error the relative error
     * @param elbo in nats; NaN of standard NMF
     */
    record Fit(Matrix basis, double objective, double error, double elbo) {}

    @Override
    public List<Supplier<Fit>> fits() {
        if (algorithm == Algorithm.VB) {
            VariationalFits variational = new VariationalFits(fits);
            return fits.byRank((rank, restart) -> variational(variational, rank, restart));
        }
        RowSource data = IncompleteData.of(fits.data(), fits.missing()).requireNonNegative();
        NmfAlgorithm standard = NmfAlgorithm.of(algorithm);
        return fits.byRank((rank, restart) -> standard(data, standard, rank, restart));
    }

    private Fit standard(RowSource data, NmfAlgorithm standard, int rank, int restart) {
        NmfModel model = fits.nmf(data, standard, NmfInit.RANDOM, rank, restart);
        History history = model.history();
        Matrix h = model.trainingCoefficients().orElseThrow();
        return new Fit(
                model.basis(),
                history.reconstruction()[history.epochs() - 1],
                DescriptionLength.relativeError(data, h, model.basis()),
                Double.NaN);
    }

    /** A component that is gone has no shape: what its prior leaves of it is the same from any seed. */
    private static Fit variational(VariationalFits variational, int rank, int restart) {
        VariationalFits.Fitted fit = variational.fit(rank, restart, null);
        Candidate candidate = variational.candidate(fit);
        Matrix basis = fit.basis().copy();
        double[] norms = fit.norms();
        double noise = variational.noise(fit);
        for (int j = 0; j < rank; j++) {
            for (int f = 0; norms[j] <= noise && f < basis.rows(); f++) {
                basis.storage(f)[basis.offset(f) + j] = 0;
            }
        }
        return new Fit(basis, -candidate.elbo(), candidate.error(), candidate.elbo());
    }

    @Override
    public double[] numbers(Fit fit) {
        int r = rank(fit);
        double[] numbers = new double[SCALARS + fit.basis.rows() * r];
        numbers[0] = r;
        numbers[1] = fit.objective;
        numbers[2] = fit.error;
        numbers[3] = fit.elbo;
        for (int f = 0; f < fit.basis.rows(); f++) {
            for (int j = 0; j < r; j++) {
                numbers[SCALARS + f * r + j] = fit.basis.get(f, j);
            }
        }
        return numbers;
    }

    @Override
    public Fit ofNumbers(double[] numbers) {
        int r = (int) numbers[0];
        int features = fits.data().columns();
        Matrix basis = Matrix.zeros(features, r);
        for (int f = 0; f < features; f++) {
            for (int j = 0; j < r; j++) {
                basis.storage(f)[basis.offset(f) + j] = (float) numbers[SCALARS + f * r + j];
            }
        }
        return new Fit(basis, numbers[1], numbers[2], numbers[3]);
    }

    @Override
    public int mostNumbers() {
        return (int) Math.min(Integer.MAX_VALUE, SCALARS + (long) fits.data().columns() * fits.max());
    }

    @Override
    public int rank(Fit fit) {
        return fit.basis.columns();
    }

    @Override
    public Candidate combine(List<Fit> ofRank) {
        Fit best =
                ofRank.stream().min(Comparator.comparingDouble(Fit::objective)).orElseThrow();
        List<Matrix> bases = ofRank.stream().map(Fit::basis).toList();
        Silhouettes silhouettes = Silhouettes.of(
                bases,
                bases.stream()
                        .map(basis -> ComponentMatching.of(best.basis, basis))
                        .toList());
        return Candidate.ofStability(rank(best), silhouettes, best.error, best.elbo);
    }

    /** Where none is stable, the most stable one. */
    @Override
    public int choose(List<Candidate> candidates) {
        return candidates.stream()
                .filter(Candidate::isStable)
                .max(Comparator.comparingInt(Candidate::rank))
                .or(() -> candidates.stream().max(Comparator.comparingDouble(Candidate::silhouette)))
                .orElseThrow()
                .rank();
    }
}
