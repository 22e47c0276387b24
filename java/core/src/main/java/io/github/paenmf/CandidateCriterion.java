package io.github.paenmf;

import io.github.paenmf.RankSelection.Candidate;

/** By what a rank is chosen, where a fit is a candidate by itself. */
interface CandidateCriterion extends RankCriterion<Candidate> {

    @Override
    default int rank(Candidate fit) {
        return fit.rank();
    }

    @Override
    default double[] numbers(Candidate fit) {
        return fit.numbers();
    }

    @Override
    default Candidate ofNumbers(double[] numbers) {
        return Candidate.of(numbers);
    }

    @Override
    default int mostNumbers() {
        return Candidate.NUMBERS;
    }
}
