package io.github.paenmf.io;

import com.twelvemonkeys.imageio.plugins.pnm.PNMImageReaderSpi;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;

/**
 * A directory of images of one size, one image a row, pixels row by row, sorted by file name; the file names become row
 * names. Files of other types, hidden files and subdirectories are passed over.
 *
 * <p>Grey values are 0 to 255, or 0 to 65535 for images of 16 bits (PGM values are stretched from their own maximum to
 * that range). Colours become the luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, 0 to 255. Transparency is ignored.
 */
final class ImageDirectory {

    private static final List<String> EXTENSIONS = List.of(".pgm", ".png", ".ppm", ".pbm", ".pnm");

    private final ReadOptions options;
    private Matrix result;
    private int width;
    private int height;
    private int bits;

    private ImageDirectory(ReadOptions options) {
        this.options = options;
    }

    static Matrix read(Path directory, ReadOptions options) throws IOException {
        ImageDirectory images = new ImageDirectory(options);
        images.readAll(list(directory));
        return options.transpose() ? images.result.transpose() : images.result;
    }

    private static List<Path> list(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.filter(file -> {
                        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
                        return !name.startsWith(".")
                                && EXTENSIONS.stream().anyMatch(name::endsWith)
                                && Files.isRegularFile(file);
                    })
                    .sorted((a, b) ->
                            a.getFileName().toString().compareTo(b.getFileName().toString()))
                    .toList();
        }
        if (files.isEmpty()) {
            throw new DataException("this directory has no images (" + String.join(", ", EXTENSIONS)
                    + "); give a directory with images of one size, or a file");
        }
        return files;
    }

    private void readAll(List<Path> files) throws IOException {
        List<String> names = new ArrayList<>(files.size());
        for (int i = 0; i < files.size(); i++) {
            Path file = files.get(i);
            String name = file.getFileName().toString();
            BufferedImage image;
            try {
                image = decode(file, files.size(), files.get(0));
            } catch (DataException e) {
                throw new DataException("image " + name + ": " + e.getMessage(), e);
            } catch (IOException | RuntimeException e) { // decoders meet damage with exceptions of many types
                if (!Files.isReadable(file)) {
                    throw e;
                }
                throw new DataException(
                        "image " + name + " is damaged or not of its type"
                                + (e.getMessage() == null ? "" : " (" + e.getMessage() + ")")
                                + "; remove or replace it",
                        e);
            }
            int imageBits =
                    isGrey(image.getColorModel()) ? image.getColorModel().getComponentSize(0) : 8;
            if (i == 0) {
                bits = imageBits;
            } else if (imageBits != bits) {
                throw new DataException("image " + name + " has " + imageBits + " bits a value, but "
                        + files.get(0).getFileName() + " has " + bits + "; convert them to one depth");
            }
            store(image, i);
            names.add(name);
        }
        result = result.withNames(names, List.of());
    }

    /** Decodes an image after its size was found to be that of the first; the first one sets it. */
    private BufferedImage decode(Path file, int count, Path first) throws IOException {
        boolean png = file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".png");
        ImageReader reader = png
                ? ImageIO.getImageReadersByFormatName("png").next()
                : new PNMImageReaderSpi().createReaderInstance();
        try (FileImageInputStream in = new FileImageInputStream(file.toFile())) {
            reader.setInput(in, true, true);
            int imageWidth = reader.getWidth(0);
            int imageHeight = reader.getHeight(0);
            long pixels = (long) imageWidth * imageHeight;
            if (imageWidth < 1 || imageHeight < 1 || pixels / 8 > Sources.mostInflated(Files.size(file))) {
                throw new DataException("it declares " + imageWidth + " × " + imageHeight
                        + " pixels, which its size rules out: it is damaged");
            }
            if (result == null) {
                width = imageWidth;
                height = imageHeight;
                Matrix.requireMemory(8 * pixels, imageWidth + " × " + imageHeight + " image");
                result = options.allocate(count, pixels);
            } else if (imageWidth != width || imageHeight != height) {
                throw new DataException("it is " + imageWidth + " × " + imageHeight + " pixels, but "
                        + first.getFileName() + " is " + width + " × " + height + "; make all images of one size");
            }
            return reader.read(0);
        } finally {
            reader.dispose();
        }
    }

    /**
     * Whether the samples are grey values. A palette is not, even if its colours are grey; and asking a grey image for
     * its RGB would bend its values from a linear to the sRGB scale.
     */
    private static boolean isGrey(ColorModel model) {
        return model instanceof ComponentColorModel && model.getColorSpace().getType() == ColorSpace.TYPE_GRAY;
    }

    private void store(BufferedImage image, int row) {
        float[] target = result.storage(row);
        int offset = result.offset(row);
        if (isGrey(image.getColorModel())) {
            Raster raster = image.getRaster();
            float[] line = new float[width];
            for (int y = 0; y < height; y++) {
                raster.getSamples(0, y, width, 1, 0, line);
                System.arraycopy(line, 0, target, offset + y * width, width);
            }
            return;
        }
        int[] colours = new int[width];
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, colours, 0, width);
            for (int x = 0; x < width; x++) {
                int rgb = colours[x];
                // In thousandths, so that grey stays exactly the grey that it is.
                int luma = 299 * (rgb >> 16 & 0xff) + 587 * (rgb >> 8 & 0xff) + 114 * (rgb & 0xff);
                target[offset + y * width + x] = luma / 1000f;
            }
        }
    }
}
