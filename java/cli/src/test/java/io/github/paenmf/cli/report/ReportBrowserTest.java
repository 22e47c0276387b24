package io.github.paenmf.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

/** Reports in a real browser: what they show, and what a click or a key changes. */
@Tag("browser")
class ReportBrowserTest {

    private static final int DESKTOP = 1280;
    private static final int PHONE = 390;

    @TempDir
    private static Path directory;

    private static Browser browser;

    private static Path digits;
    private static PaeNmfModel digitsModel;
    private static Matrix digitsData;
    private static Path prices;
    private static Path genes;
    private static Path numbers;
    private static VariationalModel variationalModel;
    private static Path variational;
    private static Path compared;

    @BeforeAll
    static void writeReports() throws IOException {
        browser = Browser.start();
        digitsData = MatrixReader.read(MatrixReader.DEMO_DIGITS);
        digitsModel = fit(digitsData, 16, 60);
        digits = write("digits", digitsModel, digitsData);
        List<String> days = IntStream.range(0, 400)
                .mapToObj(i -> LocalDate.of(2020, 1, 1).plusDays(i).toString())
                .toList();
        Matrix series = ReportTest.random(14, 400).withNames(names("stock", 14), days);
        prices = write("prices", fit(series, 4, 20), series);
        List<String> symbols =
                IntStream.range(0, 60).mapToObj(i -> "GENE<b>" + i * i).toList();
        List<String> cells = new java.util.ArrayList<>(names("cell", 29));
        cells.add("</script><script>document.title='broken'</script>");
        Matrix counts = ReportTest.random(30, 60).withNames(cells, symbols);
        genes = write("genes", fit(counts, 3, 20), counts);
        numbers = write("numbers", Nmf.builder().rank(3).epochs(20).build().fit(counts), counts);
        variationalModel = ReportTest.variational();
        variational = write("variational", variationalModel, ReportTest.blocks());
        compared = directory.resolve("compared.html");
        FactorisationModel other = Nmf.builder().rank(3).epochs(20).build().fit(ReportTest.blocks());
        Features blocks = Features.of(40, other.featureNames());
        new Comparison("a.npz", variationalModel, "b.npz", other, blocks, Optional.empty(), false)
                .save(compared, "1.2.3");
    }

    @AfterAll
    static void quit() {
        if (browser != null) {
            browser.close();
        }
    }

    @AfterEach
    void nothingIsComplainedOf() {
        browser.assertNoComplaints();
    }

