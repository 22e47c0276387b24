package io.github.paenmf.cli.plot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.cli.plot.Densities.Latents;
import io.github.paenmf.cli.plot.Figures.RankCurve;
import io.github.paenmf.cli.plot.Figures.RankPanel;
import io.github.paenmf.data.Matrix;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What figures show, by the colours of their pixels and the texts of their SVG. */
class FiguresTest {

    @TempDir
    private Path directory;

    private int files;

    @BeforeEach
    void headless() {
        Fonts.headless();
    }

    private BufferedImage png(Figure figure) throws IOException {
        Path file = directory.resolve(files++ + ".png");
        figure.save(file);
        return ImageIO.read(file.toFile());
    }

    private String svg(Figure figure) throws Exception {
        Path file = directory.resolve(files++ + ".svg");
        figure.save(file);
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        factory.newDocumentBuilder().parse(file.toFile()); // well-formed
        return Files.readString(file);
    }

    private static long pixels(BufferedImage image, Color colour) {
        int[] rgb = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        return Arrays.stream(rgb).filter(pixel -> pixel == colour.getRGB()).count();
    }

    /** Lines of the image that have a colour. */
    private static long height(BufferedImage image, Color colour) {
        return IntStream.range(0, image.getHeight())
                .filter(y -> IntStream.range(0, image.getWidth()).anyMatch(x -> image.getRGB(x, y) == colour.getRGB()))
                .count();
    }

    /** Columns of the image that have a colour. */
    private static long width(BufferedImage image, Color colour) {
        return IntStream.range(0, image.getWidth())
                .filter(x -> IntStream.range(0, image.getHeight()).anyMatch(y -> image.getRGB(x, y) == colour.getRGB()))
                .count();
    }

