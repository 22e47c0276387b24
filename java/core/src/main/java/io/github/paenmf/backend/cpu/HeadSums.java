package io.github.paenmf.backend.cpu;

/** What the heads of one row block add up to. */
public final class HeadSums {

    double kl;
    double hc;
    /** Σ dAλ and Σ dAk of the component last gone through. */
    double lambdaGradient;

    double kGradient;

    void clear() {
        kl = 0;
        hc = 0;
    }
}
