package io.github.paenmf.cli.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import java.util.stream.IntStream;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.Styler.YAxisPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Charts in this program's style, for {@link Figures}. */
final class Charts {

    /** Room for the numbers of a y axis, the same in all panels of a column so that their plots are aligned. */
    private static final int Y_AXIS_WIDTH = 50;

    private static final int SMALL_TEXT = 10;
    private static final int TEXT = 12;

    /** Points beyond these are thinned out: no display shows more in so little width. */
    private static final int MOST_POINTS = 800;

    private static final int MANY_POINTS = 25;

    static {
        Fonts.headless();
    }

    /** A size that a chart may have. */
    enum Size {
        /** One of many beside each other. */
        SMALL(260, 160),
        /** One of few. */
        MEDIUM(420, 250),
        /** One of few above each other. */
        WIDE(760, 260),
        /** The only one. */
        LARGE(760, 480);

        private final int width;
        private final int height;

        Size(int width, int height) {
            this.width = width;
            this.height = height;
        }
    }

    private Charts() {}

    /** An empty chart of lines or points. */
    static XYChart xy(Size size, String title, String xTitle, String yTitle) {
        XYChart chart = new XYChart(size.width, size.height);
        chart.setTitle(title);
        chart.setXAxisTitle(xTitle);
        chart.setYAxisTitle(yTitle);
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Line);
        style(chart.getStyler(), size, title, xTitle, yTitle);
        return chart;
    }

    /** An empty chart of bars over names. */
    static CategoryChart bars(Size size, String title, String yTitle) {
        CategoryChart chart = new CategoryChart(size.width, size.height);
        chart.setTitle(title);
        chart.setYAxisTitle(yTitle);
        style(chart.getStyler(), size, title, "", yTitle);
        chart.getStyler()
                .setAvailableSpaceFill(.75)
                .setPlotGridVerticalLinesVisible(false)
                .setXAxisLabelRotation(90)
                .setXAxisLabelAlignmentVertical(AxesChartStyler.TextAlignment.Right);
        return chart;
    }

    private static void style(AxesChartStyler styler, Size size, String title, String xTitle, String yTitle) {
        int text = size == Size.LARGE ? TEXT : SMALL_TEXT;
        styler.setChartBackgroundColor(Palette.PAPER)
                .setPlotBackgroundColor(Palette.PAPER)
                .setPlotBorderVisible(false)
                .setChartFontColor(Palette.INK)
                .setChartTitleVisible(!title.isEmpty())
                .setChartTitleBoxVisible(false)
                .setChartTitlePadding(2)
                .setChartTitleFont(size == Size.LARGE ? Fonts.bold(TEXT) : Fonts.plain(SMALL_TEXT + 1))
                .setLegendVisible(false)
                .setLegendFont(Fonts.plain(TEXT))
                .setLegendBorderColor(Palette.PAPER)
                .setLegendBackgroundColor(Palette.PAPER)
                .setLegendPosition(LegendPosition.OutsideS)
                .setLegendSeriesLineLength(24)
                .setChartPadding(4)
                .setAntiAlias(true);
        if (yTitle.isEmpty()) {
            styler.setYAxisLeftWidthHint(Y_AXIS_WIDTH);
        }
        styler.setPlotGridLinesColor(Palette.GRID)
                .setPlotGridLinesStroke(Palette.solid(1))
                .setAxisTickMarksColor(Palette.GRID)
                .setAxisTickMarkLength(4)
                .setAxisTicksLineVisible(false)
                .setAxisTickLabelsColor(Palette.MUTED)
                .setAxisTickLabelsFont(Fonts.plain(text))
                .setAxisTitleFont(Fonts.plain(text))
                .setXAxisTitleVisible(!xTitle.isEmpty())
                .setYAxisTitleVisible(!yTitle.isEmpty())
                .setErrorBarsColor(Palette.MUTED)
                .setPlotMargin(0)
                .setLocale(Locale.ROOT)
                .setTimezone(TimeZone.getTimeZone("UTC"));
        styler.setXAxisTitleColor(Palette.MUTED).setYAxisTitleColor(Palette.MUTED);
    }

    /** Makes an axis logarithmic, without lines across the plot: they would be too dense. */
    static void logarithmic(XYChart chart, boolean x, double least, double greatest) {
        // Beyond these a number is easier to read as a power.
        String pattern = least >= 1e-3 && greatest < 1e7 ? "#,##0.###" : "0E0";
        chart.getStyler().setAxisTicksLineVisible(true).setAxisTickMarksColor(Palette.AXIS);
        if (x) {
            chart.getStyler()
                    .setXAxisLogarithmic(true)
                    .setXAxisLogarithmicDecadeOnly(true)
                    .setXAxisDecimalPattern(pattern)
                    .setPlotGridVerticalLinesVisible(false);
        } else {
            chart.getStyler()
                    .setYAxisLogarithmic(true)
                    .setYAxisLogarithmicDecadeOnly(true)
                    .setYAxisDecimalPattern(pattern)
                    .setPlotGridHorizontalLinesVisible(false);
        }
    }

    static Panel panel(org.knowm.xchart.internal.chartpart.Chart<?, ?> chart) {
        return new ChartPanel(chart, chart.getWidth(), chart.getHeight());
    }

    /** Adds a line without markers. */
    static void line(XYChart chart, String name, double[] x, double[] y, Color colour, BasicStroke stroke) {
        int[] kept = thinned(y);
        draw(chart.addSeries(name, marksRound(pick(x, kept)), pick(y, kept)), colour, stroke);
    }

    /** Adds a line on an axis of its own, at the right. */
    static void lineBeside(XYChart chart, String title, double[] x, double[] y, Color colour, BasicStroke stroke) {
        line(chart, title, x, y, colour, stroke);
        chart.getSeriesMap().get(title).setYAxisGroup(1);
        chart.setYAxisGroupTitle(1, title);
        chart.getStyler().setYAxisGroupTickLabelsColorMap(1, colour).setYAxisGroupTitleColor(1, colour);
        chart.getStyler().setYAxisGroupPosition(1, YAxisPosition.Right);
        if (Arrays.stream(y).map(Math::abs).max().orElse(0) >= 1e4) {
            chart.getStyler().putYAxisGroupDecimalPatternMap(1, "#,##0");
        }
    }

    /** Adds a line along the features. */
    static void line(XYChart chart, String name, Features features, float[] values, Color colour, BasicStroke stroke) {
        double[] y = doubles(values);
        if (features.kind() != Features.Kind.DATES) {
            line(chart, name, features.positions(), y, colour, stroke);
            return;
        }
        double[] days = features.positions();
        int[] kept = thinned(y);
        chart.getStyler().setDatePattern(days[days.length - 1] - days[0] > 180 ? "MMM yyyy" : "d MMM yyyy");
        List<Date> dates =
                Arrays.stream(kept).mapToObj(i -> Features.date(days[i])).toList();
        List<Double> numbers = Arrays.stream(kept).mapToObj(i -> y[i]).toList();
        draw(chart.addSeries(name, dates, numbers), colour, stroke);
    }

    /**
     * XChart marks an axis at data points, such as 1, 17, 33, ..., where these are evenly spaced, and else at round
     * numbers. The latter are wanted where there are many: so the last point moves, by less than can be seen.
     */
    private static double[] marksRound(double[] x) {
        int last = x.length - 1;
        if (x.length >= MANY_POINTS) {
            x[last] += Math.max(2e-4, 1e-4 * (x[last] - x[0])); // XChart's threshold is 1e-4
        }
        return x;
    }

    private static void draw(XYSeries series, Color colour, BasicStroke stroke) {
        series.setMarker(SeriesMarkers.NONE).setLineColor(colour).setLineStyle(stroke);
    }

    /** Adds an area below a line. */
    static void area(XYChart chart, String name, double[] x, double[] y, Color colour) {
        XYSeries series = chart.addSeries(name, x, y);
        draw(series, colour, Palette.solid(1.5));
        series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Area);
        series.setFillColor(Palette.translucent(colour, 40));
    }

    /**
     * Adds points.
     *
     * @param errors half the length of the bar at each, or empty for none
     */
    static void points(
            XYChart chart, String name, double[] x, double[] y, double[] errors, Color colour, Marker marker) {
        XYSeries series = chart.addSeries(name, x, y, errors.length == 0 ? null : errors);
        series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
        series.setMarker(marker).setMarkerColor(colour);
    }

    /** Adds values over names: as bars, or as points where there is a marker. */
    static void categories(
            CategoryChart chart, String series, List<String> names, double[] values, Color colour, Marker marker) {
        CategorySeries added =
                chart.addSeries(series, names, Arrays.stream(values).boxed().toList());
        if (marker == SeriesMarkers.NONE) {
            added.setFillColor(colour);
        } else {
            added.setChartCategorySeriesRenderStyle(CategorySeries.CategorySeriesRenderStyle.Scatter);
            added.setMarker(marker).setMarkerColor(colour);
        }
    }

    static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    static double[] pick(double[] values, int[] indices) {
        return Arrays.stream(indices).mapToDouble(i -> values[i]).toArray();
    }

    /** The points to draw: all if they are few, else the least and the greatest of each run, so that peaks stay. */
    static int[] thinned(double[] y) {
        if (y.length <= MOST_POINTS) {
            return IntStream.range(0, y.length).toArray();
        }
        int runs = MOST_POINTS / 2;
        return IntStream.range(0, runs)
                .flatMap(run -> {
                    int from = (int) ((long) run * y.length / runs);
                    int to = (int) ((long) (run + 1) * y.length / runs);
                    int least = from;
                    int greatest = from;
                    for (int i = from; i < to; i++) {
                        least = y[i] < y[least] ? i : least;
                        greatest = y[i] >= y[greatest] ? i : greatest;
                    }
                    return IntStream.of(Math.min(least, greatest), Math.max(least, greatest))
                            .distinct();
                })
                .toArray();
    }
}
