package io.github.paenmf.cli.plot;

import java.awt.BasicStroke;
import java.awt.Color;

/** Colours that people with any colour vision tell apart: those of Okabe and Ito, 2008. */
final class Palette {

    static final Color INK = new Color(0x1F2328);
    static final Color MUTED = new Color(0x59636E);
    static final Color GRID = new Color(0xE4E7EB);
    static final Color AXIS = new Color(0xAEB6C0);
    static final Color PAPER = Color.WHITE;
    static final Color BLUE = new Color(0x0072B2);
    static final Color VERMILION = new Color(0xD55E00);
    static final Color GREEN = new Color(0x009E73);

    private static final Color[] SERIES = {BLUE, VERMILION, GREEN, new Color(0xCC79A7), new Color(0xE69F00), INK};

    private Palette() {}

    /** The colour of the i-th of some series, from 0; they come again after some. */
    static Color series(int i) {
        return SERIES[i % SERIES.length];
    }

    static Color translucent(Color colour, int alpha) {
        return new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), alpha);
    }

    static BasicStroke solid(double width) {
        return new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    }
}
