package io.github.paenmf.train;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.Normalisation;
import io.github.paenmf.model.Rearrangement;
import io.github.paenmf.model.Warning;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Both factors of standard NMF once a fit has ended, with components of the basis as long as a {@link Normalisation} says:
 * H·diag(s) and W·diag(1/s), which leaves H·Wᵀ as it is.
 *
 * @param model with the scale of each component, the mean of its coefficients over the rows
 * @param h coefficients of the rows, n × r
 */
public record NormalisedFactors(FittedNmf model, Matrix h) {

    /**
     * Of a first fit, whose components are then in the order of their scales, the greatest first.
     *
     * @param fitted with its scaling, so that weights are in units of the data
     * @param weights by which rows count in the means
     */
    public static NormalisedFactors ofFit(FittedNmf fitted, Matrix h, Weights weights) {
        double[] lengths = lengths(fitted);
        double[] scales = scales(h, lengths, weights);
        int[] order = IntStream.range(0, scales.length)
                .boxed()
                .sorted(Comparator.comparingDouble(j -> -scales[j]))
                .mapToInt(Integer::intValue)
                .toArray();
        return of(fitted, h, new Rearrangement(order, lengths), scales);
    }

    /**
     * Of an update, whose components keep their order.
     *
     * @param before what it went on from, whose rows count in the scales as in the basis
     */
    public static NormalisedFactors ofUpdate(FittedNmf fitted, Matrix h, FittedNmf before) {
        double[] lengths = lengths(fitted);
        double[] scales = scales(h, lengths, Weights.NONE);
        double past = before.sums().rows() * fitted.configuration().forgetFactor();
        for (int j = 0; j < scales.length; j++) {
            scales[j] = (h.rows() * scales[j] + past * before.scales().get(j)) / (h.rows() + past);
        }
        return of(fitted, h, new Rearrangement(inOrder(scales.length), lengths), scales);
    }

    /**
     * A normalised model for an update to go on from, with mean coefficients of 1: updates are in the range of floats for
     * factors of like size alone.
     */
    public static FittedNmf balanced(FittedNmf normalised) {
        List<Double> scales = normalised.scales();
        double[] lengths =
                scales.stream().mapToDouble(scale -> scale > 0 ? 1 / scale : 1).toArray();
        Rearrangement balance = new Rearrangement(inOrder(lengths.length), lengths);
        return normalised.rearranged(balance, scales, normalised.warnings());
    }

    private static int[] inOrder(int components) {
        return IntStream.range(0, components).toArray();
    }

    /** Of each component; 1 of one without weights, which has none. */
    private static double[] lengths(FittedNmf fitted) {
        Normalisation normalisation = fitted.configuration().normalisation();
        return IntStream.range(0, fitted.rank())
                .mapToDouble(j -> normalisation.length(fitted.features(), f -> fitted.weight(f, j)))
                .map(length -> length > 0 ? length : 1)
                .toArray();
    }

    private static double[] scales(Matrix h, double[] lengths, Weights weights) {
        double[] scales = new double[lengths.length];
        double total = weights.totalOfRows(h.rows());
        for (int i = 0; i < h.rows(); i++) {
            for (int j = 0; j < scales.length; j++) {
                scales[j] += weights.row(i) * lengths[j] * h.get(i, j) / total;
            }
        }
        return scales;
    }

    /**
     * @param scales in the order before
     */
    private static NormalisedFactors of(FittedNmf fitted, Matrix h, Rearrangement change, double[] scales) {
        int[] order = change.order();
        List<Double> ordered = Arrays.stream(order).mapToObj(j -> scales[j]).toList();
        return new NormalisedFactors(
                fitted.rearranged(change, ordered, warnings(fitted.warnings(), order)), change.ofCoefficients(h));
    }

    /** Names dead components by their new places. */
    private static List<Warning> warnings(List<Warning> warnings, int[] order) {
        List<Warning> moved = new ArrayList<>();
        for (Warning warning : warnings) {
            if (warning.code() == Warning.Code.DEAD_COMPONENTS) {
                moved.addAll(Diagnosis.warnings(IntStream.range(0, order.length)
                        .filter(j -> warning.components().contains(order[j]))
                        .boxed()
                        .toList()));
            } else {
                moved.add(warning);
            }
        }
        return moved;
    }
}
