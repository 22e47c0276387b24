package io.github.paenmf.backend;

import java.util.Arrays;
import java.util.List;

/**
 * What the row stage of PAE-NMF adds up, as it lies in {@link Sums#ofRows}: [Σ dA | Σ dU | Σ dWx | Σ dB | Σ KL | ⟨H, C⟩], and
 * with a Poisson likelihood [Σ dA | Σ h | Σ dU | Σ dWx | Σ dB | Σ KL | −Σ v ln v̂]. dA are the gradients of the biases
 * of the encoder's first layer, which without hidden layers are [dAλ | dAk], dU those of the layers after it, of each the weights
 * and then the biases, and dWx and dB those of the weights of covariates in the first layer, columns × units, and of their
 * effects, r × columns.
 */
public final class PaeSums {

    private PaeSums() {}

    /** How many numbers without hidden layers. */
    public static int count(int rank) {
        return 2 * rank + 2;
    }

    /** How many numbers. */
    public static int count(PaeProblem problem) {
        return ofCovariates(problem) + covariates(problem) + 2;
    }

    /** Where the gradients of the layers after the first one begin. */
    public static int ofLayers(PaeProblem problem) {
        return problem.firstUnits() + (problem.configuration().isPoisson() ? problem.rank() : 0);
    }

    /** Where the gradients of what covariates have begin. */
    public static int ofCovariates(PaeProblem problem) {
        return ofLayers(problem) + layers(problem);
    }

    /** How many parameters covariates have. */
    public static int covariates(PaeProblem problem) {
        return problem.covariates() == null
                ? 0
                : Math.multiplyExact(problem.covariates().columns(), problem.firstUnits() + problem.rank());
    }

    /** How many parameters the layers after the first one have. */
    public static int layers(PaeProblem problem) {
        int count = 0;
        int inputs = problem.firstUnits();
        List<Integer> hidden = problem.configuration().hidden();
        for (int l = 1; l <= hidden.size(); l++) {
            int outputs = l < hidden.size() ? hidden.get(l) : 2 * problem.rank();
            count = Math.addExact(count, Math.multiplyExact(outputs, inputs + 1));
            inputs = outputs;
        }
        return count;
    }

    /**
     * Σ h of a component, with a Poisson likelihood.
     *
     * @param firstUnits of the encoder's first layer
     */
    public static double coefficients(Sums sums, int firstUnits, int component) {
        return sums.ofRows()[firstUnits + component];
    }

    /** All but the last two: without hidden layers the gradients of [bλ | bk], 2r; a copy. */
    public static double[] biasGradients(Sums sums) {
        return Arrays.copyOf(sums.ofRows(), sums.ofRows().length - 2);
    }

    /** Σ KL in nats. */
    public static double kl(Sums sums) {
        return sums.ofRows()[sums.ofRows().length - 2];
    }

    /** ⟨H, C⟩ with C = V·Wf, in units of the scaled data; −Σ v ln v̂ with a Poisson likelihood. */
    public static double hc(Sums sums) {
        return sums.ofRows()[sums.ofRows().length - 1];
    }
}
