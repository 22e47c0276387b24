package io.github.paenmf;

import io.github.paenmf.RankSelection.Candidate;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/** The least rank whose error at hidden entries is within one standard error of the least. */
final class LeastHeldOutError implements CandidateCriterion {

    private final RankFits fits;
    private final CrossValidation validation;

    LeastHeldOutError(RankFits fits) {
        this.fits = fits;
        this.validation = new CrossValidation(
                fits.data(), fits.missing(), fits.seed(), fits.epochs(), fits.restarts(), fits.max() - fits.min() + 1);
    }

    /** Pattern by pattern, so that few of them are held at a time. */
    @Override
    public List<Supplier<Candidate>> fits() {
        return fits.byRestart((rank, pattern) -> Candidate.ofHeldOut(rank, validation.relativeError(rank, pattern), 0));
    }

    @Override
    public Candidate combine(List<Candidate> ofRank) {
        double[] errors = ofRank.stream().mapToDouble(Candidate::error).toArray();
        double mean = Arrays.stream(errors).average().orElseThrow();
        double squares = Arrays.stream(errors)
                .map(error -> (error - mean) * (error - mean))
                .sum();
        int n = errors.length;
        return Candidate.ofHeldOut(ofRank.get(0).rank(), mean, n == 1 ? 0 : Math.sqrt(squares / (n - 1) / n));
    }

    @Override
    public int choose(List<Candidate> candidates) {
        Candidate best = candidates.stream()
                .min(Comparator.comparingDouble(Candidate::error))
                .orElseThrow();
        return candidates.stream()
                .filter(candidate -> candidate.error() <= best.error() + best.standardError())
                .findFirst()
                .orElseThrow()
                .rank();
    }
}
