package io.github.paenmf.cli.plot;

import de.erichseifert.vectorgraphics2d.Document;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.CannotWriteException;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Panels in a grid under a title, as a file: PNG or SVG. */
public final class Figure {

    private static final Logger LOG = System.getLogger(Figure.class.getName());

    private static final int MARGIN = 24;
    private static final int GAP = 16;
    private static final int TITLE_SIZE = 18;
    private static final int TITLE_HEIGHT = 26;
    private static final int NOTE_SIZE = 12;
    private static final int NOTE_HEIGHT = 18;
    private static final int LEGEND_HEIGHT = 22;
    private static final int AXIS_HEIGHT = 22;
    private static final int HEADER_GAP = 10;
    private static final int SWATCH = 26;
    private static final int SWATCH_GAP = 7;
    private static final int KEY_GAP = 20;

    /** Pixels of a PNG for each of the figure's: sharp on today's displays and in print. */
    private static final int PNG_ZOOM = 2;

    static {
        Fonts.headless();
        // a cache in files would need a folder for them and a shutdown hook, and pictures are made in memory here
        ImageIO.setUseCache(false);
    }

    private record Key(String label, Color colour, BasicStroke stroke) {}

    private final String title;
    private final int columns;
    private final List<String> notes = new ArrayList<>();
    private final List<Key> keys = new ArrayList<>();
    private final List<Panel> panels = new ArrayList<>();
    private String xTitle = "";
    private String yTitle = "";

    /**
     * @param columns how many panels stand beside each other
     */
    public Figure(String title, int columns) {
        this.title = title;
        this.columns = columns;
    }

