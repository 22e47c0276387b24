package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Of images. */
class ImageFuzzTest extends ReaderFuzz {

    private void fuzzImage(String name, byte[] valid) throws IOException {
        Random random = new Random(7);
        Path images = Files.createDirectory(directory.resolve("images"));
        for (int i = 0; i < CASES; i++) {
            Files.write(images.resolve(name), i == 0 ? valid : mutate(valid, random));
            expectMatrixOrDataException(name + " " + i, () -> MatrixReader.read(images.toString(), OPTIONS));
        }
        assertTrue(accepted > 0 && refused > 0);
    }

    @Test
    void pgm() throws IOException {
        fuzzImage("a.pgm", "P5\n# c\n3 2\n255\n\1\2\3\4\5\6".getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void plainPgm() throws IOException {
        fuzzImage("a.pgm", ascii("P2\n3 2\n255\n1 2 3\n4 5 6\n"));
    }

    @Test
    void png() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(5, 4, BufferedImage.TYPE_BYTE_GRAY), "png", bytes);
        fuzzImage("a.png", bytes.toByteArray());
    }
}
