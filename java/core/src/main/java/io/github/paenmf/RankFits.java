package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * What the fits that a rank is chosen by have in common.
 *
 * @param data n × m, where missing values may be marked or not
 * @param missing which values are missing
 * @param likelihood of variational NMF
 * @param min the least rank
 * @param max the greatest rank
 * @param restarts fits of each rank
 */
record RankFits(
        RowSource data, Missing missing, Likelihood likelihood, int min, int max, int restarts, int epochs, long seed) {

    /**
     * One fit of a rank.
     *
     * @param <F> what is kept of it
     */
    @FunctionalInterface
    interface Fit<F> {
        F of(int rank, int restart);
    }

    /** All fits by rank, the greatest first: they take longest, so that threads end together. */
    <F> List<Supplier<F>> byRank(Fit<F> fit) {
        return tasks(max - min + 1, restarts, (i, restart) -> fit.of(max - i, restart));
    }

    /** All fits by restart, the greatest rank first in each. */
    <F> List<Supplier<F>> byRestart(Fit<F> fit) {
        return tasks(restarts, max - min + 1, (restart, i) -> fit.of(max - i, restart));
    }

    private static <F> List<Supplier<F>> tasks(int outer, int inner, Fit<F> fit) {
        List<Supplier<F>> tasks = new ArrayList<>();
        for (int i = 0; i < outer; i++) {
            int outerIndex = i;
            IntFunction<Supplier<F>> task = j -> () -> fit.of(outerIndex, j);
            for (int j = 0; j < inner; j++) {
                tasks.add(task.apply(j));
            }
        }
        return tasks;
    }

    /**
     * A fit of standard NMF on one thread.
     *
     * @param marked the data, whose missing values are marked
     */
    NmfModel nmf(RowSource marked, NmfAlgorithm algorithm, NmfInit init, int rank, int restart) {
        return Nmf.builder()
                .rank(rank)
                .algorithm(algorithm)
                .init(init)
                .seed(seed + restart)
                .epochs(epochs)
                .missing(missing != Missing.NONE)
                .backend(Backends.Choice.CPU)
                .threads(1)
                .build()
                .fit(marked);
    }
}
