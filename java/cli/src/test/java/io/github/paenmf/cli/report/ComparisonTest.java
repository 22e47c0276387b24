package io.github.paenmf.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.ComponentMatching;
import io.github.paenmf.model.NmfAlgorithm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a comparison of two models holds. */
class ComparisonTest {

    @TempDir
    private Path directory;

    private static FactorisationModel fit(Matrix data, int rank) {
        return Nmf.builder().rank(rank).epochs(30).build().fit(data);
    }

    private static Comparison compare(FactorisationModel a, FactorisationModel b, boolean ignoreNames) {
        Features features = Features.of(a.features(), a.featureNames());
        return new Comparison("a.npz", a, "b.npz", b, features, Optional.empty(), ignoreNames);
    }

    private Map<String, Object> content(Comparison comparison) throws IOException {
        Path file = directory.resolve("compared.html");
        comparison.save(file, "1.2.3");
        String page = Files.readString(file);
        assertTrue(page.contains("<title>a.npz beside b.npz</title>"));
        Matcher matcher = Pattern.compile("(?s)id=\"data\">(.*?)</script>").matcher(page);
        assertTrue(matcher.find());
        return JSON.std.mapFrom(matcher.group(1));
    }

    private static List<Map<?, ?>> list(Object list) {
        List<Map<?, ?>> maps = new ArrayList<>();
        ((List<?>) list).forEach(map -> maps.add((Map<?, ?>) map));
        return maps;
    }

    /** Features of the second model are in another order, which names tell. */
    @Test
    void componentsAreMatchedByTheNamesOfTheirFeatures() throws IOException {
        Matrix v = ReportTest.blocks();
        List<String> reversed = new ArrayList<>(v.columnNames());
        Collections.reverse(reversed);
        int[] order = reversed.stream().mapToInt(v.columnNames()::indexOf).toArray();
        FactorisationModel a = fit(v, 2);
        FactorisationModel b = fit(v.selectColumns(order), 3);

        List<Map<?, ?>> pairs = list(content(compare(a, b, false)).get("pairs"));

        ComponentMatching expected =
                ComponentMatching.of(a.basis(), b.basis().selectRows(order)); // reversing twice is the identity
        assertEquals(3, pairs.size());
        for (Map<?, ?> pair : pairs.subList(0, 2)) {
            int ofA = (Integer) pair.get("a");
            assertEquals(expected.components()[ofA], pair.get("b"));
            assertEquals(expected.cosines()[ofA], pair.get("cosine"));
        }
        Map<?, ?> alone = pairs.get(2);
        assertNull(alone.get("a"));
        assertEquals(3, (Integer) alone.get("b") + expected.components()[0] + expected.components()[1]);
        double most = Math.max(cosine(a.basis(), 0, b.basis(), order, (Integer) alone.get("b")), 0);
        most = Math.max(cosine(a.basis(), 1, b.basis(), order, (Integer) alone.get("b")), most);
        assertEquals(most, (Double) alone.get("cosine"), 1e-12);

        Map<?, ?> first = list(pairs.get(0).get("top")).get(0);
        int feature = v.columnNames().indexOf(first.get("name"));
        Map<?, ?> ofB = (Map<?, ?>) first.get("b");
        float weight = b.basis().get(order[feature], (Integer) pairs.get(0).get("b"));
        assertEquals(weight, ((Number) ofB.get("value")).floatValue());
        assertEquals(1, ((Map<?, ?>) first.get("a")).get("place"));
    }

    private static double cosine(Matrix a, int j, Matrix b, int[] order, int l) {
        double product = 0;
        double ofA = 0;
        double ofB = 0;
        for (int f = 0; f < order.length; f++) {
            product += (double) a.get(f, j) * b.get(order[f], l);
            ofA += (double) a.get(f, j) * a.get(f, j);
            ofB += (double) b.get(order[f], l) * b.get(order[f], l);
        }
        return product / Math.sqrt(ofA * ofB);
    }

    @Test
    void theModelOfGreaterRankMayComeFirst() throws IOException {
        Matrix v = ReportTest.blocks();

        List<Map<?, ?>> pairs =
                list(content(compare(fit(v, 3), fit(v, 2), false)).get("pairs"));

        assertEquals(3, pairs.stream().map(pair -> pair.get("a")).distinct().count());
        assertNull(pairs.get(2).get("b"));
    }

    @Test
    void otherFeaturesAreRefusedByNameUnlessTheyGoByPosition() throws IOException {
        Matrix v = ReportTest.random(9, 3);
        FactorisationModel a = fit(v.withNames(List.of(), List.of("x", "y", "z")), 2);
        FactorisationModel b = fit(v.withNames(List.of(), List.of("x", "q", "z")), 2);

        String message =
                assertThrows(DataException.class, () -> compare(a, b, false)).getMessage();

        assertTrue(
                message.contains("b.npz beside a.npz") && message.contains("'q'") && message.contains("'y'"), message);
        assertEquals(2, list(content(compare(a, b, true)).get("pairs")).size());
        FactorisationModel narrow = fit(ReportTest.random(9, 2), 2);
        message = assertThrows(DataException.class, () -> compare(a, narrow, true))
                .getMessage();
        assertTrue(message.endsWith("b.npz beside a.npz: 2 features and 3"), message);
    }

    @Test
    void figuresAreComparedWhereTheyAreOfTheSame() throws IOException {
        Matrix v = ReportTest.blocks();
        FactorisationModel a = ReportTest.variational();
        FactorisationModel b = Nmf.builder()
                .algorithm(NmfAlgorithm.KL)
                .rank(2)
                .epochs(5)
                .build()
                .fit(v);
        Comparison comparison = compare(a, b, false);
        assertTrue(content(comparison).get("notes").toString().contains("model files do not hold the data"));

        comparison.score(v, "data.csv");
        Map<String, Object> content = content(comparison);

        List<Map<?, ?>> figures = list(content.get("figures"));
        assertEquals("Relative error", figures.get(0).get("label"));
        assertEquals(a.score(v).relativeError(), figures.get(0).get("a"));
        assertEquals(b.score(v).relativeError(), figures.get(0).get("b"));
        assertEquals("lower is better", figures.get(0).get("note"));
        assertEquals("Not comparable: only B has it.", figures.get(1).get("note"));
        assertEquals("Not comparable: only A has it.", figures.get(2).get("note"));
        assertEquals("data.csv", content.get("source"));
        assertFalse(content.get("notes").toString().contains("model files"));
    }
}
