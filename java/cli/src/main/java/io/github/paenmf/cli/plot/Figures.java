package io.github.paenmf.cli.plot;

import io.github.paenmf.data.Matrix;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The figures that show a factorisation. Matrices hold one sample per row unless said otherwise. */
public final class Figures {

    /** Bars beyond these cannot be told apart. */
    private static final int MOST_BARS = 20;

    private static final int CELL = 64;
    private static final BasicStroke THIN = Palette.solid(1);
    static final BasicStroke MEDIUM = Palette.solid(1.6);
    private static final String ORIGINAL = "original";

    private Figures() {}

    /**
     * A measure of fits by their rank.
     *
     * @param label what it is, with its unit
     * @param values one a rank
     * @param standardErrors one a rank, or empty if they are not known
     */
    public record RankCurve(String label, double[] values, double[] standardErrors) {}

    /**
     * A choice of the rank by one method.
     *
     * @param ranks in increasing order
     * @param curve what the choice goes by
     * @param parts what it is made of, if it has parts, on the same axis
     * @param beside what is drawn over the same ranks on an axis of its own, or null
     * @param chosen one of the ranks
     */
    public record RankPanel(int[] ranks, RankCurve curve, List<RankCurve> parts, RankCurve beside, int chosen) {}

    // ---- basis

    /**
     * The columns of the basis as images.
     *
     * @param basis m × r
     */
    public static Figure basisImages(Matrix basis, ImageShape shape) {
        int r = basis.columns();
        int perLine = Montage.imagesPerLine(r);
        Montage montage = new Montage(shape, perLine, Math.max(CELL, Math.min(2 * CELL, 560 / perLine)));
        return new Figure(r == 1 ? "The part" : "The " + r + " parts", 1)
                .note("Columns of the basis as images, each from 0 (black) to its greatest weight (white)")
                .add(montage.add("", basis.transpose(), numbers(r)));
    }

    /**
     * The columns of the basis as lines along the features.
     *
     * @param basis m × r
     */
    public static Figure basisSeries(Matrix basis, Features features) {
        int r = basis.columns();
        Figure figure = new Figure(r == 1 ? "The part" : "The " + r + " parts", panelsPerLine(r))
                .axes(features.axisTitle(), "weight (unit of the data)");
        for (int j = 0; j < r; j++) {
            XYChart chart = Charts.xy(Charts.Size.SMALL, "component " + (j + 1), "", "");
            float[] column = column(basis, j);
            Charts.line(chart, "weight", features, column, Palette.BLUE, MEDIUM);
            fromZero(chart, column);
            figure.add(Charts.panel(chart));
        }
        return figure;
    }

    /**
     * The columns of the basis as bars; of many features, those with the greatest weights.
     *
     * @param basis m × r
     */
    public static Figure basisBars(Matrix basis, Features features) {
        int r = basis.columns();
        boolean all = features.count() <= MOST_BARS;
        Figure figure = new Figure(r == 1 ? "The part" : "The " + r + " parts", Math.min(3, panelsPerLine(r)))
                .note(
                        all
                                ? "Columns of the basis"
                                : "The " + MOST_BARS + " of " + features.count()
                                        + " features with the greatest weights in each column of the basis")
                .axes("", "weight (unit of the data)");
        for (int j = 0; j < r; j++) {
            float[] column = column(basis, j);
            int[] shown = all ? IntStream.range(0, column.length).toArray() : Features.greatest(column, MOST_BARS);
            CategoryChart chart = Charts.bars(Charts.Size.MEDIUM, "component " + (j + 1), "");
            Charts.categories(
                    chart,
                    "weight",
                    names(features, shown),
                    Charts.pick(Charts.doubles(column), shown),
                    Palette.BLUE,
                    SeriesMarkers.NONE);
            figure.add(Charts.panel(chart));
        }
        return figure;
    }

    // ---- reconstruction

