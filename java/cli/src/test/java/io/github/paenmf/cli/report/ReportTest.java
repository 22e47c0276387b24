package io.github.paenmf.cli.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.Score;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a report's file holds; {@link ReportBrowserTest} opens it. */
class ReportTest {

    @TempDir
    private Path directory;

    static Matrix random(int rows, int columns) {
        SplittableRandom random = new SplittableRandom(1);
        Matrix matrix = Matrix.zeros(rows, columns);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                matrix.storage(i)[matrix.offset(i) + j] = (float) random.nextDouble();
            }
        }
        return matrix;
    }

    private static PaeNmfModel fit(Matrix data, int rank, int epochs) {
        return PaeNmf.builder().rank(rank).epochs(epochs).build().fit(data);
    }

    private String write(FactorisationModel model, Matrix data, Optional<ImageShape> shape) throws IOException {
        Path file = directory.resolve("report.html");
        Features features = Features.of(data.columns(), data.columnNames());
        new Report(model, data, "<a> & \"b\"", "1.2.3", features, shape).save(file);
        return Files.readString(file);
    }

    private static Map<String, Object> data(String page) throws IOException {
        Matcher matcher = Pattern.compile(
                        "<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL)
                .matcher(page);
        assertTrue(matcher.find());
        return JSON.std.mapFrom(matcher.group(1));
    }

    private static Map<?, ?> part(Map<?, ?> object, String key) {
        return (Map<?, ?>) object.get(key);
    }

    private static float[] floats(Object base64) {
        FloatBuffer buffer = ByteBuffer.wrap(Base64.getDecoder().decode((String) base64))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        float[] floats = new float[buffer.remaining()];
        buffer.get(floats);
        return floats;
    }

    private static float[] values(Matrix matrix) {
        float[] values = new float[(int) matrix.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = matrix.get(i / matrix.columns(), i % matrix.columns());
        }
        return values;
    }

    @Test
    void namesCannotLeaveTheData() throws IOException {
        List<String> rows = List.of("</script><script>alert(1)</script>", "<!--", "]]>", "'\"\\", "é\u2028");
        List<String> columns = List.of("<img src=x onerror=alert(1)>", "b", "@@JS@@", "$1");
        Matrix v = random(5, 4).withNames(rows, columns);

        String page = write(fit(v, 2, 3), v, Optional.empty());

        assertFalse(page.contains("alert(1)</script>"), "the script of a name");
        assertFalse(page.contains("<img"), "the element of a name");
        assertEquals(4, page.split("<script", -1).length - 1, "the data, uPlot and two of the report's own");
        assertEquals(rows, part(data(page), "samples").get("names"));
        assertEquals(columns, part(data(page), "features").get("names"));
        assertTrue(page.contains("<title>&lt;a&gt; &amp; &quot;b&quot; in 2 parts</title>"));
    }

    /** An override would turn around what follows it, such as the end of a file's name. */
    @Test
    void namesCannotTurnTheTextAround() throws IOException {
        List<String> rows = List.of("a\u202egpj", "b\u2066", "c\u001b[31m", "\u05d0\u200f", "e");
        Matrix v = random(5, 4).withNames(rows, List.of());

        String page = write(fit(v, 2, 3), v, Optional.empty());

        assertEquals(
                List.of("a\\u202egpj", "b\\u2066", "c\\u001b[31m", "\u05d0\u200f", "e"),
                part(data(page), "samples").get("names"));
    }

    @Test
    void thePolicyAllowsItsOwnScriptsAndStylesAndNoNetwork() throws Exception {
        Matrix v = random(5, 4);
        String page = write(fit(v, 2, 3), v, Optional.empty());

        Matcher policy = Pattern.compile("Content-Security-Policy\" content=\"([^\"]*)\"")
                .matcher(page);
        assertTrue(policy.find());
        assertTrue(policy.group(1).startsWith("default-src 'none'; script-src 'sha256-"), policy.group(1));
        assertFalse(policy.group(1).contains("unsafe"), policy.group(1));
        assertFalse(page.matches("(?s).*\\b(src|href)=\"?https?:.*"), "something from the network");
    }

    @Test
    void thePageIsWellFormedAroundWhatItHolds() throws Exception {
        Matrix v = random(5, 4);
        String page = write(fit(v, 2, 3), v, Optional.empty())
                .replaceAll("(?s)(<(script|style)[^>]*>).*?</\\2>", "$1</$2>")
                .replace("<!DOCTYPE html>", "");

        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(page.getBytes(StandardCharsets.UTF_8)));

        assertFalse(page.contains("@@"), "an empty slot");
        assertTrue(page.contains("The above copyright notice and this permission notice shall be included"));
    }

    @Test
    void itHoldsWhatTheModelSays() throws IOException {
        Matrix v = random(7, 16)
                .withNames(IntStream.range(0, 7).mapToObj(i -> "s" + i).toList(), List.of());
        PaeNmfModel model = fit(v, 3, 20);

        Map<String, Object> data = data(write(model, v, Optional.of(new ImageShape(4, 4))));

        Matrix basis = model.basis();
        float[] embedded = floats(data.get("basis"));
        for (int j = 0; j < 3; j++) {
            for (int i = 0; i < 16; i++) {
                assertEquals(basis.get(i, j), embedded[16 * j + i]);
            }
        }
        assertArrayEquals(values(model.transform(v).lambda()), floats(data.get("lambda")));
        assertArrayEquals(values(model.transform(v).k()), floats(data.get("k")));
        assertEquals(20, ((List<?>) part(data, "history").get("epochs")).size());
        assertEquals(List.of(4, 4), part(data, "features").get("shape"));
        double error = model.score(v).relativeErrorMedian();
        assertEquals(error, ((Map<?, ?>) ((List<?>) data.get("figures")).get(0)).get("value"));
        float[] errors = floats(part(data, "samples").get("errors"));
        assertEquals(7, errors.length);
        assertEquals(error, model.score(v.selectRows(new int[] {4})).relativeErrorMedian(), 1, "of another sample");
        assertEquals(model.score(v.selectRows(new int[] {4})).relativeErrorMedian(), errors[4], 1e-5);
    }

    @Test
    void ofManySamplesItHoldsSomeAndSaysSo() throws IOException {
        Matrix v = random(20_000, 15);
        PaeNmfModel model = fit(v.selectRows(IntStream.range(0, 50).toArray()), 20, 2);

        Map<?, ?> samples = part(data(write(model, v, Optional.empty())), "samples");

        List<?> rows = (List<?>) samples.get("rows");
        assertEquals(250_000 / 20, rows.size());
        assertEquals(0, rows.get(0));
        assertEquals(19_998, rows.get(rows.size() - 1));
        assertTrue(samples.get("note").toString().contains("this report holds 12,500 of the 20,000 samples"));
    }

    @Test
    void ofManyGenesItHoldsThoseOfGreatestWeight() throws IOException {
        List<String> genes = IntStream.range(0, 2500).mapToObj(i -> "g" + 3 * i).toList();
        Matrix v = random(4, 2500).withNames(List.of(), genes);
        PaeNmfModel model = fit(v, 2, 3);

        Map<?, ?> features = part(data(write(model, v, Optional.empty())), "features");

        assertEquals("words", features.get("kind"));
        assertEquals(1000, features.get("count"));
        assertTrue(features.get("note").toString().contains("1000 of 2500 features"));
        float[] weights = new float[2500];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = model.basis().get(i, 1);
        }
        for (int i : Features.greatest(weights, 30)) {
            assertTrue(((List<?>) features.get("names")).contains(genes.get(i)), genes.get(i));
        }
    }

    /** So many more samples are held than if all of their values were. */
    @Test
    void ofFeaturesWithoutOrderItHoldsTheGreatestValuesOfEachSample() throws IOException {
        List<String> genes = IntStream.range(0, 500).mapToObj(i -> "g" + 3 * i).toList();
        Matrix v = random(800, 500).withNames(List.of(), genes);
        PaeNmfModel model = fit(v.selectRows(new int[] {0, 1, 2}), 2, 3);

        Map<?, ?> samples = part(data(write(model, v, Optional.empty())), "samples");

        assertEquals(800, ((List<?>) samples.get("rows")).size());
        assertEquals(20, samples.get("each"));
        float[] values = floats(samples.get("floats"));
        var features = ByteBuffer.wrap(Base64.getDecoder().decode((String) samples.get("features")))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asCharBuffer();
        float[] last = new float[500];
        IntStream.range(0, 500).forEach(f -> last[f] = v.get(799, f));
        int[] greatest = Features.greatest(last, 20);
        for (int i = 0; i < 20; i++) {
            assertEquals(last[greatest[i]], values[799 * 20 + i]);
            assertEquals(greatest[i], features.get(799 * 20 + i));
        }
    }

    @Test
    void ofNoDistributionsItNamesTheDivergenceThatWasMadeSmall() throws IOException {
        Matrix v = blocks();
        assertEquals("The objective is the squared error of the reconstruction.", note(Nmf.builder(), v));
        assertEquals(
                "The objective is the Kullback-Leibler divergence of the reconstruction.",
                note(Nmf.builder().algorithm(NmfAlgorithm.KL), v));
        assertEquals(
                "The objective is the divergence of beta 0.5 of the reconstruction.",
                note(Nmf.builder().algorithm(NmfAlgorithm.MU).beta(0.5), v));
    }

    private String note(Nmf.Builder builder, Matrix v) throws IOException {
        FactorisationModel model = builder.rank(2).epochs(2).build().fit(v);
        return (String) part(data(write(model, v, Optional.empty())), "history").get("note");
    }

    @Test
    void aSampleOfZerosHasNoError() throws IOException {
        Matrix v = random(4, 16);
        java.util.Arrays.fill(v.storage(2), v.offset(2), v.offset(2) + 16, 0);

        String page = write(fit(v, 2, 3), v, Optional.empty());

        assertTrue(Float.isNaN(floats(part(data(page), "samples").get("errors"))[2]));
    }

    @Test
    void deadComponentsAreWarnedOfOnce() throws IOException {
        Matrix v = random(30, 16);
        // with so high a floor no coefficient leaves it
        PaeNmfModel model =
                PaeNmf.builder().rank(2).lambdaMin(1).epochs(1).build().fit(v);
        assertEquals(List.of(0, 1), model.score(v).deadComponents());

        Map<String, Object> data = data(write(model, v, Optional.empty()));

        assertEquals(List.of(0, 1), data.get("dead"));
        String warnings = data.get("warnings").toString();
        assertEquals(2, warnings.split("component1, component2\\.", -1).length, warnings);
    }

    @Test
    void deadComponentsOfOtherDataAreWarnedOfToo() throws IOException {
        Matrix v = random(30, 16);
        PaeNmfModel model =
                PaeNmf.builder().rank(2).lambdaMin(0.8).epochs(1).build().fit(v);
        Matrix bright = Matrix.zeros(30, 16);
        for (int i = 0; i < 30; i++) {
            for (int j = 0; j < 16; j++) {
                bright.storage(i)[bright.offset(i) + j] = 10 * v.get(i, j);
            }
        }
        assertEquals(List.of(), model.warnings());
        assertEquals(List.of(1), model.score(bright).deadComponents());

        String warnings =
                data(write(model, bright, Optional.empty())).get("warnings").toString();

        assertTrue(warnings.contains("components that take no part in any reconstruction: component2."), warnings);
    }

    /** Of variational NMF, blocks of genes with few samples each, so that there are zeros on both sides. */
    static Matrix blocks() {
        SplittableRandom random = new SplittableRandom(2);
        Matrix v = Matrix.zeros(60, 40);
        for (int i = 0; i < 60; i++) {
            for (int j = 0; j < 40; j++) {
                boolean together = i % 2 == 0 == j < 15;
                v.storage(i)[v.offset(i) + j] =
                        (float) (together ? 1 + random.nextDouble() : 0.02 * random.nextDouble());
            }
        }
        return v.withNames(
                IntStream.range(0, 60).mapToObj(i -> "cell" + i).toList(),
                IntStream.range(0, 40).mapToObj(i -> "gene" + 7 * i % 40).toList());
    }

    static VariationalModel variational() {
        return VariationalNmf.builder().rank(2).epochs(40).build().fit(blocks());
    }

    @Test
    void ofVariationalNmfItHoldsWhatBelongsToAPart() throws IOException {
        VariationalModel model = variational();
        Matrix v = blocks();
        Score score = model.score(v);

        Map<String, Object> data = data(write(model, v, Optional.empty()));

        Matrix ofSamples = model.transform(v).inclusion();
        Matrix ofFeatures = model.basisInclusion();
        float[] samples = floats(data.get("inclusion"));
        int[] with = new int[2];
        int[] within = new int[2];
        for (int j = 0; j < 2; j++) {
            for (int i = 0; i < 60; i++) {
                assertEquals(ofSamples.get(i, j), samples[2 * i + j]);
                with[j] += ofSamples.get(i, j) >= 0.5 ? 1 : 0;
            }
            for (int i = 0; i < 40; i++) {
                within[j] += ofFeatures.get(i, j) >= 0.5 ? 1 : 0;
            }
        }
        assertEquals(List.of(with[0] / 60.0, with[1] / 60.0), data.get("samplesWith"));
        assertEquals(List.of(within[0] / 40.0, within[1] / 40.0), data.get("featuresWith"));
        assertTrue(with[0] < 60 && within[0] < 40, "some are out");
        String figures = data.get("figures").toString();
        assertTrue(figures.contains("label=Noise σ, value=" + score.sigma()), figures);
        assertTrue(figures.contains("label=ELBO, value=" + score.elbo()), figures);
        assertEquals(false, part(data, "history").get("positive"));
        assertTrue(part(data, "history").get("note").toString().contains("negative ELBO"));
        assertFalse(data.get("about").toString().contains("encoder"));
    }

    @Test
    void itSaysWhereMeansAndIntervalsDisagree() {
        assertEquals("", IntervalWords.ofOutside(0.09, 0.9));
        String said = IntervalWords.ofOutside(0.123, 0.9);
        assertTrue(said.startsWith(" Of 12\u00a0% of the weights that are probably not 0 the mean lies outside"), said);
    }

    @Test
    void aLevelIsWrittenWithoutZerosAtItsEnd() {
        assertEquals("90\u00a0%", IntervalWords.percent(0.9));
        assertEquals("99.5\u00a0%", IntervalWords.percent(0.995));
        assertEquals("100\u00a0%", IntervalWords.percent(1));
    }

    /** As images of one or more pixels of the data each, of which bounds are averaged as well. */
    @Test
    void boundsOfLargeImagesAreAveragesAndItSaysSo() throws IOException {
        Matrix v = random(12, 200);
        VariationalModel model =
                VariationalNmf.builder().rank(2).epochs(5).build().fit(v);

        Map<String, Object> data = data(write(model, v, Optional.of(new ImageShape(100, 2))));

        Matrix upper = model.basisIntervals(0.9).upper();
        double mean = IntStream.of(0, 1, 2, 3).mapToDouble(i -> upper.get(i, 1)).sum() / 4;
        float held = floats(data.get("basisUpper"))[50];
        assertEquals(mean, held, 4 * Math.ulp(held)); // a rounding for each of four terms
        assertTrue(part(data, "features").get("note").toString().endsWith("averaged into one. So are the bounds."));
    }

    @Test
    void ofOthersItHoldsNoInclusion() throws IOException {
        Matrix v = random(5, 4);

        Map<String, Object> data = data(write(fit(v, 2, 3), v, Optional.empty()));

        assertFalse(data.containsKey("inclusion"));
        assertEquals(true, part(data, "history").get("positive"));
        assertTrue(data.get("about").toString().contains("encoder"));
        assertFalse(data.get("figures").toString().contains("ELBO"));
    }

    /** A sample and a feature that the others do not tell of are explained least. */
    @Test
    void theWorstSamplesAndFeaturesComeFirstAndTogetherMakeAllThatIsLeft() throws IOException {
        Matrix v = blocks();
        for (int j = 0; j < 40; j++) {
            v.storage(7)[v.offset(7) + j] = j == 3 ? 9 : 0.01f;
        }
        FactorisationModel model = fit(v, 2, 200);

        Map<?, ?> residuals = part(data(write(model, v, Optional.empty())), "residuals");

        assertEquals(false, residuals.get("deviance"));
        Map<?, ?> worst = (Map<?, ?>) ((List<?>) residuals.get("samples")).get(0);
        assertEquals("cell7", worst.get("name"));
        assertEquals(7, worst.get("index"));
        Matrix sample = v.selectRows(new int[] {7});
        double error = model.score(sample).relativeErrorMedian();
        assertEquals(error * error, (Double) worst.get("value"), 1e-5); // both of float32 reconstructions
        double all = model.score(v).relativeErrorMedian();
        double norm = 0;
        double ofAll = 0;
        for (int i = 0; i < 60; i++) {
            for (int j = 0; j < 40; j++) {
                double square = (double) v.get(i, j) * v.get(i, j);
                ofAll += square;
                norm += i == 7 ? square : 0;
            }
        }
        assertEquals(error * error * norm / (all * all * ofAll), (Double) worst.get("share"), 1e-5);
        List<?> features = (List<?>) residuals.get("features");
        assertEquals(v.columnNames().get(3), ((Map<?, ?>) features.get(0)).get("name"));
    }

    @Test
    void ofCountsResidualsAreDeviances() throws IOException {
        Matrix v = blocks();
        FactorisationModel model = Nmf.builder()
                .algorithm(NmfAlgorithm.KL)
                .rank(2)
                .epochs(20)
                .build()
                .fit(v);

        Map<?, ?> residuals = part(data(write(model, v, Optional.empty())), "residuals");

        assertEquals(true, residuals.get("deviance"));
        Map<?, ?> worst = (Map<?, ?>) ((List<?>) residuals.get("samples")).get(0);
        Matrix sample = v.selectRows(new int[] {(Integer) worst.get("index")});
        assertEquals(model.score(sample).deviance(), (Double) worst.get("value"), 1e-5); // float32 reconstructions
    }
}