    private static List<String> names(String stem, int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> stem + i).toList();
    }

    private static PaeNmfModel fit(Matrix data, int rank, int epochs) {
        return PaeNmf.builder().rank(rank).epochs(epochs).build().fit(data);
    }

    private static Path write(String name, FactorisationModel model, RowSource data) throws IOException {
        Path file = directory.resolve(name + ".html");
        Features features = Features.of(data.columns(), data.columnNames());
        new Report(model, data, name, "1.2.3", features, ImageShape.guess(features)).save(file);
        return file;
    }

    private static Browser open(Path report) {
        return browser.as(DESKTOP, 900, "light").open(report);
    }

    private static List<String> sampleNames() {
        return browser.texts("#latents tbody button");
    }

    /** Waits until the page of a component is shown. */
    private static void untilComponent(int number) {
        browser.until("document.title.startsWith('Component " + number + " of ')");
    }

    private static void untilOverview() {
        browser.until("!document.getElementById('summary').hidden");
    }

    /** By the number above the table of samples. */
    private static void choose(int component) {
        browser.script(
                "const c = document.getElementById('component'); c.value = arguments[0];"
                        + " c.dispatchEvent(new Event('change'))",
                component);
    }

    private static String decimal(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    @Test
    void theSummarySaysWhatTheModelReaches() {
        open(digits);

        assertEquals("digits in 16 parts", browser.text("h1"));
        assertEquals("1,797 samples × 64 features · 60 epochs", browser.text("#lead"));
        String error = decimal(100 * digitsModel.score(digitsData).relativeErrorMedian(), 1) + " %";
        assertEquals(error, browser.texts("#figures .value").get(0));
        assertEquals(4, browser.all("#figures p").size());
        assertEquals(digitsModel.warnings().size(), browser.all("#warnings li").size());
        assertFalse(browser.find("#configuration").isDisplayed());
        browser.click("details summary");
        assertTrue(browser.text("#configuration").contains("Weibull, shape 1, scale 1"));
        browser.screenshot("digits-light");
    }

    /** To look at: of the report that the property {@code paenmf.test.report} names five times, else of the digits. */
    @Test
    void itOpensQuicklyEnoughToTell() {
        String given = System.getProperty("paenmf.test.report");
        for (int i = 0; i < (given == null ? 1 : 5); i++) {
            open(given == null ? digits : Path.of(given));

            System.out.printf(
                    Locale.ROOT,
                    "%s: drawn after %s ms, loaded after %d ms%n",
                    given == null ? "report of 1797 digits" : given,
                    browser.script("return document.documentElement.dataset.ready"),
                    browser.number("const [page] = performance.getEntriesByType('navigation');"
                            + " return Math.round(page.loadEventEnd)"));
        }
    }

    /** Of vb with intervals; of pae, which has none, without. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void effectsOfCovariatesAreATable(boolean ofPosteriors) throws IOException {
        Matrix blocks = ReportTest.blocks();
        Covariates table = Covariates.builder()
                .texts(
                        "batch",
                        IntStream.range(0, blocks.rows())
                                .mapToObj(i -> i % 2 == 0 ? "a" : "b")
                                .toList())
                .numbers(
                        "age",
                        IntStream.range(0, blocks.rows())
                                .mapToDouble(i -> i % 5)
                                .toArray())
                .build();
        RowSource rows = Covariates.attach(blocks, table);
        FactorisationModel model = ofPosteriors
                ? VariationalNmf.builder().rank(3).epochs(20).build().fit(rows)
                : PaeNmf.builder().rank(3).epochs(20).build().fit(rows);
        open(write("covariates", model, rows));

        assertEquals(List.of("batch: a", "batch: b", "age"), browser.texts("#covariates-table tbody th"));
        assertEquals(9, browser.all("#covariates-table .dot").size());
        assertEquals(
                ofPosteriors ? 9 : 0, browser.all("#covariates-table .within").size());
        assertEquals(
                ofPosteriors ? 9 : 0, browser.all("#covariates-table .whisker").size());
        String note = browser.text("#covariates-note");
        assertEquals(ofPosteriors, note.contains("interval"), note);
        browser.screenshot("covariates-" + model.algorithm());
    }

    @Test
    void theAxisOfTheLossCanBeLinear() {
        open(digits);
        String logarithmic = browser.canvas("#loss canvas");

        browser.click("#logarithmic");

        assertNotEquals(logarithmic, browser.canvas("#loss canvas"));
        assertEquals(1, browser.all("#loss .uplot").size());
    }

    @Test
    void theTableShowsMeansAndIntervals() {
        open(digits);
        choose(2);

        var latent = digitsModel.transform(digitsData);
        Matrix upper = latent.quantile(0.95);
        int decimals = 2
                - (int) Math.floor(Math.log10(IntStream.range(0, 1797)
                        .mapToDouble(i -> upper.get(i, 2))
                        .max()
                        .orElseThrow()));
        List<String> second = browser.texts("#latents tbody tr:nth-child(2) td");
        assertEquals("sample 2", second.get(0));
        assertEquals(decimal(latent.mean().get(1, 2), decimals), second.get(1));
        String interval =
                decimal(latent.quantile(0.05).get(1, 2), decimals) + " – " + decimal(upper.get(1, 2), decimals);
        assertEquals(interval, second.get(2));
    }

    @Test
    void choosingAPartOrANumberChoosesTheComponent() {
        open(digits);

        browser.click(".tile[data-component='6']");
        untilComponent(7);
        browser.click(".turn a[href='#part-7']");
        untilOverview();
        assertEquals("6", browser.find("#component").getDomProperty("value"));
        List<String> before = browser.texts("#latents tbody tr");
        choose(3);

        assertNotEquals(before, browser.texts("#latents tbody tr"));
        assertEquals("true", browser.find(".tile[data-component='3']").getDomAttribute("aria-current"));
        assertEquals(1, browser.all(".tile[aria-current]").size());
    }

    @Test
    void headingsSort() {
        open(digits);
        choose(0);
        var means = digitsModel.transform(digitsData).mean();
        Comparator<Integer> byMean = Comparator.comparingDouble(i -> means.get(i, 0));
        List<Integer> increasing =
                IntStream.range(0, 1797).boxed().sorted(byMean).toList();

        browser.click("[data-sort='mean']");
        assertEquals("sample " + (increasing.get(1796) + 1), sampleNames().get(0));
        assertEquals("descending", browser.find("#latents th:nth-child(2)").getDomAttribute("aria-sort"));

        browser.click("[data-sort='mean']");
        assertEquals("ascending", browser.find("#latents th:nth-child(2)").getDomAttribute("aria-sort"));
        assertNotEquals("sample " + (increasing.get(1796) + 1), sampleNames().get(0));

        browser.click("[data-sort='name']");
        assertEquals(List.of("sample 1", "sample 2", "sample 3"), sampleNames().subList(0, 3));
        assertNull(browser.find("#latents th:nth-child(2)").getDomAttribute("aria-sort"));
    }

    /** Of a sample of zeros no relative error is defined. */
    @Test
    void aSampleWithoutAnErrorIsTheLastByError() throws IOException {
        float[][] rows = ReportTest.random(5, 60).toRows();
        rows[2] = new float[60];
        Matrix data = Matrix.of(rows).withNames(names("cell", 5), List.of());
        open(write("zeros", fit(data, 2, 20), data));

        browser.click("[data-sort='error']");
        assertEquals("cell3", sampleNames().get(0));
        browser.click("[data-sort='error']");
        assertEquals("cell3", sampleNames().get(4));
    }

    @Test
    void searchFindsSamplesByName() {
        open(genes);

        browser.find("#search").sendKeys("CELL2");

        assertEquals(
                List.of(
                        "cell2", "cell20", "cell21", "cell22", "cell23", "cell24", "cell25", "cell26", "cell27",
                        "cell28", "cell29"),
                sampleNames());
        assertEquals("11 of 30 samples match", browser.text("#found"));
        browser.find("#search").sendKeys("nobody");
        assertEquals(List.of(), sampleNames());
        assertEquals("0 of 30 samples match", browser.text("#found"));
    }

    @Test
    void thePagesGoThroughAllSamples() {
        open(digits);
        assertEquals("Page 1 of 150", browser.text("#page"));
        assertFalse(browser.find("#previous").isEnabled());

        browser.click("#next");

        assertEquals("sample 13", sampleNames().get(0));
        browser.script("for (let i = 2; i < 150; i++) document.getElementById('next').click()");
        assertEquals("Page 150 of 150", browser.text("#page"));
        assertEquals("sample 1797", sampleNames().get(sampleNames().size() - 1));
        assertFalse(browser.find("#next").isEnabled());
    }

    @Test
    void theSliderGoesFromTheMedianThroughSamples() {
        open(digits);
        String original = browser.canvas("figure:nth-child(1) canvas");
        String median = browser.canvas("figure:nth-child(2) canvas");
        assertEquals("the medians", browser.text("#draw-name"));

        browser.find("#draw").sendKeys(Keys.ARROW_RIGHT);

        String first = browser.canvas("figure:nth-child(2) canvas");
        assertEquals("sample 1 of 20", browser.text("#draw-name"));
        assertNotEquals(median, first);
        browser.find("#draw").sendKeys(Keys.ARROW_RIGHT);
        assertNotEquals(first, browser.canvas("figure:nth-child(2) canvas"));
        browser.find("#draw").sendKeys(Keys.HOME);
        assertEquals(median, browser.canvas("figure:nth-child(2) canvas"));
        assertEquals(original, browser.canvas("figure:nth-child(1) canvas"));
    }

    @Test
    void theReconstructionIsThatOfTheModel() {
        open(digits);

        Matrix first = digitsData.selectRows(new int[] {0});
        float white = 0;
        for (int j = 0; j < 64; j++) {
            white = Math.max(white, first.get(0, j));
        }
        Matrix expected = digitsModel.reconstruct(first);
        List<?> greys = (List<?>) browser.script("const c = document.querySelector('figure:nth-child(2) canvas');"
                + " const d = c.getContext('2d').getImageData(0, 0, 8, 8).data;"
                + " return Array.from({length: 64}, (_, p) => d[4 * p])");
        for (int j = 0; j < 64; j++) {
            // half a grey of rounding, and the latents' 16 bits
            assertEquals(Math.min(255, 255 * expected.get(0, j) / white), ((Number) greys.get(j)).floatValue(), 0.6);
        }
    }

    @Test
    void aSampleIsChosenByMouseOrKeyboard() {
        open(digits);
        String coefficients = browser.canvas("#coefficients canvas");

        browser.all("#latents tbody button").get(4).sendKeys(Keys.ENTER);

        assertEquals("sample 5", browser.text("#sample-name"));
        assertEquals("sample 5", browser.text("tr[aria-current='true'] button"));
        assertNotEquals(coefficients, browser.canvas("#coefficients canvas"));
        browser.click("#next");
        browser.all("#latents tbody button").get(0).click();
        assertEquals("sample 13", browser.text("#sample-name"));
    }

    /** RFC 4180: CRLF, and quotes doubled within quotes; a float32 by as few digits as tell it from others. */
    @Test
    void tablesAreSavedWithAllDigitsAndQuotes() {
        open(genes);

        assertEquals(
                "\"a \"\"b\"\", c\",'=d|0.1,1e-30|-3,|",
                browser.script("return csv([['a \"b\", c', '=d'], [Math.fround(.1), Math.fround(1e-30)], [-3, NaN]])"
                        + ".replaceAll('\\r\\n', '|')"));
        assertEquals(
                List.of(
                        "Save the weights as CSV",
                        "Save the greatest weights as CSV",
                        "Save the strongest samples as CSV"),
                browser.texts("#parts-downloads button"));
    }

    @Test
    void theWorstSampleIsReachedFromItsName() {
        open(genes);
        String worst = browser.text(".residuals tbody a");

        browser.find(".residuals tbody a").sendKeys(Keys.ENTER);

        assertEquals(worst, browser.text("#sample-name"));
    }

    @Test
    void seriesAreLinesOverTheirDates() {
        open(prices);
        browser.script("document.getElementById('parts').scrollIntoView()");

        browser.until("document.querySelectorAll('#basis .uplot').length === 4"); // drawn once near the window
        assertEquals(1, browser.all("#reconstruction .uplot").size());
        String median = browser.canvas("#reconstruction canvas");
        browser.find("#draw").sendKeys(Keys.ARROW_RIGHT);
        assertNotEquals(median, browser.canvas("#reconstruction canvas"));
        assertEquals(1, browser.all("#reconstruction .uplot").size());
        browser.screenshot("prices-light");
    }

    @Test
    void genesAreListedByWeightUnderTheirNames() {
        open(genes);

        assertEquals(10, browser.all("#basis > div:first-child tbody tr").size());
        assertTrue(browser.text("#basis tbody .name").startsWith("GENE<b>"), browser.text("#basis tbody .name"));
        browser.click("#basis .more a");
        untilComponent(1);
        assertEquals(
                30,
                browser.all("#component-1 .halves > div:first-child tbody tr").size());
    }

    @Test
    void whereCoefficientsAreNumbersNothingIsSaidOfDistributions() {
        open(numbers);

        assertEquals(2, browser.all("#figures .value").size());
        assertFalse(browser.find("#draw").isDisplayed());
        assertEquals(
                List.of("Sample", "Coefficient", "", "", "Drawn", "Error"),
                browser.texts("#latents th").stream()
                        .map(heading -> heading.replaceAll("[\\n ].*", ""))
                        .toList());
        assertFalse(browser.text("main").matches("(?s).*(interval|distribution|prior|KL).*"), browser.text("main"));
        browser.click("[data-sort='mean']");
        assertEquals("descending", browser.find("#latents th:nth-child(2)").getDomAttribute("aria-sort"));
    }

    @Test
    void aNameIsTextAndNoScript() {
        open(genes);

        browser.find("#search").sendKeys("script");
        browser.click("#latents tbody button");

        assertEquals("</script><script>document.title='broken'</script>", browser.text("#sample-name"));
        assertEquals("genes in 3 parts", browser.script("return document.title"));
    }

    @Test
    void aPhoneScrollsDownOnly() {
        for (Path report : List.of(digits, prices, genes, variational, compared)) {
            browser.as(PHONE, 844, "light").open(report);

            assertEquals(PHONE, browser.number("return document.documentElement.scrollWidth"), report.toString());
        }
        browser.open(digits).screenshot("digits-phone");
    }

    @Test
    void chartsTakeTheWidthThatAWindowGetsLater() {
        open(prices);
        long wide = browser.number("return document.querySelector('#loss .uplot canvas').width");

        browser.as(800, 900, "light").frame();

        long narrow = browser.number("return document.querySelector('#loss .uplot canvas').width");
        assertTrue(narrow < wide - 300, narrow + " after " + wide);
        assertTrue(narrow <= 800, "narrow: " + narrow);
    }

    @Test
    void darkColoursAreTakenAlsoLater() {
        open(prices);
        String light = browser.canvas("#loss canvas");
        String paper = "return getComputedStyle(document.body).backgroundColor";
        assertEquals("rgb(255, 255, 255)", browser.script(paper));

        browser.as(DESKTOP, 900, "dark").frame();

        assertEquals("rgb(15, 19, 24)", browser.script(paper));
        assertNotEquals(light, browser.canvas("#loss canvas"));
        browser.screenshot("prices-dark");
    }

    @Test
    void everyControlHasANameAndTextHasContrast() {
        for (Path report : List.of(genes, variational, compared)) {
            everyControlHasANameAndTextHasContrast(report, "light");
            everyControlHasANameAndTextHasContrast(report, "dark");
        }
    }

    private static void everyControlHasANameAndTextHasContrast(Path report, String scheme) {
        browser.as(DESKTOP, 900, scheme).open(report);

        assertEquals(List.of(), browser.script("""
                            return [...document.querySelectorAll('button, input, select, canvas[role=img], a')]
                              .filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.ariaHidden))
                              .map(e => e.outerHTML)"""));
        // WCAG 2.2, 1.4.3: at least 4.5 for text of this size
        assertEquals(List.of(), browser.script(CONTRAST), scheme);
    }

    /** The texts whose colour is too near to that behind them. */
    private static final String CONTRAST = """
            const parse = c => c.match(/[\\d.]+/g).map(Number);
            const luminance = c => {
              const [r, g, b] = parse(c).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
              return .2126 * r + .7152 * g + .0722 * b;
            };
            const behind = e => {
              for (; e; e = e.parentElement) {
                const c = getComputedStyle(e).backgroundColor;
                if (parse(c)[3] !== 0) return c;
              }
              return 'rgb(255, 255, 255)';
            };
            return [...document.querySelectorAll('body *')]
              .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
                && !['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(e.tagName) && e.checkVisibility() && !e.disabled)
              .filter(e => {
                const [a, b] = [luminance(getComputedStyle(e).color), luminance(behind(e))].sort((x, y) => y - x);
                return (a + .05) / (b + .05) < 4.5;
              })
              .map(e => e.outerHTML.slice(0, 120))""";

    @Test
    void ofVariationalNmfItTellsWhatIsProbablyInAPart() {
        open(variational);
        choose(1);

        var latent = variationalModel.transform(ReportTest.blocks());
        var bounds = variationalModel.intervals(ReportTest.blocks(), 0.9);
        for (int i = 0; i < 2; i++) {
            List<String> row = browser.texts("#latents tbody tr:nth-child(" + (i + 1) + ") td");
            int decimals = row.get(1).length() - row.get(1).indexOf('.') - 1;
            assertEquals(decimal(latent.mean().get(i, 1), decimals), row.get(1), row.toString());
            assertEquals(
                    decimal(bounds.lower().get(i, 1), decimals) + " – "
                            + decimal(bounds.upper().get(i, 1), decimals),
                    row.get(2));
            assertEquals(whole(latent.inclusion().get(i, 1)), row.get(3));
        }
        assertFalse(browser.find(".switch").isDisplayed(), "an axis without 0");
        Matrix inclusion = variationalModel.basisInclusion();
        long genes =
                IntStream.range(0, 40).filter(f -> inclusion.get(f, 1) >= 0.5f).count();
        assertTrue(
                browser.text(".tile[data-component='1'] .within")
                        .endsWith(", " + decimal(100 * genes / 40.0, 0) + " % of features"),
                browser.text(".tile[data-component='1']"));
        browser.screenshot("variational");
    }

    private static String whole(double probability) {
        return probability > 0 && probability < 0.005 ? "< 1 %" : decimal(100 * probability, 0) + " %";
    }

    @Test
    void theGreatestWeightsHaveErrorBarsAndATable() {
        open(variational);

        assertEquals(
                List.of("Feature", "Weight", "90 % interval", "p"),
                browser.texts("#basis > div:nth-child(2) thead th"));
        Matrix basis = variationalModel.basis();
        var bounds = variationalModel.basisIntervals(0.9);
        List<Integer> order = IntStream.range(0, 40)
                .boxed()
                .sorted(Comparator.comparingDouble(f -> -basis.get(f, 1)))
                .limit(10)
                .toList();
        double most = order.stream()
                .mapToDouble(f -> Math.max(basis.get(f, 1), bounds.upper().get(f, 1)))
                .max()
                .orElseThrow();
        for (int i = 0; i < 10; i++) {
            int f = order.get(i);
            double from = bounds.lower().get(f, 1);
            double to = bounds.upper().get(f, 1);
            String row = "#basis > div:nth-child(2) tbody tr:nth-child(" + (i + 1) + ")";
            assertEquals(
                    variationalModel.featureNames().get(f),
                    browser.text(row + " .name"),
                    "from the greatest to the least");
            assertEquals(whole(variationalModel.basisInclusion().get(f, 1)), browser.text(row + " td:last-child"));
            List<?> drawn = (List<?>) browser.script(
                    "const w = document.querySelector(arguments[0] + ' .whisker').style;"
                            + " const b = document.querySelector(arguments[0] + ' .bar').style;"
                            + " return [w.left, w.width, b.width].map(parseFloat)",
                    row);
            double[] expected = {100 * from / most, 100 * (to - from) / most, 100 * basis.get(f, 1) / most};
            for (int e = 0; e < 3; e++) {
                assertEquals(expected[e], ((Number) drawn.get(e)).doubleValue(), 0.051); // one decimal
            }
        }
    }

    /** By the keyboard from the overview to a page, on to the next, and back to where it was. */
    @Test
    void aComponentHasAPageOfItsGreatestWeightsAndStrongestSamples() {
        open(variational);
        browser.find("#part-1").sendKeys(Keys.ENTER);
        untilComponent(1);
        assertEquals("Component 1 of 2", browser.text("#component-title"));
        assertFalse(browser.find("#samples").isDisplayed());
        browser.find(".turn a[href='#component-2']").sendKeys(Keys.ENTER);
        untilComponent(2);

        Matrix basis = variationalModel.basis();
        var bounds = variationalModel.basisIntervals(0.9);
        List<Integer> features = IntStream.range(0, 40)
                .boxed()
                .sorted(Comparator.comparingDouble(f -> -basis.get(f, 1)))
                .limit(30)
                .toList();
        var latent = variationalModel.transform(ReportTest.blocks());
        List<Integer> samples = IntStream.range(0, 60)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -latent.mean().get(i, 1)))
                .limit(20)
                .toList();
        assertEquals("Component 2 of variational in 2 parts", browser.script("return document.title"));
        assertEquals(
                features.stream().map(variationalModel.featureNames()::get).toList(),
                browser.texts("#component-2 .halves > div:first-child tbody .name"));
        String first = "#component-2 .halves > div:first-child tbody tr:first-child td";
        int decimals = browser.text(first).length() - browser.text(first).indexOf('.') - 1;
        int greatest = features.get(0);
        assertEquals(
                List.of(
                        decimal(basis.get(greatest, 1), decimals),
                        decimal(bounds.lower().get(greatest, 1), decimals) + " – "
                                + decimal(bounds.upper().get(greatest, 1), decimals),
                        whole(variationalModel.basisInclusion().get(greatest, 1))),
                browser.texts(first));
        assertEquals(
                samples.stream().map(i -> "cell" + i).toList(),
                browser.texts("#component-2 .halves > div:nth-child(2) tbody .name"));
        long out = features.stream()
                .filter(f -> variationalModel.basisInclusion().get(f, 1) < 0.5f)
                .count();
        assertEquals(
                out,
                browser.all("#component-2 .halves > div:first-child tr.out").size());

        browser.find("#component-2 .halves > div:nth-child(2) tbody a").sendKeys(Keys.ENTER);
        untilOverview();
        assertEquals("cell" + samples.get(0), browser.text("#sample-name"));
        assertTrue(browser.find("#samples").isDisplayed());
        assertEquals("1", browser.find("#component").getDomProperty("value"));
        browser.script("history.back()");
        untilComponent(2);
        browser.screenshot("component");
        browser.find(".turn a[href='#part-2']").sendKeys(Keys.ENTER);
        untilOverview();
        assertEquals("part-2", browser.script("return document.activeElement.id"));
    }

    /** Of a bootstrap its intervals beside those of the posterior, in words that tell them apart; saved as they are. */
    @Test
    void aPageTellsTheIntervalsOfABootstrapFromThoseOfThePosterior() throws IOException {
        VariationalModel model =
                VariationalNmf.builder().rank(2).epochs(10).bootstrap(4).build().fit(ReportTest.blocks());
        Path report = write("bootstrap", model, ReportTest.blocks());
        browser.as(DESKTOP, 900, "light").open(report);
        browser.click("#part-2");
        untilComponent(2);

        String list = "#component-2 .halves > div:first-child ";
        assertEquals(
                List.of("90 % interval\nif the model holds", "bootstrap\nif other samples had been drawn"),
                browser.texts(list + "thead .ranges > span"));
        Matrix basis = model.basis();
        int greatest = IntStream.range(0, 40)
                .boxed()
                .max(Comparator.comparingDouble(f -> basis.get(f, 1)))
                .orElseThrow();
        var drawn = model.bootstrapIntervals(0.9).orElseThrow();
        String text = browser.text(list + "tbody tr:first-child .ranges > span:nth-child(2)")
                .replaceFirst("bootstrap\\s", ""); // for those who hear it
        int decimals = text.length() - text.lastIndexOf('.') - 1;
        assertEquals(
                decimal(drawn.lower().get(greatest, 1), decimals) + " – "
                        + decimal(drawn.upper().get(greatest, 1), decimals),
                text);
        assertEquals(1, model.bootstrap().orElseThrow().matches().found(1));
        assertTrue(browser.text("#component-2 .reliability")
                .contains(
                        "bootstrap found\nshare of the bootstrap's fits in which it is found, with a cosine of at least"
                                + " 0.9\n100 %"));

        browser.script("URL.createObjectURL = blob => { blob.text().then(text => window.saved = text); return '#' }");
        browser.click(list + ".download");
        browser.until("window.saved");
        String saved = (String) browser.script("return window.saved");
        assertEquals(
                "component,rank,feature,value,lower,upper,inclusion,bootstrap_lower,bootstrap_upper",
                saved.lines().findFirst().orElseThrow());
        String[] line = saved.lines().skip(1).findFirst().orElseThrow().split(",", -1);
        assertEquals(
                List.of("component2", "1", model.featureNames().get(greatest)),
                List.of(line).subList(0, 3));
        assertEquals(drawn.upper().get(greatest, 1), Float.parseFloat(line[8]));
        assertEquals(31, saved.lines().count());

        browser.as(PHONE, 844, "dark").open(report);
        browser.click("#part-2");
        untilComponent(2);
        assertEquals(PHONE, browser.number("return document.documentElement.scrollWidth"));
        assertEquals(List.of("90 % interval", "bootstrap"), browser.texts(list + "thead .ranges > span"));
        browser.screenshot("component-phone");
    }

    /** In the order of the page, each seen and with its focus: no control keeps it. */
    @Test
    void theKeyboardReachesEveryControl() {
        for (String hash : List.of("", "#component-2")) {
            browser.as(DESKTOP, 900, "light").open(genes);
            browser.script("location.hash = arguments[0]", hash);
            browser.until("document.querySelector('.skip').hash === (location.hash || '#summary')");
            browser.script(KEYBOARD);
            assertTrue(browser.number("return document.querySelector('.skip').getBoundingClientRect().left") >= 0);
            List<?> controls = (List<?>) browser.script("return window.controls.map(window.called)");
            assertTrue(controls.size() > 30, controls.toString());

            browser.press(Keys.TAB.toString().repeat(controls.size() - 1)); // from the first to the last

            assertEquals(controls.subList(1, controls.size()), browser.script("return window.reached"));
            assertEquals(List.of(), browser.script("return window.unseen"));
        }
    }

    private static final String KEYBOARD = """
            document.querySelector('.skip').focus();
            window.called = e => e.tagName + ' ' + (e.id || e.textContent.trim());
            window.controls = [...document.querySelectorAll('a[href], button, input, select, summary')]
              .filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0);
            window.reached = [];
            window.unseen = [];
            document.addEventListener('focusin', ({ target }) => {
              if (target === window.controls[0]) return; // where it begins
              window.reached.push(window.called(target));
              const box = target.getBoundingClientRect();
              const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
              if (!target.matches(':focus-visible') || getComputedStyle(target).outlineStyle === 'none'
                || !(there && target.contains(there))) window.unseen.push(window.called(target));
            })""";

    @Test
    void theCoefficientsOfASampleAreATableToo() {
        open(variational);
        browser.all("#latents tbody button").get(3).click();
        browser.click("#coefficients-details summary");

        var latent = variationalModel.transform(ReportTest.blocks());
        var bounds = variationalModel.intervals(ReportTest.blocks(), 0.9);
        for (int j = 0; j < 2; j++) {
            List<String> row = browser.texts("#coefficients-table tbody tr:nth-child(" + (j + 1) + ") > *");
            int decimals = row.get(1).length() - row.get(1).indexOf('.') - 1;
            assertEquals(
                    List.of(
                            String.valueOf(j + 1),
                            decimal(latent.mean().get(3, j), decimals),
                            decimal(bounds.lower().get(3, j), decimals) + " – "
                                    + decimal(bounds.upper().get(3, j), decimals),
                            whole(latent.inclusion().get(3, j))),
                    row);
        }
    }

    @Test
    void anImageShowsBoundsAndWidthsOnRequest() throws IOException {
        Path report = directory.resolve("bounds.html");
        Matrix pixels = ReportTest.blocks().withNames(List.of(), List.of());
        new Report(
                        variationalModel,
                        pixels,
                        "bounds",
                        "1.2.3",
                        Features.of(40, List.of()),
                        Optional.of(new ImageShape(5, 8)))
                .save(report);
        open(report);
        Matrix value = variationalModel.basis();
        Matrix lower = variationalModel.basisIntervals(0.9).lower();
        Matrix upper = variationalModel.basisIntervals(0.9).upper();
        double most =
                IntStream.range(0, 40).mapToDouble(f -> upper.get(f, 1)).max().orElseThrow();

        for (String statistic : List.of("value", "lower", "upper", "width")) {
            browser.script(
                    "const s = document.getElementById('statistic'); s.value = arguments[0];"
                            + " s.dispatchEvent(new Event('change'))",
                    statistic);
            // read from a copy: the browser complains of reading the same canvas again and again
            List<?> greys = (List<?>) browser.script("const c = document.createElement('canvas').getContext('2d');"
                    + " c.drawImage(document.querySelectorAll('#basis canvas.weights')[1], 0, 0);"
                    + " const d = c.getImageData(0, 0, 8, 5).data;"
                    + " return Array.from({length: 40}, (_, p) => d[4 * p])");
            for (int f = 0; f < 40; f++) {
                double low = lower.get(f, 1);
                double high = upper.get(f, 1);
                double share = switch (statistic) {
                    case "value" -> value.get(f, 1) / most;
                    case "lower" -> low / most;
                    case "upper" -> high / most;
                    default -> high > 0 ? (high - low) / (high + low) : 0;
                };
                assertEquals(Math.min(255, 255 * share), ((Number) greys.get(f)).doubleValue(), 0.51, statistic);
            }
            assertEquals(
                    statistic.equals("value"),
                    browser.find("#basis canvas.weights")
                            .getDomAttribute("aria-label")
                            .equals("component 1"));
        }
        assertTrue(
                browser.text("#statistic-note").startsWith("Shown: relative width"), browser.text("#statistic-note"));
        assertTrue(browser.text("#intervals").startsWith("Intervals by rotation: "), browser.text("#intervals"));
    }

    /** As far from black as p says, to the rounding of a grey. */
    @Test
    void ofVariationalNmfAnImageHasItsProbabilitiesBesideIt() throws IOException {
        Path report = directory.resolve("images.html");
        Matrix pixels = ReportTest.blocks().withNames(List.of(), List.of());
        Features features = Features.of(40, List.of());
        ImageShape shape = new ImageShape(5, 8);
        new Report(variationalModel, pixels, "images", "1.2.3", features, Optional.of(shape)).save(report);
        open(report);

        assertEquals(4, browser.all("#basis canvas").size());
        Matrix inclusion = variationalModel.basisInclusion();
        List<?> greys = (List<?>) browser.script("const c = document.querySelectorAll('#basis canvas.probability')[1];"
                + " const d = c.getContext('2d').getImageData(0, 0, 8, 5).data;"
                + " return Array.from({length: 40}, (_, p) => d[4 * p])");
        for (int f = 0; f < 40; f++) {
            assertEquals(255 * inclusion.get(f, 1), ((Number) greys.get(f)).floatValue(), 0.51);
        }
        assertTrue(browser.text("#parts-note").contains("Beside each, p"), browser.text("#parts-note"));
        browser.screenshot("variational-images");
        browser.as(PHONE, 844, "dark").open(report);
        assertEquals(PHONE, browser.number("return document.documentElement.scrollWidth"));
        browser.screenshot("variational-images-phone");
    }

    @Test
    void ofVariationalNmfASeriesHasItsProbabilitiesAndTheirDates() throws IOException {
        List<String> days = IntStream.range(0, 40)
                .mapToObj(i -> LocalDate.of(2020, 1, 1).plusDays(i).toString())
                .toList();
        Matrix series = ReportTest.blocks().withNames(List.of(), days);
        VariationalModel model =
                VariationalNmf.builder().rank(2).epochs(40).build().fit(series);
        open(write("series", model, series));

        Matrix basis = model.basis();
        int top = IntStream.range(0, 40)
                .boxed()
                .max(Comparator.comparingDouble(f -> basis.get(f, 1)))
                .orElseThrow();
        browser.until("document.querySelectorAll('#basis .uplot').length === 2"); // drawn once near the window
        assertEquals(
                days.get(top),
                browser.texts("#basis > div:nth-child(2) tbody tr:first-child .name")
                        .get(0));
        assertEquals("100 %", browser.text("#basis > div:nth-child(2) tbody tr:first-child td:last-child"));
        assertTrue(browser.text("#parts-note").contains("The broken line"), browser.text("#parts-note"));
        browser.screenshot("variational-series");
    }
}