    /** Samples as images above what the model makes of them. */
    public static Figure reconstructionImages(Matrix originals, Matrix reconstructions, ImageShape shape) {
        int perLine = Math.min(10, originals.rows());
        Figure figure = new Figure("Samples and their reconstructions", 1)
                .note("Each image from 0 (black) to its brightest pixel (white)");
        Montage montage = new Montage(shape, perLine, CELL + 16);
        for (int from = 0; from < originals.rows(); from += perLine) {
            int[] rows = IntStream.range(from, Math.min(originals.rows(), from + perLine))
                    .toArray();
            montage.add(ORIGINAL, originals.selectRows(rows));
            montage.add("reconstructed", reconstructions.selectRows(rows), sampleNames(originals, rows));
        }
        return figure.add(montage);
    }

    /** Samples as lines along the features, and what the model makes of them. */
    public static Figure reconstructionSeries(Matrix originals, Matrix reconstructions, Features features) {
        Figure figure = new Figure("Samples and their reconstructions", panelsPerLine(originals.rows()))
                .axes(features.axisTitle(), "value (unit of the data)")
                .key(ORIGINAL, Palette.INK, MEDIUM)
                .key("reconstructed", Palette.VERMILION, MEDIUM);
        for (int i = 0; i < originals.rows(); i++) {
            XYChart chart = Charts.xy(Charts.Size.SMALL, sampleName(originals, i), "", "");
            Charts.line(chart, ORIGINAL, features, row(originals, i), Palette.INK, THIN);
            Charts.line(chart, "reconstructed", features, row(reconstructions, i), Palette.VERMILION, THIN);
            figure.add(Charts.panel(chart));
        }
        return figure;
    }

    /**
     * Entries of the data against what the model makes of them, on logarithmic axes.
     *
     * @param count how many entries at most; they are chosen at random
     * @param seed selects them
     */
    public static Figure reconstructionScatter(Matrix originals, Matrix reconstructions, int count, long seed) {
        long[] candidates = candidates(originals.size(), 20L * count, new SplittableRandom(seed));
        List<double[]> shown = new ArrayList<>();
        int left = 0;
        for (int c = 0; c < candidates.length && shown.size() < count; c++) {
            int i = (int) (candidates[c] / originals.columns());
            int j = (int) (candidates[c] % originals.columns());
            double x = originals.get(i, j);
            double y = reconstructions.get(i, j);
            if (x > 0 && y > 0) {
                shown.add(new double[] {x, y});
            } else {
                left++;
            }
        }
        double[] x = shown.stream().mapToDouble(point -> point[0]).toArray();
        double[] y = shown.stream().mapToDouble(point -> point[1]).toArray();
        Figure figure = new Figure("Entries and their reconstructions", 1);
        if (left > 0) {
            figure.note(String.format(
                    Locale.ROOT,
                    "%,d entries chosen at random; %.0f %% of the entries are not shown, as a logarithmic axis has no 0",
                    x.length,
                    100.0 * left / (left + x.length)));
        } else {
            figure.note(String.format(Locale.ROOT, "%,d entries chosen at random", x.length));
        }
        XYChart chart = Charts.xy(
                Charts.Size.LARGE, "", "original value (unit of the data)", "reconstructed value (unit of the data)");
        if (x.length > 0) {
            double least = DoubleStream.concat(Arrays.stream(x), Arrays.stream(y))
                    .min()
                    .getAsDouble();
            double greatest = DoubleStream.concat(Arrays.stream(x), Arrays.stream(y))
                    .max()
                    .getAsDouble();
            Charts.logarithmic(chart, true, least, greatest);
            Charts.logarithmic(chart, false, least, greatest);
            chart.getStyler().setMarkerSize(5);
            Color blue = Palette.translucent(Palette.BLUE, 110);
            Charts.points(chart, "entries", x, y, new double[0], blue, SeriesMarkers.CIRCLE);
            double[] ends = {least, greatest};
            Charts.line(chart, "identity", ends, ends, Palette.INK, THIN);
        }
        return figure.key("where they would be equal", Palette.INK, THIN).add(Charts.panel(chart));
    }

    /** Different numbers from 0 to {@code size} − 1 in random order: all, or about as many as wanted. */
    private static long[] candidates(long size, long wanted, SplittableRandom random) {
        if (size > wanted) {
            return random.longs(wanted, 0, size).distinct().toArray();
        }
        long[] all = LongStream.range(0, size).toArray();
        for (int i = all.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            long other = all[j];
            all[j] = all[i];
            all[i] = other;
        }
        return all;
    }

