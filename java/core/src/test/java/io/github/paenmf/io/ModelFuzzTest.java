package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

/** Of models: what a file holds is checked when it is loaded, so that a model that is there can be used. */
class ModelFuzzTest extends ReaderFuzz {

    private static final Matrix DATA = data();

    private static Matrix data() {
        Random random = new Random(5);
        float[][] rows = new float[12][5];
        for (float[] row : rows) {
            for (int j = 0; j < row.length; j++) {
                row[j] = random.nextInt(9) + (j == 0 ? 1 : 0);
            }
        }
        return Matrix.of(rows);
    }

    @Test
    void autoencoders() throws IOException {
        fuzzModel(PaeNmf.builder().rank(2).epochs(3).build().fit(DATA));
    }

    @Test
    void variationalModels() throws IOException {
        fuzzModel(VariationalNmf.builder().rank(2).epochs(3).restarts(2).build().fit(DATA));
    }

    @Test
    void standardModels() throws IOException {
        fuzzModel(Nmf.builder()
                .rank(2)
                .epochs(3)
                .scaling(Scaling.NONE.withSizeFactors(SizeFactors.TOTAL).withLog1p(true))
                .bootstrap(2)
                .build()
                .fit(DATA));
    }

    /** The archive has checksums, behind which an array is changed; every eighth time the archive itself is. */
    private void fuzzModel(FactorisationModel model) throws IOException {
        Random random = new Random(11);
        Path file = directory.resolve("model.npz");
        model.save(file);
        byte[] archive = Files.readAllBytes(file);
        Map<String, byte[]> entries = entries(file);
        String[] names = entries.keySet().toArray(String[]::new);
        for (int i = 0; i < CASES; i++) {
            String changed = names[i % names.length];
            if (i % 8 == 7) {
                Files.write(file, mutate(archive, random));
            } else {
                write(file, entries, changed, i == 0 ? entries.get(changed) : mutate(entries.get(changed), random));
            }
            expectMatrixOrDataException("model " + i + ", " + changed, () -> {
                FactorisationModel loaded = FactorisationModel.load(file);
                return loaded.features() == DATA.columns() ? loaded.coefficients(DATA) : null;
            });
            assertTrue(i > 0 || accepted == 1, "the valid model is refused");
        }
        assertTrue(refused > CASES / 4, "the changes change nothing: " + refused);
    }

    private static Map<String, byte[]> entries(Path file) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
            }
        }
        return entries;
    }

    private static void write(Path file, Map<String, byte[]> entries, String changed, byte[] content)
            throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getKey().equals(changed) ? content : entry.getValue());
            }
        }
    }
}
