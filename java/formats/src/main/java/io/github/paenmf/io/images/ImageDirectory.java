package io.github.paenmf.io.images;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.ReadOptions;
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
 * A directory of images of one size, one image per row, pixels row by row, sorted by file name; the file names become row
 * names. Files of other types, hidden files and subdirectories are passed over.
 *
 * <p>Values are the stored samples, whatever their maximum is: 255, 65535 for images of 16 bits, or what a PGM or PPM
 * says in its header; all images must have the same. Colours become the luma of ITU-R BT.601, 0.299 R + 0.587 G +
 * 0.114 B, of the stored samples. PBM, palettes and PNG of fewer than 8 bits become 0 to 255. Transparency is ignored.
 */
final class ImageDirectory {

    private static final List<String> EXTENSIONS = List.of(".pgm", ".png", ".ppm", ".pbm", ".pnm");

    private static final int MAX_DEFLATE_RATIO = 1032;

    private final ReadOptions options;
    private Matrix result;
    private int width;
    private int height;
    private int maximum;

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
            int imageMaximum;
            try {
                imageMaximum = isPng(file) ? readPng(file, i, files) : readPnm(file, i, files);
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
            if (i == 0) {
                maximum = imageMaximum;
            } else if (imageMaximum != maximum) {
                throw new DataException("image " + name + " has values from 0 to " + imageMaximum + ", but "
                        + files.get(0).getFileName() + " from 0 to " + maximum + "; convert them to one range");
            }
            names.add(name);
        }
        result = result.withNames(names, List.of());
    }

    private static boolean isPng(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".png");
    }

    /** Reads an image into its row and returns the value of white. */
    private int readPnm(Path file, int row, List<Path> files) throws IOException {
        Matrix.requireMemory(Files.size(file), "image");
        PnmImage image = PnmImage.of(Files.readAllBytes(file));
        if (!canHold(image.bytesLeft(), image.leastBytes())) {
            throw tooManyPixels(image.width(), image.height());
        }
        requireSize(image.width(), image.height(), files);
        image.store(result.storage(row), result.offset(row));
        return image.maximum();
    }

    /** Reads an image into its row and returns the value of white. */
    private int readPng(Path file, int row, List<Path> files) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (FileImageInputStream in = new FileImageInputStream(file.toFile())) {
            reader.setInput(in, true, true);
            int imageWidth = reader.getWidth(0);
            int imageHeight = reader.getHeight(0);
            if (imageWidth < 1 || imageHeight < 1 || !canHold(Files.size(file), (long) imageWidth * imageHeight)) {
                throw tooManyPixels(imageWidth, imageHeight);
            }
            requireSize(imageWidth, imageHeight, files);
            return store(reader.read(0), row);
        } finally {
            reader.dispose();
        }
    }

    /** Whether so many bytes of a file can be so many pixels, of a bit or more, deflated. */
    private static boolean canHold(long bytes, long pixels) {
        return pixels / 8 / MAX_DEFLATE_RATIO <= bytes + 1;
    }

    private static DataException tooManyPixels(int width, int height) {
        return new DataException(
                "it declares " + width + " × " + height + " pixels, which its size rules out: it is damaged");
    }

    /** Checks before an image is decoded that its size is that of the first; the first one sets it. */
    private void requireSize(int imageWidth, int imageHeight, List<Path> files) {
        if (result == null) {
            width = imageWidth;
            height = imageHeight;
            long pixels = (long) width * height;
            Matrix.requireMemory(8 * pixels, width + " × " + height + " image");
            result = options.allocate(files.size(), pixels);
        } else if (imageWidth != width || imageHeight != height) {
            throw new DataException("it is " + imageWidth + " × " + imageHeight + " pixels, but "
                    + files.get(0).getFileName() + " is " + width + " × " + height + "; make all images of one size");
        }
    }

    private int store(BufferedImage image, int row) {
        float[] target = result.storage(row);
        int offset = result.offset(row);
        ColorModel model = image.getColorModel();
        // Samples as they are stored: to ask a grey image for its RGB would bend its values from a linear to the sRGB
        // scale, and to ask any image would leave 8 bits of 16.
        if (model instanceof ComponentColorModel) {
            Raster raster = image.getRaster();
            boolean grey = raster.getNumBands() <= 2; // the second is transparency
            int[] pixel = new int[raster.getNumBands()];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    raster.getPixel(x, y, pixel);
                    target[offset + y * width + x] = grey ? pixel[0] : luma(pixel[0], pixel[1], pixel[2]);
                }
            }
            return (1 << model.getComponentSize(0)) - 1;
        }
        int[] colours = new int[width];
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, colours, 0, width);
            for (int x = 0; x < width; x++) {
                int rgb = colours[x];
                target[offset + y * width + x] = luma(rgb >> 16 & 0xff, rgb >> 8 & 0xff, rgb & 0xff);
            }
        }
        return 0xff;
    }

    /** The luma of three samples; in thousandths first, so that grey stays exactly the grey that it is. */
    static float luma(int red, int green, int blue) {
        return (float) ((299 * red + 587 * green + 114 * blue) / 1000.0);
    }
}
