package io.github.paenmf.model;

import java.util.function.IntToDoubleFunction;

/** To what length the components of a basis of standard NMF are brought when a fit ends; their coefficients take the rest. */
public enum Normalisation {
    /** They stay as the fit left them. */
    NONE,
    /** The weights of a component sum to 1, as shares. */
    L1,
    /** The squares of its weights sum to 1. */
    L2,
    /** Its greatest weight is 1. */
    MAX;

    /**
     * The length of a component.
     *
     * @param weights how many
     * @param weight of each, ≥ 0
     */
    public double length(int weights, IntToDoubleFunction weight) {
        double length = 0;
        for (int f = 0; f < weights; f++) {
            double value = weight.applyAsDouble(f);
            length = switch (this) {
                case NONE -> 1;
                case L1 -> length + value;
                case L2 -> length + value * value;
                case MAX -> Math.max(length, value);
            };
        }
        return this == L2 ? Math.sqrt(length) : length;
    }
}