    private static Matrix ramp(int rows, int columns) {
        Matrix matrix = Matrix.zeros(rows, columns);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                matrix.storage(i)[matrix.offset(i) + j] = 1 + i + 10 * j;
            }
        }
        return matrix;
    }

    private static double[] doubles(int count) {
        return IntStream.rangeClosed(1, count).asDoubleStream().toArray();
    }

    /** A narrow curve that is squeezed to a spike has far fewer pixels of its colour. */
    @Test
    void aHeavyTailLeavesRoomForTheOthers() throws IOException {
        Latents narrow = new Latents("narrow", new double[] {2}, new double[] {3});
        Latents same = new Latents("same", new double[] {1.5}, new double[] {3});
        Latents heavy = new Latents("heavy", new double[] {2}, new double[] {0.5}); // 99.9 % lie below 95

        long beside = pixels(png(Densities.figure("", List.of(narrow, same), new int[] {0})), Palette.series(0));
        long withTail = pixels(png(Densities.figure("", List.of(narrow, heavy), new int[] {0})), Palette.series(0));

        assertTrue(withTail > 0.7 * beside, withTail + " pixels beside a tail, else " + beside);
    }

    /** Half of the area is half of the height. */
    @Test
    void whatMayBeZeroIsLowerAndSaysSo() throws Exception {
        double[] two = {2};
        double[] three = {3};
        Latents certain = new Latents("certain", two, three);
        Latents half = new Latents("half", two, three, new double[] {0.5});
        int[] first = {0};

        long high = height(png(Densities.figure("", List.of(certain, certain), first)), Palette.series(1));
        long low = height(png(Densities.figure("", List.of(certain, half), first)), Palette.series(1));

        // the line in the legend, and its own width
        assertEquals(0.5, low / (double) high, 0.1);
        Figure alone = Densities.figure("Of a", List.of(half), first);
        Figure never = Densities.figure("Of a", List.of(certain), first);
        assertTrue(svg(alone).contains("Of a; a curve's area is the probability of not being 0"));
        assertFalse(svg(never).contains("not being 0"));
        // letters of a chart are curves in an SVG: the title goes on with the probability
        assertTrue(pixels(png(alone), Palette.INK) > pixels(png(never), Palette.INK));
    }

    /** Titles are letters drawn as curves, so a probability in each shows as more ink. */
    @Test
    void probabilitiesOfTwoCurvesStandAboveTheirPanelWhereOneMayBeZero() throws IOException {
        Latents certain = new Latents("a", new double[] {2}, new double[] {3});
        Latents half = new Latents("a", new double[] {2}, new double[] {3}, new double[] {0.5});
        Latents almost = new Latents("a", new double[] {2}, new double[] {3}, new double[] {0.9999});
        int[] first = {0};

        long none = inkOfPanels(List.of(certain, certain), first);
        long two = inkOfPanels(List.of(certain, half), first);
        long four = inkOfPanels(List.of(certain, half, half, half), first);

        assertTrue(two > none + 200, two + " pixels with probabilities, " + none + " without");
        assertEquals(none, four); // they would not fit
        assertEquals(none, inkOfPanels(List.of(certain, almost), first));
    }

    private long inkOfPanels(List<Latents> curves, int[] components) throws IOException {
        BufferedImage picture = png(Densities.figure("", curves, components));
        int below = 2 * 100; // title, note and legend
        return pixels(picture.getSubimage(0, below, picture.getWidth(), picture.getHeight() - below), Palette.INK);
    }

    @Test
    void aSpikeThatIsHardlyEverThereDoesNotPressTheOthers() throws IOException {
        Latents wide = new Latents("wide", new double[] {2}, new double[] {3});
        Latents spike = new Latents("spike", new double[] {0.001}, new double[] {3}, new double[] {1e-4});

        long alone = height(png(Densities.figure("", List.of(wide, wide), new int[] {0})), Palette.series(1));
        long beside = height(png(Densities.figure("", List.of(spike, wide), new int[] {0})), Palette.series(1));

        assertEquals(1, beside / (double) alone, 0.05);
    }

    @Test
    void whatIsNeverThereIsDrawnToo() throws IOException {
        Latents never = new Latents("never", new double[] {2}, new double[] {3}, new double[] {0});

        assertTrue(pixels(png(Densities.figure("", List.of(never, never), new int[] {0})), Palette.series(1)) > 0);
    }

    /** A curve that is pressed flat onto the axis has no pixels above it. */
    @Test
    void aSpikeLeavesRoomForTheOthers() throws IOException {
        Latents wide = new Latents("wide", new double[] {2}, new double[] {3});
        Latents other = new Latents("other", new double[] {1.5}, new double[] {3});
        Latents spike = new Latents("spike", new double[] {0.001}, new double[] {3});

        long beside = height(png(Densities.figure("", List.of(wide, other), new int[] {0})), Palette.series(0));
        long withSpike = height(png(Densities.figure("", List.of(wide, spike), new int[] {0})), Palette.series(0));

        // a tenth of the height, and the line in the legend; pressed flat, only that and a line
        assertTrue(withSpike > beside / 12, withSpike + " pixels high beside a spike, else " + beside);
    }

    @Test
    void aLegendThatDoesNotFitIsBroken() throws IOException {
        double[] ones = {1};
        Latents shortLabel = new Latents("a", ones, ones);
        Latents longLabel = new Latents("with a label of some length".repeat(2), ones, ones);

        BufferedImage oneLine = png(Densities.figure("", List.of(shortLabel, shortLabel), new int[] {0}));
        BufferedImage lines = png(Densities.figure("", List.of(longLabel, longLabel), new int[] {0}));

        assertTrue(lines.getHeight() > oneLine.getHeight());
    }

    @Test
    void anImageIsScaledToItsBrightestPixelLineByLine() throws IOException {
        Matrix basis = Matrix.of(new float[][] {{0}, {2}, {4}, {1}, {0}, {0}});

        BufferedImage picture = png(Figures.basisImages(basis, new ImageShape(2, 3)));

        // 6 pixels of 43 × 43, enlarged twice, from the margin and below the title on
        int zoom = 2 * Math.round(128 / 3f);
        int left = 2 * 24 + zoom / 2;
        int top = 2 * (24 + 26 + 18 + 10) + zoom / 2;
        int[] greys = IntStream.range(0, 6)
                .map(p -> picture.getRGB(left + p % 3 * zoom, top + p / 3 * zoom) & 0xFF)
                .toArray();
        assertArrayEquals(new int[] {0, 128, 255, 64, 0, 0}, greys);
    }

    @Test
    void aPictureTakesFewerBytesThanWithTheDefaultEffort() throws IOException {
        Figure figure = Figures.basisImages(ramp(4, 16).transpose(), new ImageShape(4, 4));
        Path file = directory.resolve("small.png");
        figure.save(file);
        ByteArrayOutputStream usual = new ByteArrayOutputStream();
        ImageIO.write(ImageIO.read(file.toFile()), "png", usual);

        assertTrue(Files.size(file) < usual.size(), Files.size(file) + " bytes, by default " + usual.size());
    }

    @Test
    void aBlackImageIsBlack() throws IOException {
        BufferedImage picture = png(Figures.basisImages(Matrix.zeros(16, 1), new ImageShape(4, 4)));

        assertEquals(4 * 128 * 128, (double) pixels(picture, Color.BLACK), 100);
    }

    @Test
    void partsStandInASquareWithFewGaps() {
        assertEquals(
                List.of(1, 2, 2, 3, 4, 9, 7),
                IntStream.of(1, 2, 4, 9, 16, 81, 49)
                        .map(Montage::imagesPerLine)
                        .boxed()
                        .toList());
        assertEquals(5, Montage.imagesPerLine(10));
    }

    @Test
    void namesOfSamplesStandAtTheirPictures() throws Exception {
        Matrix samples = ramp(2, 16).withNames(List.of("Ann & <Bob>", "Zoë"), List.of());

        String svg = svg(Figures.reconstructionImages(samples, samples, new ImageShape(4, 4)));

        assertTrue(svg.contains(">Ann &amp; &lt;Bob&gt;<"), svg);
        assertTrue(svg.contains("Zoë"), svg);
        assertTrue(svg.contains("sans-serif"), svg);
        assertTrue(
                svg.lines().filter(line -> line.contains("<text")).allMatch(line -> line.contains("font-size:")), svg);
        assertFalse(svg.contains("image/jpeg"), "lossy");
    }

    @Test
    void aLongNameIsCutShort() throws Exception {
        Matrix samples = ramp(1, 16).withNames(List.of("x".repeat(300)), List.of());

        String svg = svg(Figures.reconstructionImages(samples, samples, new ImageShape(4, 4)));

        assertTrue(svg.contains("x…"), svg);
        assertFalse(svg.contains("x".repeat(40)), svg);
    }

    @Test
    void seriesShowOriginalAndReconstruction() throws IOException {
        Features features = Features.of(7, List.of());

        BufferedImage both = png(Figures.reconstructionSeries(ramp(2, 7), ramp(2, 7), features));

        assertTrue(pixels(both, Palette.VERMILION) > 500, "reconstruction: " + pixels(both, Palette.VERMILION));
        assertTrue(pixels(both, Palette.INK) > 100, "original: " + pixels(both, Palette.INK));
    }

    @Test
    void seriesGoAlongDates() throws Exception {
        Features features = Features.of(3, List.of("2020-01-01", "2021-01-01", "2022-01-01"));

        assertTrue(svg(Figures.basisSeries(ramp(3, 2), features)).contains(">date<"));
    }

    @Test
    void barsShowTheGreatestOfManyFeatures() throws Exception {
        List<String> genes =
                IntStream.range(0, 30).mapToObj(i -> "gene " + (char) ('a' + i)).toList();

        Figure figure = Figures.basisBars(ramp(30, 1), Features.of(30, genes));

        assertTrue(svg(figure).contains("The 20 of 30 features with the greatest weights"));
        assertTrue(pixels(png(figure), Palette.BLUE) > 10_000);
    }

    @Test
    void barsOfFeaturesWithOneNameAreDrawnAll() throws IOException {
        Features twins = Features.of(2, List.of("twin", "twin"));

        png(Figures.basisBars(ramp(2, 1), twins)); // XChart refuses categories of one name
    }

    @Test
    void aScatterLeavesOutWhatALogarithmicAxisCannotShow() throws Exception {
        Matrix originals = Matrix.of(new float[][] {{0, 1, 10, 100}});
        Matrix reconstructions = Matrix.of(new float[][] {{5, 2, 20, 90}});

        String svg = svg(Figures.reconstructionScatter(originals, reconstructions, 1000, 0));

        assertTrue(svg.contains("3 entries chosen at random; 25 % of the entries are not shown"), svg);
    }

    @Test
    void aScatterOfZerosIsEmpty() throws Exception {
        Matrix zeros = Matrix.zeros(2, 3);

        assertTrue(svg(Figures.reconstructionScatter(zeros, zeros, 1000, 0)).contains("0 entries"));
    }

    @Test
    void aScatterTakesAsManyEntriesAsAskedFromAllOver() throws Exception {
        for (int rows : List.of(90, 6)) {
            Matrix v = ramp(rows, 300);
            String seldomZero = svg(Figures.reconstructionScatter(v, v, 100, 1));
            assertTrue(seldomZero.contains("100 entries chosen at random"), seldomZero);

            // the first rows alone are 0: about two thirds of the entries
            Matrix sparse = ramp(rows, 300);
            for (int i = 0; i < rows / 3 * 2; i++) {
                Arrays.fill(sparse.storage(i), sparse.offset(i), sparse.offset(i) + 300, 0);
            }
            String note = svg(Figures.reconstructionScatter(sparse, sparse, 100, 1));
            Matcher left =
                    Pattern.compile("100 entries chosen at random; (\\d+) % of").matcher(note);
            assertTrue(left.find(), note);
            // 300 draws give 200 ± 17 zeros with odds of 19 to 1; the seed is fixed
            assertEquals(67, Integer.parseInt(left.group(1)), 10);
        }
    }

    @Test
    void densitiesOfModelsLieOverEachOther() throws Exception {
        double[] ones = {1, 1};
        List<Latents> curves = List.of(
                new Latents("with KL", ones, new double[] {2, .5}),
                new Latents("without KL", new double[] {3, 1e-3}, new double[] {80, 2}));

        Figure figure = Densities.figure("Of sample 1", curves, new int[] {0, 1});

        assertTrue(svg(figure).contains("without KL"));
        BufferedImage picture = png(figure);
        assertTrue(pixels(picture, Palette.BLUE) > 100, "blue: " + pixels(picture, Palette.BLUE));
        assertTrue(pixels(picture, Palette.VERMILION) > 100, "red: " + pixels(picture, Palette.VERMILION));
    }

    @Test
    void generationShowsSamplesOfEachKind() throws IOException {
        Matrix v = ramp(2, 16);
        List<Matrix> drawn = List.of(v, v, v);

        int perLine = 5;
        BufferedImage images = png(Figures.generationImages(v, v, drawn, new ImageShape(4, 4)));
        assertTrue(images.getWidth() > 2 * perLine * 80, "width " + images.getWidth());
        BufferedImage series = png(Figures.generationSeries(v, v, drawn, Features.of(16, List.of())));
        assertTrue(pixels(series, Palette.INK) > 1000);
        List<String> words = IntStream.range(0, 16).mapToObj(i -> "w" + i * i).toList();
        BufferedImage bars = png(Figures.generationBars(v, v, drawn, Features.of(16, words)));
        assertTrue(pixels(bars, Palette.VERMILION) > 200);
    }

    @Test
    void lossShowsItsParts() throws Exception {
        double[] falling =
                IntStream.range(0, 2000).mapToDouble(e -> 1e4 / (e + 1)).toArray();

        Figure withKl = Figures.loss(falling, doubles(2000), true);
        Figure without = Figures.loss(falling, new double[2000], false);

        assertTrue(svg(withKl).contains(">objective<"));
        String svg = svg(without);
        assertFalse(svg.contains(">objective<"), svg);
        assertFalse(svg.contains(">KL divergence<"), "there is nothing of it to show");
        png(Figures.loss(new double[] {7}, new double[] {1}, true));
    }

    @Test
    void anObjectiveBelowZeroIsShownWhole() throws Exception {
        double[] falling = IntStream.range(0, 50).mapToDouble(e -> 40 - 2 * e).toArray();

        BufferedImage image = png(Figures.loss(falling, doubles(50), true));

        // the KL divergence is above 0 throughout, the reconstruction error in the first 20 of 50 epochs
        long whole = width(image, Palette.VERMILION);
        assertTrue(width(image, Palette.BLUE) > 0.9 * whole, "cut off at 0");
    }

    @Test
    void theChosenRankIsMarked() throws Exception {
        RankCurve total = new RankCurve("bits", new double[] {3, 2, 4}, new double[0]);
        RankCurve error = new RankCurve("error", new double[] {3, 1, .5}, new double[0]);

        RankPanel panel = new RankPanel(new int[] {1, 2, 4}, total, List.of(error), null, 2);
        Figure figure = Figures.ranks("Choice by MDL", "Chosen: rank 2", List.of(panel));

        assertTrue(svg(figure).contains(">Chosen: rank 2<"));
        long marked = pixels(png(figure), Palette.VERMILION);
        assertTrue(marked > 150);
        RankCurve held = new RankCurve("error", new double[] {.3}, new double[] {.1});
        RankPanel single = new RankPanel(new int[] {3}, held, List.of(), null, 3);
        assertTrue(pixels(png(Figures.ranks("Choice", "2 and 3", List.of(panel, single))), Palette.VERMILION) > marked);
    }

    @Test
    void whatIsDrawnBesideTheRanksHasAnAxisOfItsOwn() throws Exception {
        RankCurve stability = new RankCurve("stability", new double[] {1, .9, .3}, new double[0]);
        RankCurve elbo = new RankCurve("ELBO", new double[] {-30_000, -20_000, -19_000}, new double[0]);
        int[] ranks = {1, 2, 3};

        RankPanel alone = new RankPanel(ranks, stability, List.of(), null, 3);
        RankPanel both = new RankPanel(ranks, stability, List.of(), elbo, 3);

        BufferedImage without = png(Figures.ranks("Choice", "Chosen: 3", List.of(alone)));
        BufferedImage with = png(Figures.ranks("Choice", "Chosen: 3", List.of(both)));

        assertEquals(0, pixels(without, Palette.GREEN));
        assertTrue(pixels(with, Palette.GREEN) > 150);
        // the least value stays at the bottom: on an axis with the other's it would be at the top
        assertEquals(bottom(without, Palette.VERMILION), bottom(with, Palette.VERMILION), without.getHeight() / 20.0);
    }

    /** The last line of an image in which there is a colour. */
    private static int bottom(BufferedImage image, Color colour) {
        return IntStream.range(0, image.getHeight())
                .filter(y -> IntStream.range(0, image.getWidth()).anyMatch(x -> image.getRGB(x, y) == colour.getRGB()))
                .max()
                .orElseThrow();
    }

    @Test
    void thinningKeepsPeaks() {
        double[] y = new double[100_000];
        y[31_337] = 1;
        y[77_777] = -1;

        int[] kept = Charts.thinned(y);

        assertTrue(kept.length <= 800, "kept " + kept.length);
        assertTrue(Arrays.stream(kept).anyMatch(i -> i == 31_337));
        assertTrue(Arrays.stream(kept).anyMatch(i -> i == 77_777));
        assertArrayEquals(Arrays.stream(kept).sorted().distinct().toArray(), kept);
        assertArrayEquals(new int[] {0, 1, 2}, Charts.thinned(new double[3]));
    }
}
