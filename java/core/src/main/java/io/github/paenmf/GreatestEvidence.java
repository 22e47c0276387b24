package io.github.paenmf;

import io.github.paenmf.RankSelection.Candidate;
import java.util.List;
import java.util.function.Supplier;

/** The least rank whose ELBO by variational NMF is within {@link VariationalFits#NATS} of the greatest. */
final class GreatestEvidence implements CandidateCriterion {

    private final RankFits fits;
    private final VariationalFits variational;

    GreatestEvidence(RankFits fits) {
        this.fits = fits;
        this.variational = new VariationalFits(fits);
    }

    @Override
    public List<Supplier<Candidate>> fits() {
        return fits.byRank((rank, restart) -> variational.candidate(variational.fit(rank, restart, null)));
    }

    @Override
    public Candidate combine(List<Candidate> ofRank) {
        return ofRank.stream().max(VariationalFits.BY_ELBO).orElseThrow();
    }

    @Override
    public int choose(List<Candidate> candidates) {
        double best = combine(candidates).elbo();
        return candidates.stream()
                .filter(candidate -> candidate.elbo() >= best - VariationalFits.NATS)
                .findFirst()
                .orElseThrow()
                .rank();
    }
}
