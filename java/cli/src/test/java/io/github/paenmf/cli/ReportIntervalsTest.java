package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.NpyArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The intervals in a report are those that {@code transform} and {@code basis} write. */
class ReportIntervalsTest {

    private static final String IF_IT_HOLDS =
            "If the model holds, an interval holds its weight or coefficient with a probability of 90\u00a0%.";

    @TempDir
    private Path directory;

    private Path fit(Path data, Object... options) {
        Path model = directory.resolve("model.npz");
        Object[] command = {"fit", data, "-r", 2, "--epochs", 25, "-o", model, "-q"};
        Cli.run(Cli.concat(command, options)).expect(ExitCode.DONE);
        return model;
    }

    private Path write(Matrix data) {
        return Cli.write(directory.resolve("in.npz"), data);
    }

    private Map<String, Object> report(Path model, Path data, Object... options) throws IOException {
        Path file = directory.resolve("report.html");
        Object[] command = {"report", model, data, "-o", file, "-q"};
        Cli.run(Cli.concat(command, options)).expect(ExitCode.DONE);
        Matcher matcher = Pattern.compile("(?s)id=\"data\">(.*?)</script>").matcher(Files.readString(file));
        assertTrue(matcher.find());
        return JSON.std.mapFrom(matcher.group(1));
    }

    private Map<String, NpyArray> arrays(Object... command) throws IOException {
        Path file = directory.resolve("arrays.npz");
        Cli.run(Cli.concat(command, "-o", file, "-q")).expect(ExitCode.DONE);
        return Cli.arrays(file);
    }

    private static float[] floats(Object base64) {
        ByteBuffer bytes =
                ByteBuffer.wrap(Base64.getDecoder().decode((String) base64)).order(ByteOrder.LITTLE_ENDIAN);
        float[] floats = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(floats);
        return floats;
    }

    /** Of 1200 rows it holds 1000, whose noise goes by their places among all. */
    @Test
    void coefficientsHaveTheBoundsThatTransformWrites() throws IOException {
        Path data = write(Cli.planted(1200, 300).withNames(List.of(), List.of()));
        Path model = fit(data, "--algorithm", "vb", "--intervals", "rotation");

        Map<String, Object> report = report(model, data);
        Map<String, NpyArray> transformed = arrays("transform", model, data);

        List<?> rows = (List<?>) ((Map<?, ?>) report.get("samples")).get("rows");
        assertEquals(1000, rows.size());
        for (String name : List.of("lower", "upper", "inclusion")) {
            float[] all = transformed.get(name).floats();
            float[] held = floats(report.get(name));
            for (int i = 0; i < 1000; i++) {
                int row = ((Number) rows.get(i)).intValue();
                assertEquals(all[2 * row], held[2 * i], name);
                assertEquals(all[2 * row + 1], held[2 * i + 1], name);
            }
        }
        assertFalse(Arrays.equals(floats(report.get("lower")), floats(report.get("upper"))));
    }

    @ParameterizedTest
    @CsvSource({"1, 24", "4, 6"})
    void asLinesAndImagesPartsHaveTheBoundsThatBasisWrites(int height, int width) throws IOException {
        Path data = write(Cli.planted(40, 24).withNames(List.of(), List.of()));
        Path model = fit(data, "--algorithm", "vb");

        Map<String, Object> report = height == 1
                ? report(model, data, "--image-shape", "none")
                : report(model, data, "--image-shape", height + "x" + width);
        Map<String, NpyArray> basis = arrays("basis", model);

        Map<String, String> keys =
                Map.of("basis", "value", "basisLower", "lower", "basisUpper", "upper", "basisInclusion", "inclusion");
        keys.forEach((key, name) -> assertArrayEquals(
                Matrix.wrap(basis.get(name).floats(), 24, 2).transpose().toRows()[1],
                Arrays.copyOfRange(floats(report.get(key)), 24, 48),
                name));
        assertEquals(height == 1, report.containsKey("top"));
    }

    @ParameterizedTest
    @CsvSource({"vb", "pae", "nmf-hals"})
    void theGreatestWeightsAreThoseOfBasisTop(String algorithm) throws IOException {
        List<String> genes = Cli.names("g", 40).stream().map(name -> name + "x").toList();
        Path data = write(Cli.planted(40, 40).withNames(Cli.names("cell", 40), genes));
        Path model = fit(data, "--algorithm", algorithm);
        Path table = directory.resolve("top.csv");
        Cli.run("basis", model, "--top", 30, "-o", table, "-q").expect(ExitCode.DONE);
        List<String> lines = Files.readAllLines(table);
        List<String> columns = List.of(lines.get(0).replace("\"", "").split(","));

        Map<?, ?> top = (Map<?, ?>) report(model, data).get("top");

        assertEquals(30, top.get("count"));
        assertEquals(algorithm.equals("vb") ? 7 : 4, columns.size());
        for (int line = 0; line < 60; line++) {
            String[] cells = lines.get(line + 1).replace("\"", "").split(",", -1);
            assertEquals(cells[2], ((List<?>) top.get("names")).get(line));
            for (int c = 3; c < columns.size(); c++) {
                assertEquals(Float.parseFloat(cells[c]), floats(top.get(columns.get(c)))[line], columns.get(c));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "rotation, the rotation of the factors by a normal distribution at its mode",
        "sampled, the rotation of the factors by Hamiltonian Monte Carlo",
        "joint, linear response of both factors together",
        "conditional, linear response given the other factor",
    })
    void theMethodIsNamedInWords(String method, String words) throws IOException {
        Path data = write(Cli.planted(40, 24));
        Path model = fit(data, "--algorithm", "vb", "--intervals", method);

        Map<String, Object> report = report(model, data);

        String said = report.get("intervals").toString();
        assertTrue(said.startsWith("Intervals by " + method + ": " + words + ". "), said);
        assertTrue(said.contains("the noise "), said);
        assertTrue(said.contains(IF_IT_HOLDS), said);
        assertEquals(method.equals("sampled"), said.contains("Its draws are worth at least "), said);
        String note = ((Map<?, ?>) report.get("samples")).get("note").toString();
        assertTrue(note.contains("its 90\u00a0% interval by " + method + ", and p, "), note);
    }

    @Test
    void withoutIntervalsTheReportSaysSo() throws IOException {
        Path data = write(Cli.planted(40, 24));
        Path model = fit(data, "--algorithm", "vb", "--intervals", "mean-field", "--zeros", "off");

        Map<String, Object> report = report(model, data);

        String said = report.get("intervals").toString();
        assertTrue(said.startsWith("This model was fitted with --intervals mean-field, so the bounds hold"), said);
        assertFalse(said.contains(IF_IT_HOLDS), said);
        assertFalse(report.containsKey("inclusion"));
        assertArrayEquals(arrays("transform", model, data).get("upper").floats(), floats(report.get("upper")));
    }

    @Test
    void ofAutoencodersTheBrowserMakesTheIntervals() throws IOException {
        Path data = write(Cli.planted(40, 24));

        Map<String, Object> pae = report(fit(data, "--algorithm", "pae"), data);
        Map<String, Object> hals = report(fit(data, "--algorithm", "nmf-hals"), data);

        assertTrue(pae.get("intervals").toString().contains("as the encoder makes it (mean-field)"));
        assertFalse(pae.containsKey("lower") || pae.containsKey("basisLower"));
        assertEquals("", hals.get("intervals"));
        assertEquals(0.9, pae.get("level"));
    }
}
