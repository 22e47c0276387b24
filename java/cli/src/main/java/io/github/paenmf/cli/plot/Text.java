package io.github.paenmf.cli.plot;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.font.FontRenderContext;

/** Text in pictures; a system without fonts gets none. */
final class Text {

    /** Where a text lies relative to its position: share of its width to the left of it. */
    static final double LEFT = 0;

    static final double CENTRE = 0.5;

    private static final FontRenderContext EXACT = new FontRenderContext(null, true, true);

    private Text() {}

    /** Draws one line with its baseline at {@code y}. */
    static void draw(Graphics2D graphics, String text, double x, double y, Font font, Color colour, double anchor) {
        if (text.isEmpty() || !Fonts.available()) {
            return;
        }
        graphics.setFont(font);
        graphics.setColor(colour);
        graphics.drawString(text, (float) (x - anchor * width(text, font)), (float) y);
    }

    static double width(String text, Font font) {
        return Fonts.available() ? font.getStringBounds(text, EXACT).getWidth() : 0;
    }

    /** The text, or its beginning and an ellipsis if it is wider. */
    static String shorten(String text, double width, Font font) {
        if (width(text, font) <= width) {
            return text;
        }
        int end = text.length();
        while (end > 1 && width(text.substring(0, end) + "…", font) > width) {
            end--;
        }
        return text.substring(0, end).stripTrailing() + "…";
    }

    /** As {@link #shorten}, but the end stays. */
    static String shortenMiddle(String text, double width, Font font) {
        if (width(text, font) <= width) {
            return text;
        }
        int kept = text.length() / 2;
        while (kept > 1 && width(ends(text, kept), font) > width) {
            kept--;
        }
        return ends(text, kept);
    }

    private static String ends(String text, int kept) {
        return text.substring(0, kept) + "…" + text.substring(text.length() - kept);
    }
}