    // ---- latents

    /**
     * The components to show densities of: those whose part in the samples is greatest, in their order.
     *
     * @param coefficients of the samples, n × r
     * @param basis m × r
     * @param most how many, where there are so many
     */
    public static int[] strongest(Matrix coefficients, Matrix basis, int most) {
        float[] strength = new float[basis.columns()];
        for (int j = 0; j < strength.length; j++) {
            double squares = 0;
            for (int i = 0; i < basis.rows(); i++) {
                squares += (double) basis.get(i, j) * basis.get(i, j);
            }
            for (int i = 0; i < coefficients.rows(); i++) {
                strength[j] += (float) (coefficients.get(i, j) * Math.sqrt(squares));
            }
        }
        return Arrays.stream(Features.greatest(strength, most)).sorted().toArray();
    }

    // ---- generation

    /**
     * Samples as images beside their reconstruction from medians and new ones from the distributions.
     *
     * @param sampled a matrix per draw
     */
    public static Figure generationImages(Matrix originals, Matrix medians, List<Matrix> sampled, ImageShape shape) {
        int perLine = 2 + sampled.size();
        Figure figure = new Figure("Samples from the distributions of the coefficients", 1)
                .note("From left to right: original, from the medians, " + sampled.size() + " drawn");
        Montage montage = new Montage(shape, perLine, CELL + 16);
        for (int i = 0; i < originals.rows(); i++) {
            Matrix line = Matrix.zeros(perLine, shape.pixels());
            List<Matrix> sources = new ArrayList<>(List.of(originals, medians));
            sources.addAll(sampled);
            for (int s = 0; s < perLine; s++) {
                sources.get(s).copyRow(i, line.storage(s), line.offset(s));
            }
            montage.add(sampleName(originals, i), line);
        }
        return figure.add(montage);
    }

    /**
     * Samples as lines, and new ones from the distributions.
     *
     * @param sampled a matrix per draw
     */
    public static Figure generationSeries(Matrix originals, Matrix medians, List<Matrix> sampled, Features features) {
        Figure figure = new Figure("Samples from the distributions of the coefficients", Math.min(2, originals.rows()))
                .axes(features.axisTitle(), "value (unit of the data)")
                .key(ORIGINAL, Palette.INK, Palette.solid(1.8))
                .key("from the medians", Palette.VERMILION, MEDIUM);
        Color drawn = Palette.translucent(Palette.BLUE, 120);
        figure.key(sampled.size() + " drawn", drawn, MEDIUM);
        for (int i = 0; i < originals.rows(); i++) {
            XYChart chart = Charts.xy(Charts.Size.MEDIUM, sampleName(originals, i), "", "");
            for (int s = 0; s < sampled.size(); s++) {
                Charts.line(chart, "drawn " + (s + 1), features, row(sampled.get(s), i), drawn, THIN);
            }
            Charts.line(chart, "medians", features, row(medians, i), Palette.VERMILION, THIN);
            Charts.line(chart, ORIGINAL, features, row(originals, i), Palette.INK, Palette.solid(1.8));
            figure.add(Charts.panel(chart));
        }
        return figure;
    }

    /**
     * The greatest values of samples as bars, and new ones from the distributions as points.
     *
     * @param sampled a matrix per draw
     */
    public static Figure generationBars(Matrix originals, Matrix medians, List<Matrix> sampled, Features features) {
        Figure figure = new Figure("Samples from the distributions of the coefficients", Math.min(2, originals.rows()))
                .axes("", "value (unit of the data)");
        boolean all = features.count() <= MOST_BARS;
        if (!all) {
            figure.note("The " + MOST_BARS + " of " + features.count() + " features with the greatest values");
        }
        Color bar = new Color(0xC9CED6);
        figure.key(ORIGINAL, bar, new BasicStroke(9, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER))
                .key("from the medians", Palette.VERMILION, Palette.solid(4))
                .key(sampled.size() + " drawn", Palette.BLUE, Palette.solid(3));
        for (int i = 0; i < originals.rows(); i++) {
            float[] original = row(originals, i);
            int[] shown = all ? IntStream.range(0, original.length).toArray() : Features.greatest(original, MOST_BARS);
            List<String> names = names(features, shown);
            CategoryChart chart = Charts.bars(Charts.Size.MEDIUM, sampleName(originals, i), "");
            chart.getStyler().setOverlapped(true).setMarkerSize(5);
            Charts.categories(
                    chart, ORIGINAL, names, Charts.pick(Charts.doubles(original), shown), bar, SeriesMarkers.NONE);
            for (int s = 0; s < sampled.size(); s++) {
                double[] values = Charts.pick(Charts.doubles(row(sampled.get(s), i)), shown);
                Color blue = Palette.translucent(Palette.BLUE, 150);
                Charts.categories(chart, "drawn " + (s + 1), names, values, blue, SeriesMarkers.CIRCLE);
            }
            double[] median = Charts.pick(Charts.doubles(row(medians, i)), shown);
            Charts.categories(chart, "medians", names, median, Palette.VERMILION, SeriesMarkers.DIAMOND);
            figure.add(Charts.panel(chart));
        }
        return figure;
    }

