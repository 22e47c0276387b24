package io.github.paenmf;

import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Likelihood;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;

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

    /** One fit of a rank. */
    @FunctionalInterface
    interface Fit {
        RankSelection.Candidate of(int rank, int restart);
    }

    /** All fits by rank, the greatest first: they take longest, so that threads end together. */
    List<Callable<RankSelection.Candidate>> byRank(Fit fit) {
        return tasks(max - min + 1, restarts, (i, restart) -> fit.of(max - i, restart));
    }

    /** All fits by restart, the greatest rank first in each. */
    List<Callable<RankSelection.Candidate>> byRestart(Fit fit) {
        return tasks(restarts, max - min + 1, (restart, i) -> fit.of(max - i, restart));
    }

    private static List<Callable<RankSelection.Candidate>> tasks(int outer, int inner, Fit fit) {
        List<Callable<RankSelection.Candidate>> tasks = new ArrayList<>();
        for (int i = 0; i < outer; i++) {
            int outerIndex = i;
            IntFunction<Callable<RankSelection.Candidate>> task = j -> () -> fit.of(outerIndex, j);
            for (int j = 0; j < inner; j++) {
                tasks.add(task.apply(j));
            }
        }
        return tasks;
    }
}
