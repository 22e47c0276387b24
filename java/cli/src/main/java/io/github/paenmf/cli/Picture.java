package io.github.paenmf.cli;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/** Sections of small grey images below each other, each under its label, as a PNG. */
final class Picture {

    private static final Logger LOG = System.getLogger(Picture.class.getName());

    private static final int ZOOM = 8;
    private static final int GAP = 8;
    private static final int LABEL_HEIGHT = 24;

    private record Section(String label, Matrix images) {}

    private final int imageHeight;
    private final int imageWidth;
    private final int imagesPerLine;
    private final List<Section> sections = new ArrayList<>();

    /**
     * @param imageHeight pixels, as is {@code imageWidth}
     * @param imagesPerLine how many images stand beside each other
     */
    Picture(int imageHeight, int imageWidth, int imagesPerLine) {
        this.imageHeight = imageHeight;
        this.imageWidth = imageWidth;
        this.imagesPerLine = imagesPerLine;
    }

    /**
     * Adds images.
     *
     * @param images one a row, pixels line by line, ≥ 0; each is scaled to its own brightest pixel
     */
    Picture add(String label, Matrix images) {
        sections.add(new Section(label, images));
        return this;
    }

    void save(Path file) throws IOException {
        System.setProperty("java.awt.headless", "true"); // a server has no display, and none is needed
        int cellHeight = imageHeight * ZOOM + GAP;
        int cellWidth = imageWidth * ZOOM + GAP;
        int height = GAP
                + sections.stream()
                        .mapToInt(section -> LABEL_HEIGHT + lines(section) * cellHeight)
                        .sum();
        BufferedImage picture = new BufferedImage(GAP + imagesPerLine * cellWidth, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        try {
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, picture.getWidth(), picture.getHeight());
            int top = GAP;
            for (Section section : sections) {
                drawLabel(graphics, section.label, top);
                top += LABEL_HEIGHT;
                for (int i = 0; i < section.images.rows(); i++) {
                    int left = GAP + i % imagesPerLine * cellWidth;
                    drawImage(graphics, section.images, i, left, top + i / imagesPerLine * cellHeight);
                }
                top += lines(section) * cellHeight;
            }
        } finally {
            graphics.dispose();
        }
        AtomicFile.write(file, out -> ImageIO.write(picture, "png", out));
    }

    private int lines(Section section) {
        return (section.images.rows() - 1) / imagesPerLine + 1;
    }

    private void drawImage(Graphics2D graphics, Matrix images, int row, int left, int top) {
        float brightest = Float.MIN_NORMAL; // not 0: an image may be all black
        for (int j = 0; j < images.columns(); j++) {
            brightest = Math.max(brightest, images.get(row, j));
        }
        for (int j = 0; j < images.columns(); j++) {
            int grey = Math.round(255 * images.get(row, j) / brightest);
            graphics.setColor(new Color(grey, grey, grey));
            graphics.fillRect(left + j % imageWidth * ZOOM, top + j / imageWidth * ZOOM, ZOOM, ZOOM);
        }
    }

    /** A system without fonts, as many containers are, gets a picture without labels. */
    private static void drawLabel(Graphics2D graphics, String label, int top) {
        try {
            graphics.setColor(Color.BLACK);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
            graphics.drawString(label, GAP, top + LABEL_HEIGHT - GAP);
        } catch (RuntimeException | InternalError | LinkageError e) {
            LOG.log(Level.WARNING, "the pictures have no labels, as this system has no fonts ({0})", e.toString());
        }
    }
}
