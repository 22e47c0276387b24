package io.github.paenmf.cli.report;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a model leaves unexplained of each sample and feature: of counts their mean Poisson deviance, else the share of
 * their sum of squares.
 */
final class Residuals {

    /** So many values are decoded at a time. */
    private static final int AT_ONCE = 1 << 22;

    /** So many samples and features of each order are kept. */
    private static final int WORST = 30;

    /** Sums over the entries of a sample or feature that are not missing. */
    private static final class Sums {
        private double unexplained;
        /** ‖v‖², or of counts how many entries there are. */
        private double whole;

        private double value() {
            return unexplained / whole;
        }
    }

    private final FactorisationModel model;

    Residuals(FactorisationModel model) {
        this.model = model;
    }

    /** The worst samples and features of all data, by their own measure and by their share of all that is unexplained. */
    Map<String, Object> content(RowSource data, Features features) {
        Sums[] ofSamples = Stream.generate(Sums::new).limit(data.rows()).toArray(Sums[]::new);
        Sums[] ofFeatures = Stream.generate(Sums::new).limit(data.columns()).toArray(Sums[]::new);
        int atOnce = Math.max(1, AT_ONCE / data.columns());
        for (int first = 0; first < data.rows(); first += atOnce) {
            int[] rows = IntStream.range(first, Math.min(data.rows(), first + atOnce))
                    .toArray();
            add(data.selectRows(rows), first, ofSamples, ofFeatures);
        }
        List<String> names = data.rowNames();
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("deviance", model.isOfCounts());
        content.put("samples", worst(ofSamples, i -> names.isEmpty() ? "sample " + (i + 1) : names.get(i)));
        content.put("features", worst(ofFeatures, features::name));
        return content;
    }

    private void add(RowSource rows, int first, Sums[] ofSamples, Sums[] ofFeatures) {
        boolean counts = model.isOfCounts();
        Matrix shown = counts ? Matrix.of(rows) : inUnitsOfParts(rows);
        Matrix decoded = counts ? model.reconstruct(rows) : reconstructed(rows);
        for (int i = 0; i < shown.rows(); i++) {
            for (int f = 0; f < shown.columns(); f++) {
                float v = shown.get(i, f);
                if (isMissing(v)) {
                    continue;
                }
                double unexplained = counts ? deviance(v, decoded.get(i, f)) : square(v - (double) decoded.get(i, f));
                double whole = counts ? 1 : square(v);
                for (Sums sums : List.of(ofSamples[first + i], ofFeatures[f])) {
                    sums.unexplained += unexplained;
                    sums.whole += whole;
                }
            }
        }
    }

    private static double deviance(double v, double expected) {
        return 2 * ((v == 0 ? 0 : v * Math.log(v / expected)) - v + expected);
    }

    private static double square(double x) {
        return x * x;
    }

    private boolean isMissing(float v) {
        return Float.isNaN(v) || v == 0 && model.missing() == Missing.ZEROS;
    }

    private static List<Map<String, Object>> worst(Sums[] all, IntFunction<String> name) {
        double total = Stream.of(all).mapToDouble(sums -> sums.unexplained).sum();
        Comparator<Integer> byValue = Comparator.comparingDouble(i -> -all[i].value());
        Comparator<Integer> byShare = Comparator.comparingDouble(i -> -all[i].unexplained);
        List<Integer> defined = IntStream.range(0, all.length)
                .boxed()
                .filter(i -> all[i].whole > 0)
                .toList();
        List<Map<String, Object>> worst = new ArrayList<>();
        Stream.of(byValue, byShare)
                .flatMap(order -> defined.stream().sorted(order).limit(WORST))
                .distinct()
                .sorted(byValue)
                .forEach(i -> {
                    Map<String, Object> one = new LinkedHashMap<>();
                    one.put("index", i);
                    one.put("name", name.apply(i));
                    one.put("value", finite(all[i].value()));
                    one.put("share", finite(total == 0 ? 0 : all[i].unexplained / total));
                    worst.add(one);
                });
        return worst;
    }

    /** JSON has no other numbers; a deviance is infinite where nothing is expected of what is there. */
    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    /** Samples as the parts add up to them: scaled, except for the scales of features. */
    Matrix inUnitsOfParts(RowSource rows) {
        FittedScaling ofParts = model.scaling().withoutFeatureScales();
        return Matrix.of(ofParts.apply(rows));
    }

    /** The sum of the parts of each sample, n × m: where data are scaled before a fit not in their units. */
    Matrix reconstructed(RowSource selected) {
        if (model.scaling().scaling().isNone()) {
            return model.reconstruct(selected);
        }
        Matrix h = model.coefficients(selected);
        Matrix basis = model.basis();
        Matrix sums = Matrix.zeros(selected.rows(), model.features());
        for (int i = 0; i < sums.rows(); i++) {
            for (int f = 0; f < model.features(); f++) {
                double sum = 0;
                for (int j = 0; j < model.rank(); j++) {
                    sum += (double) h.get(i, j) * basis.get(f, j);
                }
                sums.storage(i)[sums.offset(i) + f] = (float) sum;
            }
        }
        return sums;
    }

    /** ‖v − v̂‖/‖v‖ of each sample over what is not missing; of a sample that is 0 throughout there is none. */
    float[] errors(Matrix shown, Matrix reconstructed) {
        float[] errors = new float[shown.rows()];
        for (int i = 0; i < errors.length; i++) {
            double square = 0;
            double norm = 0;
            for (int j = 0; j < shown.columns(); j++) {
                float value = shown.get(i, j);
                if (!isMissing(value)) {
                    square += square(value - (double) reconstructed.get(i, j));
                    norm += square(value);
                }
            }
            errors[i] = norm == 0 ? Float.NaN : (float) Math.sqrt(square / norm);
        }
        return errors;
    }
}
