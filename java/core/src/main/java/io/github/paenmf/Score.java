package io.github.paenmf;

import java.util.List;

/**
 * How well a model explains data.
 *
 * @param relativeErrorMedian ‖V − V̂‖/‖V‖ (Frobenius), V̂ decoded from the latents' medians
 * @param relativeErrorMean likewise from their means
 * @param relativeErrorSampled likewise from samples, averaged over draws
 * @param reconstructionPerSample ‖v − v̂‖²/(2σ²) per sample, v̂ from latent samples, averaged over draws
 * @param klPerSample KL(latents ‖ prior) per sample, in nats
 * @param objective what training minimises: the sum of both, or the first alone where KL is off; an
 *     upper bound, up to a constant, of −ln p(v) (negative ELBO)
 * @param hoyerSparsity sparsity of the columns of Wf after Hoyer 2004, averaged: 0 even, 1 a single
 *     entry
 * @param deadComponents components, from 0, that take no part in any reconstruction
 */
public record Score(
        double relativeErrorMedian,
        double relativeErrorMean,
        double relativeErrorSampled,
        double reconstructionPerSample,
        double klPerSample,
        double objective,
        double hoyerSparsity,
        List<Integer> deadComponents) {}
