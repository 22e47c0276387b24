package io.github.paenmf;

import io.github.paenmf.RankSelection.Candidate;
import io.github.paenmf.VariationalFits.Fitted;
import io.github.paenmf.data.Matrix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How many components the data ask for, from one fit of the greatest rank (automatic relevance determination, ARD). Each
 * component of variational NMF has priors of its own, whose means and inclusion are learned: those of a component that is not
 * needed shrink until it is gone. It goes out where its norm ‖hⱼ‖‖wⱼ‖ is below σ(√n + √m), to which the greatest singular
 * value of noise of standard deviation σ tends (Marchenko and Pastur 1967).
 *
 * <p>Where there is little noise, a part is rather split in two, a local maximum of the ELBO. So one component goes after the
 * other, the weakest or one of the two closest in W or in H, whichever leaves the greatest ELBO after a fit from the rest, as
 * long as that is no less than {@link VariationalFits#NATS} below the greatest so far.
 */
final class RelevantComponents implements CandidateCriterion {

    private final RankFits fits;
    private final VariationalFits variational;

    RelevantComponents(RankFits fits) {
        this.fits = fits;
        this.variational = new VariationalFits(fits);
    }

    @Override
    public List<Supplier<Candidate>> fits() {
        return IntStream.range(0, fits.restarts())
                .<Supplier<Candidate>>mapToObj(restart -> () -> variational.candidate(eliminate(restart)))
                .toList();
    }

    private Fitted eliminate(int restart) {
        Fitted fit = variational.fit(fits.max(), restart, null);
        double best = fit.elbo();
        while (fit.basis().columns() > fits.min()) {
            Fitted smaller = smaller(fit, restart);
            if (smaller.elbo() < best - VariationalFits.NATS) {
                return fit;
            }
            fit = smaller;
            best = Math.max(best, fit.elbo());
        }
        return fit;
    }

    /** The best fit with fewer components that starts from the others. */
    private Fitted smaller(Fitted fit, int restart) {
        int r = fit.basis().columns();
        double[] norms = fit.norms();
        double noise = variational.noise(fit);
        List<Integer> relevant =
                IntStream.range(0, r).boxed().filter(j -> norms[j] > noise).toList();
        if (relevant.size() < r) {
            int count = Math.max(fits.min(), relevant.size());
            return variational.fit(count, restart, columns(fit.basis(), strongest(norms, count)));
        }
        return Stream.of(
                        columns(fit.basis(), strongest(norms, r - 1)),
                        merged(fit.basis(), fit.basis()),
                        merged(fit.basis(), fit.coefficients()))
                .map(start -> variational.fit(r - 1, restart, start))
                .max(Comparator.comparingDouble(Fitted::elbo))
                .orElseThrow();
    }

    private static List<Integer> strongest(double[] norms, int count) {
        return IntStream.range(0, norms.length)
                .boxed()
                .sorted(Comparator.comparingDouble(j -> -norms[j]))
                .limit(count)
                .toList();
    }

    private static Matrix columns(Matrix factor, List<Integer> columns) {
        float[][] rows = factor.toRows();
        for (int i = 0; i < rows.length; i++) {
            float[] row = rows[i];
            float[] kept = new float[columns.size()];
            for (int j = 0; j < kept.length; j++) {
                kept[j] = row[columns.get(j)];
            }
            rows[i] = kept;
        }
        return Matrix.of(rows);
    }

    /**
     * W with the sum of two components in place of both.
     *
     * @param factor of which those are the closest by their cosine
     */
    private static Matrix merged(Matrix basis, Matrix factor) {
        int r = basis.columns();
        int first = 0;
        int second = 1;
        double closest = Double.NEGATIVE_INFINITY;
        for (int a = 0; a < r; a++) {
            for (int b = a + 1; b < r; b++) {
                double cosine = VariationalFits.product(factor, a, b)
                        / Math.sqrt(VariationalFits.product(factor, a, a) * VariationalFits.product(factor, b, b));
                if (cosine > closest) {
                    closest = cosine;
                    first = a;
                    second = b;
                }
            }
        }
        List<Integer> others = new ArrayList<>(IntStream.range(0, r).boxed().toList());
        others.remove(second);
        Matrix merged = columns(basis, others);
        for (int f = 0; f < merged.rows(); f++) {
            merged.storage(f)[merged.offset(f) + first] += basis.get(f, second);
        }
        return merged;
    }

    @Override
    public Candidate combine(List<Candidate> ofRank) {
        return ofRank.stream().max(VariationalFits.BY_ELBO).orElseThrow();
    }

    @Override
    public int choose(List<Candidate> candidates) {
        return combine(candidates).rank();
    }
}
