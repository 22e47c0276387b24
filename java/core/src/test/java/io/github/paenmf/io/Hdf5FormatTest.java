package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HDF5 files with the options and listeners of all readers; what is in them has tests of its own. */
class Hdf5FormatTest {

    @TempDir
    private Path directory;

    private Path file() {
        Path path = directory.resolve("data");
        try (WritableHdfFile file = HdfFile.write(path)) {
            file.putAttribute("encoding-type", "anndata");
            file.putDataset("X", new float[][] {{1, 2, 3}, {4, 5, 6}});
            file.putGroup("layers").putDataset("other", new float[][] {{7, 8, 9}, {10, 11, 12}});
        }
        return path;
    }

    @Test
    void optionsAndListenerReachTheReader() throws IOException {
        List<String> heard = new ArrayList<>();
        ReadListener listener = new ReadListener() {
            @Override
            public void format(String format) {
                heard.add(format);
            }

            @Override
            public void note(String note) {
                heard.add(note);
            }
        };
        RowSource data = Hdf5Format.read(file(), ReadOptions.defaults().withTranspose(true), .2, listener);
        assertEquals("3 × 2 matrix", data.toString());
        assertEquals(List.of("X is read; --layer reads another: layers/other", ".h5ad, /X (dense)"), heard);

        float[] row = new float[3];
        Hdf5Format.read(file(), ReadOptions.defaults().withLayer("other"), 1, listener)
                .copyRow(1, row, 0);
        assertEquals(List.of(10f, 11f, 12f), List.of(row[0], row[1], row[2]));
    }

    @Test
    void messagesBeginWithTheFile() throws IOException {
        Path path = file();
        ReadOptions small = ReadOptions.defaults().withMaximumBytes(23);
        assertEquals(
                path
                        + ": the 2 × 3 matrix, if dense, takes 24 bytes of memory, more than the limit of 23; raise the limit,"
                        + " or use fewer rows or columns",
                assertThrows(DataException.class, () -> Hdf5Format.read(path, small, -1, new ReadListener() {}))
                        .getMessage());
        assertTrue(Hdf5Format.matches(Files.readAllBytes(path)));
        assertFalse(Hdf5Format.matches(new byte[1000]));
    }
}