    // ---- training

    /**
     * The objective over the epochs, by part.
     *
     * @param reconstruction one value per epoch, as is {@code kl}
     * @param klCounts whether the KL divergence is a part of the objective
     */
    public static Figure loss(double[] reconstruction, double[] kl, boolean klCounts) {
        double[] objective = IntStream.range(0, kl.length)
                .mapToDouble(e -> reconstruction[e] + (klCounts ? kl[e] : 0))
                .toArray();
        XYChart chart = lossChart("per sample (nats)", reconstruction, kl);
        Figure figure = new Figure("Training", 1)
                .note(
                        klCounts
                                ? "The objective is the sum of both parts"
                                : "The objective is the reconstruction error alone; KL is not a part of it");
        epochs(chart, figure, "KL divergence", kl, Palette.VERMILION);
        epochs(chart, figure, "reconstruction error", reconstruction, Palette.BLUE);
        if (klCounts) {
            epochs(chart, figure, "objective", objective, Palette.INK);
        }
        return figure.add(Charts.panel(chart));
    }

    /**
     * An objective without parts over the epochs.
     *
     * @param objective one value per epoch
     * @param divergence what it is of the reconstruction, with "the"
     */
    public static Figure loss(double[] objective, String divergence) {
        XYChart chart = lossChart(divergence.replaceFirst("^the ", "") + " per sample", objective, new double[0]);
        Figure figure = new Figure("Training", 1).note("The objective is " + divergence + " of the reconstruction");
        epochs(chart, figure, "reconstruction error", objective, Palette.BLUE);
        return figure.add(Charts.panel(chart));
    }

    private static XYChart lossChart(String yTitle, double[] first, double[] second) {
        XYChart chart = Charts.xy(Charts.Size.LARGE, "", "epoch", yTitle);
        double[] all =
                DoubleStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
        double[] shown = Arrays.stream(all).filter(value -> value > 0).toArray();
        if (shown.length > 0 && Arrays.stream(all).noneMatch(value -> value < 0)) {
            Charts.logarithmic(
                    chart,
                    false,
                    Arrays.stream(shown).min().getAsDouble(),
                    Arrays.stream(shown).max().getAsDouble());
        }
        return chart;
    }

    /** Adds what of a line over the epochs the axis can show: on a logarithmic one what is above 0. */
    private static void epochs(XYChart chart, Figure figure, String name, double[] y, Color colour) {
        boolean all = !chart.getStyler().isYAxisLogarithmic();
        int[] shown = IntStream.range(0, y.length).filter(i -> all || y[i] > 0).toArray();
        if (shown.length > 0) {
            double[] epochs = Arrays.stream(shown).mapToDouble(i -> i + 1).toArray();
            Charts.line(chart, name, epochs, Charts.pick(y, shown), colour, MEDIUM);
            figure.key(name, colour, MEDIUM);
        }
    }

    // ---- rank

