package io.github.paenmf.backend;

import io.github.paenmf.model.PosteriorEncoder;

/** The training of an encoder of posteriors: a step of adam at a time. */
public interface EncoderTraining extends AutoCloseable {

    /** Rows v = W·h + e to learn from. */
    @FunctionalInterface
    interface Rows {

        /**
         * Writes a row; several threads ask for rows at the same time.
         *
         * @param step from 0 on
         * @param place in the step
         * @param coefficients receives h, component j at {@code at} + j · {@code stride}
         * @param residuals receives e·W likewise, in units of the scaled data
         */
        void put(int step, int place, float[] coefficients, float[] residuals, int at, int stride);
    }

    /**
     * A step by the gradient of −ELBO of rows at the posteriors that the encoder gives them. It is closed form: of β of a
     * coefficient, (β − β̂)·dx/dβ, with x its mean and β̂ what is best for the means of the others.
     *
     * @param rate of learning, &gt; 0
     * @return the mean over rows of Σ (β − β̂)²·dx/dβ, about twice the nats that are lost
     */
    double step(Rows rows, double rate);

    /** What has been learned. */
    PosteriorEncoder encoder();

    @Override
    void close();
}
