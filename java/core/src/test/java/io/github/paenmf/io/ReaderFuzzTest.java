package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.gzip;
import static io.github.paenmf.io.TestFiles.littleEndian;
import static io.github.paenmf.io.TestFiles.npy;
import static io.github.paenmf.io.TestFiles.zip;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.StateVisitor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** Of the formats that the core reads. */
class ReaderFuzzTest extends ReaderFuzz {

    private static final byte[] NPY = npy("<f4", false, "(3, 4)", littleEndian(1f, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    private static final byte[] LABELS = npy("<U2", false, "(3,)", littleEndian('a', 'b', 'c', 0, 'd', 'e'));

    @Test
    void randomBytes() throws IOException {
        Random random = new Random(1);
        String[] starts = {
            "", "\u0093NUMPY\1\0", "PK\3\4", "PK\5\6", "\u001f\u008b\10", "%%MatrixMarket ", "\0\0\10\2", "1,2\n"
        };
        Path file = directory.resolve("random");
        for (int i = 0; i < 5 * CASES; i++) {
            byte[] start = starts[i % starts.length].getBytes(StandardCharsets.ISO_8859_1);
            byte[] content = new byte[start.length + random.nextInt(300)];
            random.nextBytes(content);
            if (i % 3 == 0) {
                for (int j = 0; j < content.length; j++) {
                    content[j] = (byte) "0123456789.,-+eE \n\t\"a%".charAt((content[j] & 0xff) % 22);
                }
            }
            System.arraycopy(start, 0, content, 0, start.length);
            Files.write(file, content);
            expectMatrixOrDataException("random " + i, () -> MatrixReader.read(file.toString(), OPTIONS));
        }
    }

    @Test
    void csv() throws IOException {
        fuzz("a.csv", ascii("name,\"a\",b\nx,1,2\ny,3.5,-4e3\n\"z\",5,.6\n"), content -> content);
    }

    @Test
    void spaces() throws IOException {
        fuzz("a.txt", ascii("# c\n1 2  3\n 4 5 6\n7 8 9 \n"), content -> content);
    }

    @Test
    void csvGz() throws IOException {
        fuzz("a.csv.gz", gzip(ascii("a,b\n" + "1,2\n3,4\n".repeat(20))), content -> content);
    }

    @Test
    void npyFiles() throws IOException {
        fuzz("a.npy", NPY, content -> content);
    }

    @Test
    void npyGz() throws IOException {
        fuzz("a.npy.gz", NPY, TestFiles::gzip);
    }

    @Test
    void idx() throws IOException {
        byte[] images = new byte[16 + 12];
        images[2] = 8;
        images[3] = 3;
        images[7] = 3;
        images[11] = 2;
        images[15] = 2;
        fuzz("idx", images, content -> content);
    }

    @Test
    void blocks() throws IOException {
        Matrix data =
                Matrix.of(new float[][] {{1, 0, 2}, {0, 0.5f, 0}}).withNames(List.of("x", "y"), List.of("a", "b", "c"));
        Path file = directory.resolve("whole.vblk");
        BlockFile.write(file, List.of(SparseMatrix.of(data)).iterator());
        fuzz("a.vblk", Files.readAllBytes(file), content -> content);
    }

    @Test
    void coordinates() throws IOException {
        String text = "%%MatrixMarket matrix coordinate real general\n% c\n3 4 3\n1 1 1\n3 2 2.5\n2 4 1e2\n";
        fuzz("a.mtx", ascii(text), content -> content);
    }

    @Test
    void svmlight() throws IOException {
        fuzz("a.svm", ascii("1 1:0.5 4:2\n-1 2:1e2 # c\n0 qid:7 3:4\n"), content -> content);
    }

    @Test
    void tenx() throws IOException {
        Random random = new Random(10);
        byte[][] valid = {
            ascii("%%MatrixMarket matrix coordinate integer general\n2 3 2\n1 1 1\n2 3 5\n"),
            gzip(ascii("E1\tA\tGene Expression\nE2\tA\tGene Expression\n")),
            ascii("x\ny\nz\n")
        };
        String[] names = {"matrix.mtx", "features.tsv.gz", "barcodes.tsv"};
        for (int i = 0; i < CASES; i++) {
            for (int part = 0; part < valid.length; part++) {
                Files.write(
                        directory.resolve(names[part]),
                        i % 3 == part && i > 0 ? mutate(valid[part], random) : valid[part]);
            }
            expectMatrixOrDataException("10x " + i, () -> MatrixReader.readData(directory.toString(), OPTIONS));
        }
        assertTrue(accepted > 0 && refused > CASES / 20);
    }

    @Test
    void arrays() throws IOException {
        fuzz("b.mtx", ascii("%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n3\n"), content -> content);
    }

    @Test
    void npzArchives() throws IOException {
        fuzz("a.npz", zip("data.npy", NPY, "rows.npy", LABELS), content -> content);
        fuzzArrays();
    }

    private void fuzzArrays() throws IOException {
        Random random = new Random(3);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (NpzWriter npz = new NpzWriter(bytes, false)) {
            npz.write("a", new double[] {1, 2}, 2);
            npz.write("b", "some text");
        }
        Path file = directory.resolve("arrays.npz");
        for (int i = 0; i < CASES; i++) {
            Files.write(file, mutate(bytes.toByteArray(), random));
            expectMatrixOrDataException("arrays " + i, () -> {
                Npz.readAll(file, 10_000);
                return null;
            });
        }
    }

    @Test
    void arraysInsideNpz() throws IOException {
        fuzz("inside.npz", NPY, content -> zip("data.npy", content, "rows.npy", LABELS));
    }

    @Test
    void namesInsideNpz() throws IOException {
        fuzz("names.npz", LABELS, content -> zip("data.npy", NPY, "rows.npy", content));
    }

    @Test
    void checkpoints() throws IOException {
        Map<String, String> problem = Map.of("rank", "3", "data", "abc");
        float[] floats = {1, 2, 3};
        Consumer<StateVisitor> state = visitor -> {
            visitor.visit(floats);
            visitor.visit(2.5);
            visitor.visit(new double[2]);
        };
        Path file = directory.resolve("checkpoint");
        CheckpointFile.create(file, Duration.ZERO).store(problem, state);
        byte[] valid = Files.readAllBytes(file);
        byte[] metadata;
        try (ZipFile zip = new ZipFile(file.toFile())) {
            metadata = zip.getInputStream(zip.getEntry("metadata.npy")).readAllBytes();
        }
        Random random = new Random(4);
        for (int i = 0; i < 2 * CASES; i++) {
            Files.write(file, i % 2 == 0 ? mutate(valid, random) : zip("metadata.npy", mutate(metadata, random)));
            expectMatrixOrDataException("checkpoint " + i, () -> {
                CheckpointFile.resume(file, Duration.ZERO).load(problem, state);
                return null;
            });
        }
        assertTrue(refused > CASES, "the changes change nothing: " + refused);
    }

    @Test
    void sparseNpz() throws IOException {
        byte[][] parts = {
            npy("<i4", false, "(4,)", littleEndian(0, 1, 2, 3)),
            npy("<i4", false, "(3,)", littleEndian(0, 3, 1)),
            npy("<f4", false, "(3,)", littleEndian(1f, 2, 3)),
            npy("<i4", false, "(2,)", littleEndian(3, 4)),
            npy("|S3", false, "()", ascii("csr"))
        };
        for (int mutated = 0; mutated < parts.length; mutated++) {
            int part = mutated;
            accepted = 0;
            refused = 0;
            fuzz("sparse.npz", parts[part], content -> {
                byte[][] all = parts.clone();
                all[part] = content;
                return zip(
                        "indptr.npy",
                        all[0],
                        "indices.npy",
                        all[1],
                        "data.npy",
                        all[2],
                        "shape.npy",
                        all[3],
                        "format.npy",
                        all[4]);
            });
        }
    }
}
