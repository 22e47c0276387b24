package io.github.paenmf.cli.experiment;

import io.github.paenmf.Latent;
import io.github.paenmf.data.Matrix;
import java.util.stream.DoubleStream;
import org.apache.commons.statistics.ranking.NaturalRanking;

/**
 * How the distance between samples and the distance between their latent distributions go together (paper figure 6):
 * Euclidean in the data, Wasserstein-2 in the latents, over all pairs of some samples.
 */
final class LatentDistance {

    /** Rows of two samples. */
    record Pair(int one, int other) {}

    private final int samples;
    private final double[] inData;
    private final double[] inLatent;

    /**
     * @param count how many samples to pair, the first ones; fewer if there are not so many
     */
    LatentDistance(Matrix data, Latent latent, int count) {
        samples = Math.min(count, data.rows());
        int pairs = samples * (samples - 1) / 2;
        inData = new double[pairs];
        inLatent = new double[pairs];
        for (int i = 0, pair = 0; i < samples; i++) {
            for (int j = i + 1; j < samples; j++, pair++) {
                double squares = 0;
                for (int feature = 0; feature < data.columns(); feature++) {
                    double difference = data.get(i, feature) - data.get(j, feature);
                    squares += difference * difference;
                }
                inData[pair] = Math.sqrt(squares);
                inLatent[pair] = latent.wasserstein(i, j);
            }
        }
    }

    int samples() {
        return samples;
    }

    /** Spearman's rank correlation of the two distances; ties have their average rank. */
    double spearman() {
        NaturalRanking ranking = new NaturalRanking();
        double[] x = ranking.apply(inData);
        double[] y = ranking.apply(inLatent);
        double mean = (x.length + 1) / 2.0;
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - mean) * (y[i] - mean);
            xx += (x[i] - mean) * (x[i] - mean);
            yy += (y[i] - mean) * (y[i] - mean);
        }
        return xy / Math.sqrt(xx * yy);
    }

    /** The pair that is nearest in the data without being equal. */
    Pair mostSimilar() {
        return pair(
                DoubleStream.of(inData).filter(distance -> distance > 0).min().orElseThrow());
    }

    /** The pair that is farthest in the data. */
    Pair mostDissimilar() {
        return pair(DoubleStream.of(inData).max().orElseThrow());
    }

    private Pair pair(double distance) {
        for (int i = 0, pair = 0; i < samples; i++) {
            for (int j = i + 1; j < samples; j++, pair++) {
                if (inData[pair] == distance) {
                    return new Pair(i, j);
                }
            }
        }
        throw new IllegalArgumentException("no pair is at a distance of " + distance);
    }
}
