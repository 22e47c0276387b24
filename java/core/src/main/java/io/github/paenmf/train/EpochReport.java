package io.github.paenmf.train;

/**
 * Where a fit stands after an epoch.
 *
 * @param epoch number of this epoch, from 1
 * @param epochs most epochs that will be run
 * @param reconstruction ‖v − v̂‖²/(2σ²) per sample, or where σ is learned −E ln p(v | h), which may be below 0
 * @param kl KL divergence per sample, in nats
 * @param objective what is minimised: the sum of both, or the first alone where KL is off
 * @param seconds since training began
 */
public record EpochReport(int epoch, int epochs, double reconstruction, double kl, double objective, double seconds) {}
