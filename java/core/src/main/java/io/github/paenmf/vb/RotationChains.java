package io.github.paenmf.vb;

import java.util.ArrayList;
import java.util.List;

/**
 * Chains of Hamiltonian Monte Carlo of the rotation, each with noise of its own and on one thread; how many there are does
 * not depend on the threads. They share a metric, which is made anew after each stage of the warm-up from the mean
 * information where they went, or, where there are few numbers, from their covariance too. What is kept are some of their
 * trajectories' ends, chain after chain.
 */
final class RotationChains {

    private static final int CHAINS = 2;
    private static final int STAGES = 2;

    /** Stages where there are fewer numbers than steps in a stage, so that their covariance says something. */
    private static final int STAGES_OF_FEW = 3;

    private static final int WARM_UP = 64;
    private static final int LAST_WARM_UP = 48;

    /** The information is taken at every so many places of a chain's stage. */
    private static final int EVERY = 12;

    /** Trajectories for each that is kept. */
    private static final int THINNING = 2;

    private final RotationTarget target;
    private final Parallel parallel;
    private final HamiltonianSampler[] chains = new HamiltonianSampler[CHAINS];
    private final int d;
    private double[][][] kept;

    RotationChains(RotationTarget target, RotationMetric metric, long seed, Parallel parallel) {
        this.target = target.widened(1);
        this.parallel = parallel;
        d = metric.centre().length;
        for (int c = 0; c < CHAINS; c++) {
            chains[c] = new HamiltonianSampler(this.target, metric, seed, c);
        }
    }

    /** Draws of M, each r × r. */
    double[][] run(int count) {
        boolean few = d <= WARM_UP;
        for (int stage = 0; stage < (few ? STAGES_OF_FEW : STAGES); stage++) {
            List<List<double[]>> visited = warmUp();
            RotationMetric next = few && stage > 0 ? blended(visited) : averaged(visited);
            parallel.run(CHAINS, c -> chains[c].restart(next));
        }
        kept = new double[CHAINS][][];
        parallel.run(CHAINS, c -> {
            chains[c].settle(LAST_WARM_UP);
            int share = count / CHAINS + (c < count % CHAINS ? 1 : 0);
            kept[c] = chains[c].draw(share, THINNING);
        });
        double[][] draws = new double[count][];
        int k = 0;
        for (double[][] chain : kept) {
            for (double[] draw : chain) {
                draws[k++] = draw;
            }
        }
        return draws;
    }

    /** Where a stage of the warm-up went, chain by chain. */
    private List<List<double[]>> warmUp() {
        List<List<double[]>> visited = new ArrayList<>();
        for (int c = 0; c < CHAINS; c++) {
            visited.add(new ArrayList<>());
        }
        parallel.run(CHAINS, c -> {
            for (int i = 0; i < WARM_UP; i++) {
                chains[c].adapt(i);
                visited.get(c).add(chains[c].position());
            }
        });
        return visited;
    }

    private RotationMetric averaged(List<List<double[]>> visited) {
        List<double[]> some = new ArrayList<>();
        for (List<double[]> chain : visited) {
            for (int i = EVERY - 1; i < chain.size(); i += EVERY) {
                some.add(chain.get(i));
            }
        }
        return RotationMetric.average(target, chains[0].position(), some);
    }

    private RotationMetric blended(List<List<double[]>> visited) {
        List<double[]> all = new ArrayList<>();
        visited.forEach(all::addAll);
        return chains[0].metric().blended(chains[0].position(), all);
    }

    /** Effective sizes of the elements of M over all that was kept, ascending. */
    double[] effectiveSizes() {
        return EffectiveSize.of(kept);
    }

    /** Mean probability of acceptance after the warm-up. */
    double acceptance() {
        double sum = 0;
        for (HamiltonianSampler chain : chains) {
            sum += chain.acceptance() / CHAINS;
        }
        return sum;
    }
}
