package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.gzip;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Presence;
import io.github.paenmf.io.ReadOptions.Storage;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.WritableGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HDF5 files with the options and listeners of all readers; what is in them has tests of its own. */
class Hdf5FormatTest {

    private static final ReadOptions OPTIONS = ReadOptions.defaults();

    @TempDir
    private Path directory;

    /** Its name says nothing. 1 of 21 entries of X is not 0, and all of the layer. */
    private String file() {
        Path path = directory.resolve("data");
        try (WritableHdfFile file = HdfFile.write(path)) {
            file.putAttribute("encoding-type", "anndata");
            file.putDataset(
                    "X", new float[][] {{1, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}});
            file.putGroup("layers").putDataset("other", new float[][] {{7, 8, 9}, {10, 11, 12}});
            WritableGroup features = file.putGroup("var");
            features.putAttribute("_index", "name");
            features.putDataset("name", new String[] {"A", "B", "A"});
        }
        return path.toString();
    }

    private static String refusal(String input, ReadOptions options) {
        return assertThrows(DataException.class, () -> MatrixReader.readData(input, options))
                .getMessage();
    }

    @Test
    void theContentDecidesNotTheName() throws IOException {
        List<String> heard = new ArrayList<>();
        RowSource data = MatrixReader.readData(file(), OPTIONS.withTranspose(true), new ReadListener() {
            @Override
            public void format(String format) {
                heard.add(format);
            }

            @Override
            public void note(String note) {
                heard.add(note);
            }
        });
        assertEquals("3 × 7 sparse matrix of 1 nonzeros", data.toString());
        assertEquals(List.of("X is read; --layer reads another: layers/other", ".h5ad, /X (dense)"), heard);
    }

    @Test
    void featuresOfOneNameAreToldApart() throws IOException {
        assertEquals(
                List.of("A", "B", "A-1"), MatrixReader.readData(file(), OPTIONS).columnNames());
        assertEquals(
                List.of("A", "B", "A-1"),
                MatrixReader.readData(file(), OPTIONS.withTranspose(true)).rowNames());
    }

    @Test
    void storageIsAutomaticOrAsTheOptionsSay() throws IOException {
        for (String layer : List.of("", "other")) {
            ReadOptions options = OPTIONS.withLayer(layer);
            assertEquals(layer.isEmpty(), MatrixReader.readData(file(), options) instanceof SparseMatrix);
            assertInstanceOf(SparseMatrix.class, MatrixReader.readData(file(), options.withStorage(Storage.SPARSE)));
            Matrix dense = MatrixReader.read(file(), options);
            assertEquals(layer.isEmpty() ? 0 : 11, dense.get(1, 1));
        }
    }

    @Test
    void messagesBeginWithTheFile() {
        String file = file();
        assertEquals(
                file + ": the 7 × 3 matrix, if dense, takes 84 bytes of memory, more than the limit of 83; raise the"
                        + " limit, or use fewer rows or columns",
                refusal(file, OPTIONS.withMaximumBytes(83).withStorage(Storage.DENSE)));
    }

    @Test
    void optionsWithoutEffectAreRefused() throws IOException {
        String file = file();
        assertEquals(
                file + ": this is an HDF5 file, on which the delimiter, header, row names and decimals of text tables"
                        + " have no effect; leave them out",
                refusal(file, OPTIONS.withHeader(Presence.YES)));
        for (String content : List.of("a,b\n1,2\n", "%%MatrixMarket matrix array real general\n1 1\n1\n")) {
            String other = TestFiles.write(directory, "other", content).toString();
            assertEquals(
                    other + ": this is a " + (content.startsWith("a") ? "text table" : "MatrixMarket file")
                            + ", which has no layers; leave the layer out",
                    refusal(other, OPTIONS.withLayer("counts")));
        }
    }

    @Test
    void whatIsCompressedOrMisnamedIsRefused() throws IOException {
        String packed = TestFiles.write(directory, "data.gz", gzip(Files.readAllBytes(Path.of(file()))))
                .toString();
        assertEquals(
                packed + ": an HDF5 file cannot be read from inside a gzip file; unpack it with gunzip first",
                refusal(packed, OPTIONS));
        for (String extension : List.of("h5ad", "h5", "loom")) {
            String misnamed = TestFiles.write(directory, "data." + extension, "a,b\n1,2\n")
                    .toString();
            assertEquals(
                    misnamed + ": the name ends in ." + extension
                            + ", but the content does not begin like one; the file is damaged or misnamed",
                    refusal(misnamed, OPTIONS));
        }
    }
}
