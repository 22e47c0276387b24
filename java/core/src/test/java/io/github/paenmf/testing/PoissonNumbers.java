package io.github.paenmf.testing;

import java.util.SplittableRandom;

/** Random numbers with a Poisson distribution. */
public final class PoissonNumbers {

    private PoissonNumbers() {}

    /** A Poisson number of a mean of a few dozen at most (Knuth, The Art of Computer Programming, 3.4.1). */
    public static int draw(double mean, SplittableRandom random) {
        double least = Math.exp(-mean);
        int count = 0;
        for (double product = random.nextDouble(); product > least; product *= random.nextDouble()) {
            count++;
        }
        return count;
    }
}
