package io.github.paenmf;

import io.github.paenmf.RankSelection.Candidate;
import java.util.List;
import java.util.function.Supplier;

/**
 * By what a rank is chosen.
 *
 * @param <F> what is kept of a fit
 */
interface RankCriterion<F> {

    /**
     * Fits, as many of each rank as there are restarts, in the order in which they should begin; each is on the thread that
     * calls it.
     */
    List<Supplier<F>> fits();

    /** What is kept of a fit, in numbers, for a checkpoint. */
    double[] numbers(F fit);

    /** What is kept of a fit, to the bit. */
    F ofNumbers(double[] numbers);

    /** How many numbers there may be. */
    int mostNumbers();

    /** The rank of a fit. */
    int rank(F fit);

    /** What the fits of one rank come to. */
    Candidate combine(List<F> fits);

    /**
     * The rank to choose.
     *
     * @param candidates one per rank, ascending
     */
    int choose(List<Candidate> candidates);
}
