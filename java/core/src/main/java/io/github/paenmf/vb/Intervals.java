package io.github.paenmf.vb;

/**
 * Credible intervals of coefficients with equal tails, row-major, in the units of the posterior means.
 *
 * @param lower lower bounds, rows × rank; 0 where the posterior gives 0 at least the lower tail's probability
 * @param upper upper bounds, rows × rank
 * @param mean means of the posterior that the intervals are of, rows × rank: those of the fit, or of draws
 */
public record Intervals(double[] lower, double[] upper, double[] mean) {}
