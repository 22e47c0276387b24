package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.read;
import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageDirectoryTest {

    @TempDir
    Path directory;

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void png(String name, int type, int... rgb) throws IOException {
        BufferedImage image = new BufferedImage(2, rgb.length / 2, type);
        for (int i = 0; i < rgb.length; i++) {
            image.setRGB(i % 2, i / 2, rgb[i]);
        }
        ImageIO.write(image, "png", directory.resolve(name).toFile());
    }

    private void greyPng(String name, int type, int... values) throws IOException {
        BufferedImage image = new BufferedImage(2, values.length / 2, type);
        for (int i = 0; i < values.length; i++) {
            image.getRaster().setSample(i % 2, i / 2, 0, values[i]);
        }
        ImageIO.write(image, "png", directory.resolve(name).toFile());
    }

    @Test
    void readsImagesInTheOrderOfTheirNames() throws IOException {
        write(directory, "b.pgm", "P2\n# comment\n2 2\n255\n1 2 3 4\n");
        write(directory, "a.PGM", latin("P5\n2 2\n255\n\5\6\7\u00ff"));
        greyPng("c.png", BufferedImage.TYPE_BYTE_GRAY, 9, 10, 128, 255);
        write(directory, ".hidden.pgm", "nothing");
        write(directory, "notes.txt", "nothing");
        Files.createDirectory(directory.resolve("d.png"));
        Matrix matrix = read(directory);
        assertValues(new float[][] {{5, 6, 7, 255}, {1, 2, 3, 4}, {9, 10, 128, 255}}, matrix);
        assertEquals(List.of("a.PGM", "b.pgm", "c.png"), matrix.rowNames());
        assertEquals(List.of(), matrix.columnNames());
        Matrix transposed =
                MatrixReader.read(directory.toString(), ReadOptions.defaults().withTranspose(true));
        assertEquals(List.of("a.PGM", "b.pgm", "c.png"), transposed.columnNames());
        assertEquals(255, transposed.get(3, 2));
    }

    @Test
    void readsSixteenBits() throws IOException {
        write(directory, "a.pgm", latin("P5\n2 1\n65535\n\0\1\u00ff\u00ff"));
        greyPng("b.png", BufferedImage.TYPE_USHORT_GRAY, 300, 65535);
        assertValues(new float[][] {{1, 65535}, {300, 65535}}, read(directory));
        greyPng("c.png", BufferedImage.TYPE_BYTE_GRAY, 1, 2);
        assertRefused(directory, "c.png has 8 bits", "a.pgm has 16");
    }

    @Test
    void turnsColourIntoLuma() throws IOException {
        write(directory, "a.ppm", latin("P6\n2 1\n255\n\u00ff\0\0\12\24\36"));
        png("b.png", BufferedImage.TYPE_INT_RGB, 0x00ff00, 0x0000ff);
        png("c.png", BufferedImage.TYPE_INT_ARGB, 0x80808080, 0xff070707);
        png("d.png", BufferedImage.TYPE_BYTE_BINARY, 0xffffff, 0);
        write(directory, "e.pbm", "P1\n2 1\n0 1\n");
        assertValues(
                new float[][] {
                    {76.245f, (2990 + 11740 + 3420) / 1000f}, {149.685f, 29.07f}, {128, 7}, {255, 0}, {255, 0}
                },
                read(directory));
    }

    @Test
    void stretchesOtherMaxima() throws IOException {
        write(directory, "a.pgm", "P2\n3 1\n15\n0 3 15\n");
        assertValues(new float[][] {{0, 51, 255}}, read(directory));
    }

    @Test
    void refusesDirectoriesWithoutImages() {
        assertRefused(directory, "no images", ".pgm");
    }

    @Test
    void refusesImagesOfDifferentSizes() {
        write(directory, "a.pgm", "P2\n2 1\n255\n1 2\n");
        write(directory, "b.pgm", "P2\n1 2\n255\n1 2\n");
        assertRefused(directory, "image b.pgm", "1 × 2 pixels, but a.pgm is 2 × 1");
    }

    @Test
    void refusesDamagedImages() throws IOException {
        write(directory, "a.pgm", latin("P5\n2 2\n255\n\5\6"));
        assertRefused(directory, "image a.pgm is damaged");
        write(directory, "a.pgm", latin("hello"));
        assertRefused(directory, "image a.pgm is damaged");
        write(directory, "a.pgm", latin("P5\n2000000000 2000000000\n255\n\5\6"));
        assertRefused(directory, "image a.pgm", "pixels, which its size rules out");
        Files.delete(directory.resolve("a.pgm"));
        greyPng("a.png", BufferedImage.TYPE_BYTE_GRAY, new int[2000]);
        byte[] image = Files.readAllBytes(directory.resolve("a.png"));
        write(directory, "a.png", Arrays.copyOf(image, 50));
        assertRefused(directory, "image a.png is damaged");
        write(directory, "a.png", new byte[0]);
        assertRefused(directory, "image a.png is damaged");
    }

    @Test
    void obeysTheLimit() {
        write(directory, "a.pgm", "P2\n2 1\n255\n1 2\n");
        write(directory, "b.pgm", "P2\n2 1\n255\n1 2\n");
        assertRefused(directory, ReadOptions.defaults().withMaximumBytes(15), "limit of 15");
    }
}
