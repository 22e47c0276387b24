package io.github.paenmf.cli.plot;

import java.awt.Graphics2D;

/** A part of a {@link Figure}. */
public interface Panel {

    /** Pixels at a zoom of 1. */
    int width();

    /** Pixels at a zoom of 1. */
    int height();

    /** Draws it from (0, 0) on. */
    void paint(Graphics2D graphics);

    /** Whether it means nothing without the text in it. */
    default boolean needsFonts() {
        return true;
    }
}
