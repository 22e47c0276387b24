package io.github.paenmf.cli.plot;

import io.github.paenmf.math.Weibull;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;

/** The figure of the distributions of coefficients. */
public final class Densities {

    private static final double MOST_PEAK_RATIO = 10; // of two densities in one panel; a higher one leaves it

    /** Longer tails would leave no room for the rest of a density. */
    private static final double MOST_MEDIANS = 4;

    /** More probabilities do not fit in the title of a panel. */
    private static final int MOST_PROBABILITIES = 2;

    private Densities() {}

    /**
     * Curves of one sample's latents, or of several samples or models over each other.
     *
     * @param inclusion probability of each of not being 0
     */
    public record Latents(String label, double[] lambda, double[] k, double[] inclusion) {

        public Latents {
            if (lambda.length != k.length || lambda.length != inclusion.length) {
                throw new IllegalArgumentException("there are " + lambda.length + " lambda but " + k.length + " k and "
                        + inclusion.length + " inclusions");
            }
        }

        /** Of latents that are never 0. */
        public Latents(String label, double[] lambda, double[] k) {
            this(
                    label,
                    lambda,
                    k,
                    DoubleStream.generate(() -> 1).limit(k.length).toArray());
        }

        private boolean mayBeZero() {
            return Arrays.stream(inclusion).anyMatch(p -> p < 1);
        }
    }

    /**
     * The Weibull densities of coefficients, one panel per component.
     *
     * @param note a line below the title
     * @param curves over each other in each panel, such as those of models with and without KL; all of one rank
     * @param components which to show, from 0; if not all, those that {@link Figures#strongest} found
     */
    public static Figure figure(String note, List<Latents> curves, int[] components) {
        int rank = curves.get(0).k.length;
        String which = components.length < rank
                ? "; the " + components.length + " of " + rank + " components that contribute most"
                : "";
        Figure figure = new Figure("Distributions of the coefficients", Figures.panelsPerLine(components.length))
                .note(note
                        + which
                        + (curves.stream().anyMatch(Latents::mayBeZero)
                                ? "; a curve's area is the probability of not being 0"
                                : ""))
                .axes("coefficient h", "density");
        if (curves.size() > 1) {
            for (int c = 0; c < curves.size(); c++) {
                figure.key(curves.get(c).label, Palette.series(c), Figures.MEDIUM);
            }
        }
        double right = right(curves, components);
        for (int j : components) {
            XYChart chart = Charts.xy(Charts.Size.SMALL, "component " + (j + 1) + probability(curves, j), "", "");
            List<double[]> abscissae = new ArrayList<>();
            List<double[]> densities = new ArrayList<>();
            double top = Double.POSITIVE_INFINITY;
            double highest = 0;
            double mostIncluded =
                    curves.stream().mapToDouble(each -> each.inclusion[j]).max().orElseThrow();
            for (Latents curve : curves) {
                double[] h = abscissae(curve, j, right);
                double[] density = Arrays.stream(h)
                        .map(x -> Weibull.density(curve.k[j], curve.lambda[j], x))
                        .toArray();
                abscissae.add(h);
                densities.add(
                        Arrays.stream(density).map(y -> curve.inclusion[j] * y).toArray());
                double peak = Arrays.stream(density).max().orElse(0);
                // what is hardly ever there must not press what is
                highest = Math.max(highest, mostIncluded == 0 ? peak : peak * curve.inclusion[j] / mostIncluded);
                top = Math.min(top, MOST_PEAK_RATIO * peak);
            }
            double end = Math.min(highest, top); // a spike at 0 must not press the others flat
            for (int c = 0; c < curves.size(); c++) {
                double[] shown = Arrays.stream(densities.get(c))
                        .map(y -> Math.min(y, 1.05 * end))
                        .toArray();
                String name = String.valueOf(c); // labels need not differ
                if (curves.size() == 1) {
                    Charts.area(chart, name, abscissae.get(c), shown, Palette.series(c));
                } else {
                    Charts.line(chart, name, abscissae.get(c), shown, Palette.series(c), Figures.MEDIUM);
                }
            }
            chart.getStyler().setYAxisTicksVisible(false).setPlotGridHorizontalLinesVisible(false);
            chart.getStyler()
                    .setXAxisMin(0.0)
                    .setXAxisMax(right)
                    .setYAxisMin(0.0)
                    .setYAxisMax(1.05 * end);
            figure.add(Charts.panel(chart));
        }
        return figure;
    }

    /** How probably a curve or each of two is not 0, in the order of the legend, where that is less than certain. */
    private static String probability(List<Latents> curves, int j) {
        List<String> percent = curves.stream()
                .map(curve -> String.format(Locale.ROOT, "%.0f", 100 * curve.inclusion[j]))
                .toList();
        boolean certain = percent.stream().allMatch("100"::equals);
        return certain || percent.size() > MOST_PROBABILITIES ? "" : ", " + String.join(" / ", percent) + " % not 0";
    }

    /** Where the axis ends: at the last of all distributions' ends, unless that is a tail far from all medians. */
    private static double right(List<Latents> curves, int[] components) {
        double end = 0;
        double median = 0;
        for (Latents curve : curves) {
            for (int j : components) {
                end = Math.max(end, quantile(curve, j, .999));
                median = Math.max(median, quantile(curve, j, .5));
            }
        }
        return Math.min(end, MOST_MEDIANS * median);
    }

    private static double quantile(Latents curve, int j, double p) {
        return Weibull.quantile(curve.k[j], curve.lambda[j], p);
    }

    /** Where to evaluate a density: evenly over the axis, and where the distribution lies, however narrow it is. */
    private static double[] abscissae(Latents curve, int j, double right) {
        DoubleStream even = IntStream.rangeClosed(1, 150).mapToDouble(i -> right * i / 150);
        DoubleStream where = IntStream.range(0, 100).mapToDouble(i -> quantile(curve, j, (i + .5) / 100));
        // The density of k < 1 has no bound at 0.
        double left = Math.min(right / 300, quantile(curve, j, .1));
        return DoubleStream.concat(even, where)
                .filter(h -> h >= left && h <= right)
                .sorted()
                .distinct()
                .toArray();
    }
}
