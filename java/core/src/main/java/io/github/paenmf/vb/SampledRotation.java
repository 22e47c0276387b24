package io.github.paenmf.vb;

/**
 * Draws of the rotation by Hamiltonian Monte Carlo, and what they are worth.
 *
 * @param draws the draws
 * @param leastEffectiveSize least effective sample size of the elements of M over all chains; below 100, intervals are
 *     uncertain
 * @param medianEffectiveSize median of them
 * @param acceptance mean probability of acceptance
 */
public record SampledRotation(
        RotationDraws draws, double leastEffectiveSize, double medianEffectiveSize, double acceptance) {}
