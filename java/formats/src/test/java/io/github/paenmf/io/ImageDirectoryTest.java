package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.read;
import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        assertRefused(directory, "c.png has values from 0 to 255", "a.pgm from 0 to 65535");
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

    @ParameterizedTest
    @CsvSource({
        "1, 0 1 1 0",
        "15, 0 3 15 7",
        "200, 0 1 100 200",
        "254, 254 253 1 0",
        "256, 0 256 255 1",
        "1000, 0 1 999 7"
    })
    void readsStoredSamplesOfAnyMaximum(int maximum, String text) throws IOException {
        write(directory, "a.pgm", "P2 # plain\n#two\n2 2 #size\n" + maximum + "\n" + text);
        StringBuilder raw = new StringBuilder("P5\n2#two\n 2\n" + maximum + "\n");
        float[] samples = new float[4];
        String[] words = text.split(" ", -1);
        for (int i = 0; i < 4; i++) {
            int sample = Integer.parseInt(words[i]);
            samples[i] = sample;
            if (maximum > 255) {
                raw.append((char) (sample >> 8));
            }
            raw.append((char) (sample & 0xff));
        }
        write(directory, "b.pgm", latin(raw.toString()));
        assertValues(new float[][] {samples, samples}, read(directory));
        write(directory, "c.pgm", "P2 2 2 77 1 2 3 4");
        assertRefused(directory, "c.pgm has values from 0 to 77", "a.pgm from 0 to " + maximum);
    }

    @Test
    void readsColoursOfSixteenBitsWithoutLoss() throws IOException {
        write(directory, "a.ppm", "P3 2 1 65535 1 2 3 65535 65535 65535");
        write(directory, "b.ppm", latin("P6 2 1 65535\n\0\1\0\2\0\3\u00ff\u00fe\u00ff\u00fe\u00ff\u00fe"));
        BufferedImage image = rgb48();
        int[][] pixels = {{1, 2, 3}, {40_001, 40_001, 40_001}};
        for (int x = 0; x < 2; x++) {
            image.getRaster().setPixel(x, 0, pixels[x]);
        }
        ImageIO.write(image, "png", directory.resolve("c.png").toFile());
        assertValues(new float[][] {{1.815f, 65535}, {1.815f, 65534}, {1.815f, 40_001}}, read(directory));
    }

    private static BufferedImage rgb48() {
        ComponentColorModel model = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, Transparency.OPAQUE, DataBuffer.TYPE_USHORT);
        return new BufferedImage(model, model.createCompatibleWritableRaster(2, 1), false, null);
    }

    @Test
    void readsRawBitmaps() throws IOException {
        write(directory, "a.pbm", latin("P4 9 2\n\u0080\u0080\1\0"));
        write(directory, "b.pbm", "P1 9 2 100000001 0000000 1 #end\n0");
        float[] row = new float[18];
        Arrays.fill(row, 255);
        row[0] = 0;
        row[8] = 0;
        row[16] = 0;
        assertValues(new float[][] {row, row}, read(directory));
    }

    @ParameterizedTest
    @ValueSource(strings = {"P5 1 1 255\nAP5 1 1 255\nB", "P2 1 1 255 7\nP2 1 1 255 8", "P2 1 1 255 7 8", "P1 1 1 0 1"})
    void refusesAFileOfSeveralImages(String content) {
        write(directory, "a.pnm", latin(content));
        assertRefused(directory, "image a.pnm: there is more in it after its 1 × 1 pixels", "one image per file");
    }

    @ParameterizedTest
    @CsvSource({
        "P2 2 2 255 1 2 3, ends before the value in its row 2; column 2",
        "P3 1 1 255 1 2, ends before the value in its row 1; column 1",
        "P1 2 1 1, ends before the value in its row 1; column 2",
        "P4 9 1 A, ends before the value in its row 1; column 9",
        "P2 1 1 255 256, column 1 is 256; above the maximum in its header; 255",
        "P2 1 1 255 x, is no number; at byte 12",
        "P1 1 1 2, neither 0 nor 1; at byte 8",
        "P2 1 1 70000 2, the maximum in its header; no number from 1 to 65535",
        "P2 1 0 255 2, the height in its header",
        "P2 x, the width in its header; before byte 4",
        "P7 1 1 255 1, it begins with 'P7'"
    })
    void namesThePlaceOfDamage(String content, String parts) {
        write(directory, "a.pnm", latin(content));
        assertRefused(directory, ("image a.pnm: ;" + parts).split("; *", -1));
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
        assertRefused(directory, "image a.pgm: it is damaged", "before the value in its row 2, column 1");
        write(directory, "a.pgm", latin("hello"));
        assertRefused(directory, "image a.pgm: it begins with 'he'", "damaged or not of its type");
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
    void refusesOptionsOfTables() {
        write(directory, "a.pgm", "P2\n2 1\n255\n1 2\n");
        assertRefused(directory, ReadOptions.defaults().withDelimiter(';'), "a directory of images", "have no effect");
        assertRefused(directory, ReadOptions.defaults().withLayer("raw"), "which has no layers");
    }

    @Test
    void obeysTheLimit() {
        write(directory, "a.pgm", "P2\n2 1\n255\n1 2\n");
        write(directory, "b.pgm", "P2\n2 1\n255\n1 2\n");
        assertRefused(directory, ReadOptions.defaults().withMaximumBytes(15), "limit of 15");
    }
}
