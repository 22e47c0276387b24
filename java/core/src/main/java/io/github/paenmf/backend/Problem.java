package io.github.paenmf.backend;

import io.github.paenmf.model.Configuration;

/**
 * What a backend needs to know before it sees data.
 *
 * @param configuration the fit's configuration
 * @param features m
 * @param dataScale root mean square of the data; a step divides by it
 * @param maxChunkRows most rows that one stage will be given, a multiple of the row alignment
 * @param rates learning rates
 */
public record Problem(Configuration configuration, int features, double dataScale, int maxChunkRows, StepRates rates) {

    /** r. */
    public int rank() {
        return configuration.rank();
    }

    /**
     * What V·W is multiplied with to give the encoder's output for x = v/√(mean‖v‖²):
     * mean‖v‖² = m · dataScale².
     */
    public float encoderScale() {
        return (float) (1 / (dataScale * Math.sqrt(features)));
    }
}