    private static boolean isSvg(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".svg");
    }

    /** Adds a line below the title. */
    public Figure note(String note) {
        notes.add(note);
        return this;
    }

    /** Titles of the axes that the panels share. */
    public Figure axes(String newXTitle, String newYTitle) {
        this.xTitle = newXTitle;
        this.yTitle = newYTitle;
        return this;
    }

    /** Adds an entry to the legend that the panels share. */
    Figure key(String label, Color colour, BasicStroke stroke) {
        keys.add(new Key(label, colour, stroke));
        return this;
    }

    /** Adds a panel, in reading order. */
    public Figure add(Panel panel) {
        panels.add(panel);
        return this;
    }

    /**
     * Writes the figure, as PNG or SVG by the file's extension; a file that is there is replaced once it is complete.
     *
     * @throws CannotWriteException if the file cannot be written, or the figure needs fonts and there are none
     */
    public void save(Path file) throws IOException {
        if (!Fonts.available()) {
            if (panels.stream().anyMatch(Panel::needsFonts)) {
                throw new CannotWriteException(
                        file,
                        "this system has no fonts, which charts need; install some, such as Debian's fontconfig and"
                                + " fonts-dejavu-core (" + Fonts.problem() + ")",
                        null);
            }
            LOG.log(Level.WARNING, "{0} has no labels, as this system has no fonts ({1})", file, Fonts.problem());
        }
        byte[] bytes = isSvg(file) ? svg() : png();
        AtomicFile.write(file, out -> out.write(bytes));
    }

    private byte[] png() throws IOException {
        BufferedImage picture = new BufferedImage(PNG_ZOOM * width(), PNG_ZOOM * height(), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        try {
            graphics.scale(PNG_ZOOM, PNG_ZOOM);
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            paint(graphics);
        } finally {
            graphics.dispose();
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam smallest = writer.getDefaultWriteParam();
            smallest.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            smallest.setCompressionQuality(0); // of effort, not of the picture: PNG loses nothing
            writer.setOutput(stream);
            writer.write(null, new IIOImage(picture, null, null), smallest);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private byte[] svg() throws IOException {
        VectorGraphics2D graphics = new VectorGraphics2D();
        paint(graphics);
        Document document = new SVGProcessor().getDocument(graphics.getCommands(), new PageSize(width(), height()));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        document.writeTo(bytes);
        // The fonts of this system may not be on the one that shows the file. VectorGraphics2D leaves out a size of 12,
        // and viewers then take 16.
        String text = bytes.toString(StandardCharsets.UTF_8)
                .replaceAll("font-family:&quot;([^&]*)&quot;", "font-family:'$1',Arial,sans-serif")
                .replaceAll("sans-serif;(?!font-size)", "sans-serif;font-size:12px;");
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private int rows() {
        return (panels.size() - 1) / columns + 1;
    }

    private int columnWidth(int column) {
        int width = 0;
        for (int i = column; i < panels.size(); i += columns) {
            width = Math.max(width, panels.get(i).width());
        }
        return width;
    }

    private int rowHeight(int row) {
        int height = 0;
        for (int i = row * columns; i < Math.min(panels.size(), (row + 1) * columns); i++) {
            height = Math.max(height, panels.get(i).height());
        }
        return height;
    }

    private int panelsWidth() {
        int used = Math.min(columns, panels.size());
        int width = (used - 1) * GAP;
        for (int column = 0; column < used; column++) {
            width += columnWidth(column);
        }
        return width;
    }

    private int left() {
        return MARGIN + (yTitle.isEmpty() ? 0 : AXIS_HEIGHT);
    }

    private int headerHeight() {
        return TITLE_HEIGHT + notes.size() * NOTE_HEIGHT + legendLines().size() * LEGEND_HEIGHT + HEADER_GAP;
    }

    private int width() {
        double header = Text.width(title, Fonts.bold(TITLE_SIZE));
        for (String note : notes) {
            header = Math.max(header, Text.width(note, Fonts.plain(NOTE_SIZE)));
        }
        for (Key key : keys) {
            header = Math.max(header, width(key));
        }
        return Math.max(left() + panelsWidth(), MARGIN + (int) Math.ceil(header)) + MARGIN;
    }

    private static double width(Key key) {
        return SWATCH + SWATCH_GAP + Text.width(key.label, Fonts.plain(NOTE_SIZE));
    }

    /** The keys, as many on a line as fit. */
    private List<List<Key>> legendLines() {
        double room = width() - 2 * MARGIN;
        List<List<Key>> lines = new ArrayList<>();
        double used = 0;
        for (Key key : keys) {
            if (lines.isEmpty() || used + width(key) > room) {
                lines.add(new ArrayList<>());
                used = 0;
            }
            lines.get(lines.size() - 1).add(key);
            used += width(key) + KEY_GAP;
        }
        return lines;
    }

    private int height() {
        int height = MARGIN + headerHeight() + MARGIN + (xTitle.isEmpty() ? 0 : AXIS_HEIGHT) + (rows() - 1) * GAP;
        for (int row = 0; row < rows(); row++) {
            height += rowHeight(row);
        }
        return height;
    }

    private void paint(Graphics2D graphics) {
        graphics.setColor(Palette.PAPER);
        graphics.fillRect(0, 0, width(), height());
        int y = MARGIN;
        Text.draw(graphics, title, MARGIN, y + TITLE_SIZE - 2, Fonts.bold(TITLE_SIZE), Palette.INK, Text.LEFT);
        y += TITLE_HEIGHT;
        for (String note : notes) {
            Text.draw(graphics, note, MARGIN, y + NOTE_SIZE, Fonts.plain(NOTE_SIZE), Palette.MUTED, Text.LEFT);
            y += NOTE_HEIGHT;
        }
        for (List<Key> line : legendLines()) {
            paintLegend(graphics, line, y + LEGEND_HEIGHT / 2.0 + 3);
            y += LEGEND_HEIGHT;
        }
        int top = MARGIN + headerHeight();
        y = top;
        for (int row = 0; row < rows(); row++) {
            int x = left();
            for (int column = 0; column < columns && row * columns + column < panels.size(); column++) {
                paint(graphics, panels.get(row * columns + column), x, y);
                x += columnWidth(column) + GAP;
            }
            y += rowHeight(row) + GAP;
        }
        y -= GAP;
        Text.draw(
                graphics,
                xTitle,
                left() + panelsWidth() / 2.0,
                y + AXIS_HEIGHT - 4,
                Fonts.plain(NOTE_SIZE),
                Palette.MUTED,
                Text.CENTRE);
        AffineTransform upright = graphics.getTransform();
        graphics.translate(MARGIN + NOTE_SIZE, (top + y) / 2.0);
        graphics.rotate(-Math.PI / 2);
        Text.draw(graphics, yTitle, 0, 0, Fonts.plain(NOTE_SIZE), Palette.MUTED, Text.CENTRE);
        graphics.setTransform(upright);
    }

    private static void paintLegend(Graphics2D graphics, List<Key> line, double middle) {
        double x = MARGIN;
        for (Key key : line) {
            graphics.setColor(key.colour);
            graphics.setStroke(key.stroke);
            graphics.draw(new Line2D.Double(x, middle, x + SWATCH, middle));
            x += SWATCH + SWATCH_GAP;
            Text.draw(graphics, key.label, x, middle + 4, Fonts.plain(NOTE_SIZE), Palette.INK, Text.LEFT);
            x += width(key) - SWATCH - SWATCH_GAP + KEY_GAP;
        }
    }

    private static void paint(Graphics2D graphics, Panel panel, int x, int y) {
        AffineTransform before = graphics.getTransform();
        graphics.translate(x, y);
        panel.paint(graphics);
        graphics.setTransform(before);
    }
}