    /**
     * What was found out about ranks, with the choices marked, above each other.
     *
     * @param title of all
     * @param note below it
     */
    public static Figure ranks(String title, String note, List<RankPanel> panels) {
        Figure figure = new Figure(title, 1).note(note);
        Charts.Size size = panels.size() == 1 ? Charts.Size.LARGE : Charts.Size.WIDE;
        for (RankPanel panel : panels) {
            for (int i = 0; i < panel.parts.size(); i++) {
                figure.key(panel.parts.get(i).label, Palette.series(i), Palette.solid(1.2));
            }
            if (!panel.parts.isEmpty()) {
                figure.key(panel.curve.label, Palette.INK, MEDIUM);
            }
            if (panel.beside != null) {
                figure.key(panel.beside.label, Palette.GREEN, MEDIUM);
            }
            figure.add(Charts.panel(chart(panel, size)));
        }
        return figure.key("chosen", Palette.VERMILION, Palette.solid(5));
    }

    private static XYChart chart(RankPanel panel, Charts.Size size) {
        double[] x = Arrays.stream(panel.ranks).asDoubleStream().toArray();
        RankCurve curve = panel.curve;
        XYChart chart = Charts.xy(size, "", "rank (number of components)", curve.label);
        for (int i = 0; i < panel.parts.size(); i++) {
            RankCurve part = panel.parts.get(i);
            Charts.line(chart, part.label, x, part.values, Palette.series(i), Palette.solid(1.2));
        }
        Charts.line(chart, curve.label, x, curve.values, Palette.INK, MEDIUM);
        Charts.points(chart, "ranks", x, curve.values, curve.standardErrors, Palette.INK, SeriesMarkers.CIRCLE);
        if (panel.beside != null) {
            Charts.lineBeside(chart, panel.beside.label, x, panel.beside.values, Palette.GREEN, MEDIUM);
        }
        int at = Arrays.stream(panel.ranks).boxed().toList().indexOf(panel.chosen);
        Charts.points(
                chart,
                "chosen",
                new double[] {panel.chosen},
                new double[] {curve.values[at]},
                new double[0],
                Palette.VERMILION,
                SeriesMarkers.DIAMOND);
        if (Arrays.stream(curve.values).map(Math::abs).max().orElse(0) >= 1e4) {
            chart.getStyler().setYAxisDecimalPattern("#,##0");
        }
        chart.getStyler().setMarkerSize(9);
        return chart;
    }

    // ---- what they share

    /** The y axis from 0 on, as weights are shares of a whole; a constant gets an axis too. */
    private static void fromZero(XYChart chart, float[] values) {
        double greatest = Arrays.stream(Charts.doubles(values)).max().orElse(0);
        chart.getStyler().setYAxisMin(0.0).setYAxisMax(greatest > 0 ? 1.05 * greatest : 1);
    }

    static int panelsPerLine(int count) {
        return count <= 2 ? count : count <= 4 ? 2 : count <= 9 ? 3 : count <= 24 ? 4 : 6;
    }

    private static List<String> numbers(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(String::valueOf).toList();
    }

    /** Names that are short and differ, as XChart takes categories of one name for one category. */
    private static List<String> names(Features features, int[] indices) {
        List<String> names = new ArrayList<>();
        for (int i : indices) {
            String name = Text.shorten(features.name(i), 72, Fonts.plain(10));
            if (names.contains(name)) {
                name = Text.shortenMiddle(features.name(i), 72, Fonts.plain(10));
            }
            if (names.contains(name)) {
                name = Text.shorten(features.name(i), 36, Fonts.plain(10)) + " #" + (i + 1);
            }
            names.add(name);
        }
        return names;
    }

    /** What a sample is called; its number from 1 if it has no name. */
    public static String sampleName(Matrix samples, int i) {
        return samples.rowNames().isEmpty() || samples.rowNames().get(i).isBlank()
                ? "sample " + (i + 1)
                : samples.rowNames().get(i);
    }

    private static List<String> sampleNames(Matrix samples, int[] rows) {
        return Arrays.stream(rows).mapToObj(i -> sampleName(samples, i)).toList();
    }

    private static float[] row(Matrix matrix, int i) {
        float[] row = new float[matrix.columns()];
        matrix.copyRow(i, row, 0);
        return row;
    }

    private static float[] column(Matrix matrix, int j) {
        float[] column = new float[matrix.rows()];
        for (int i = 0; i < column.length; i++) {
            column[i] = matrix.get(i, j);
        }
        return column;
    }
}
