package io.github.paenmf.io.hdf5;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** The files that make_fixtures.py made, and how tests read. */
final class Hdf5Fixtures {

    /** What most files hold; the names are the script's. */
    static final float[][] VALUES = {
        {1, 0, 0, 0, 2},
        {0, 3, 0, 0, 0},
        {0, 0, 0, 0, 0},
        {4, 0, 5, 0, 0},
        {0, 0, 0, 0, 6},
        {0, 7, 0, 0, 0},
        {300, 0, 0, 0, 8.5f}
    };

    static final List<String> CELLS = List.of("cell0", "cell1", "cell2", "cell3", "cell4", "cell5", "cell6");
    static final List<String> GENES = List.of("ENS0", "ENS1", "ENS2", "ENS3", "ENS4");

    /** Of 35 entries, 9 are not 0. */
    static final double DENSITY = 9 / 35.;

    private Hdf5Fixtures() {}

    static Path unpack(Path directory, String name) {
        try (InputStream packed = Hdf5Fixtures.class.getResourceAsStream(name + ".gz");
                InputStream plain = new GZIPInputStream(packed)) {
            Path file = directory.resolve(name);
            Files.write(file, plain.readAllBytes());
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Hdf5Request request(String layer) {
        return new Hdf5Request(layer, false, Long.MAX_VALUE, DENSITY);
    }

    /** What a reading gave, and said. */
    record Reading(RowSource data, String format, List<String> notes) {}

    static Reading read(Path file, Hdf5Request request) {
        List<String> formats = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        try {
            RowSource data = Hdf5Reader.read(file, request, formats::add, notes::add);
            assertEquals(1, formats.size());
            return new Reading(data, formats.get(0), notes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String refusal(Path file, Hdf5Request request) {
        String message =
                assertThrows(DataException.class, () -> read(file, request)).getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    static float[][] values(RowSource data) {
        float[][] values = new float[data.rows()][data.columns()];
        for (int i = 0; i < data.rows(); i++) {
            data.copyRow(i, values[i], 0);
        }
        return values;
    }

    static void assertValues(float[][] expected, RowSource data) {
        float[][] actual = values(data);
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertArrayEquals(expected[i], actual[i], "row " + i);
        }
    }

    static float[][] scaled(float factor) {
        float[][] scaled = new float[VALUES.length][];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = VALUES[i].clone();
            for (int j = 0; j < scaled[i].length; j++) {
                scaled[i][j] *= factor;
            }
        }
        return scaled;
    }

    static float[][] floored() {
        float[][] floored = scaled(1);
        floored[6][4] = 8;
        return floored;
    }
}
