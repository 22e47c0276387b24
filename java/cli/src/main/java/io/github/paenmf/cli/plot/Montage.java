package io.github.paenmf.cli.plot;

import io.github.paenmf.data.Matrix;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Sections of small grey images below each other, each under its label. */
public final class Montage implements Panel {

    private static final int GAP = 8;
    private static final int LABEL_HEIGHT = 22;
    private static final int CAPTION_HEIGHT = 16;
    private static final int SECTION_GAP = 12;
    private static final int LEAST_CELL = 24;

    private record Section(String label, Matrix images, List<String> captions) {}

    private final ImageShape shape;
    private final int imagesPerLine;
    private final int zoom;
    private final List<Section> sections = new ArrayList<>();

    /**
     * @param imagesPerLine how many images stand beside each other
     * @param cell about how many pixels wide and high an image becomes, at a whole number for each of its pixels
     */
    public Montage(ImageShape shape, int imagesPerLine, int cell) {
        this.shape = shape;
        this.imagesPerLine = imagesPerLine;
        this.zoom =
                Math.max(1, Math.round(Math.max(cell, LEAST_CELL) / (float) Math.max(shape.height(), shape.width())));
    }

    /**
     * Adds images.
     *
     * @param label stands above them; may be empty
     * @param images one a row, pixels line by line, ≥ 0; each is scaled to its own brightest pixel
     */
    public Montage add(String label, Matrix images) {
        return add(label, images, List.of());
    }

    /**
     * Adds images with a text below each.
     *
     * @param captions one an image, or an empty list
     */
    public Montage add(String label, Matrix images, List<String> captions) {
        if (images.columns() != shape.pixels()) {
            throw new IllegalArgumentException(
                    "an image of " + shape + " has " + shape.pixels() + " pixels, not " + images.columns());
        }
        sections.add(new Section(label, images, List.copyOf(captions)));
        return this;
    }

    /** How many images on a line make a picture that is about square, with few gaps in the last line. */
    public static int imagesPerLine(int count) {
        int square = (int) Math.ceil(Math.sqrt(count));
        return IntStream.rangeClosed(square, square + square / 2)
                .boxed()
                .min(Comparator.comparingInt(perLine -> Math.floorMod(-count, perLine)))
                .orElseThrow();
    }

    @Override
    public boolean needsFonts() {
        return false;
    }

    @Override
    public int width() {
        return imagesPerLine * (shape.width() * zoom + GAP) - GAP;
    }

    @Override
    public int height() {
        return sections.stream().mapToInt(this::height).sum() + (sections.size() - 1) * SECTION_GAP;
    }

    private int height(Section section) {
        int lines = (section.images.rows() - 1) / imagesPerLine + 1;
        return labelHeight(section) + lines * lineHeight(section) - GAP;
    }

    private static int labelHeight(Section section) {
        return section.label.isEmpty() ? 0 : LABEL_HEIGHT;
    }

    private int lineHeight(Section section) {
        return shape.height() * zoom + GAP + (section.captions.isEmpty() ? 0 : CAPTION_HEIGHT);
    }

    @Override
    public void paint(Graphics2D graphics) {
        int top = 0;
        for (Section section : sections) {
            Text.draw(graphics, section.label, 0, top + LABEL_HEIGHT - 9, Fonts.plain(13), Palette.MUTED, Text.LEFT);
            int cellWidth = shape.width() * zoom;
            for (int i = 0; i < section.images.rows(); i++) {
                int left = i % imagesPerLine * (cellWidth + GAP);
                int y = top + labelHeight(section) + i / imagesPerLine * lineHeight(section);
                graphics.drawImage(image(section.images, i), left, y, null);
                if (!section.captions.isEmpty()) {
                    String caption = Text.shorten(section.captions.get(i), cellWidth + GAP / 2, Fonts.plain(11));
                    Text.draw(
                            graphics,
                            caption,
                            left + cellWidth / 2.0,
                            y + shape.height() * zoom + 13,
                            Fonts.plain(11),
                            Palette.MUTED,
                            Text.CENTRE);
                }
            }
            top += height(section) + SECTION_GAP;
        }
    }

    /** Enlarged here, so that no viewer of an SVG file blurs the pixels. */
    private BufferedImage image(Matrix images, int row) {
        float brightest = Float.MIN_NORMAL; // not 0: an image may be all black
        for (int j = 0; j < images.columns(); j++) {
            brightest = Math.max(brightest, images.get(row, j));
        }
        BufferedImage image =
                new BufferedImage(shape.width() * zoom, shape.height() * zoom, BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                float value = images.get(row, y / zoom * shape.width() + x / zoom);
                int grey = Math.round(255 * value / brightest);
                image.setRGB(x, y, new Color(grey, grey, grey).getRGB());
            }
        }
        return image;
    }
}
