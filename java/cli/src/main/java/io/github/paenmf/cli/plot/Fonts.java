package io.github.paenmf.cli.plot;

import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;

/** The fonts of the pictures, and whether there are any: many containers have none. */
final class Fonts {

    static {
        headless();
    }

    private Fonts() {}

    /** A server has no display, and none is needed. To be called before any class of AWT is loaded. */
    static void headless() {
        System.setProperty("java.awt.headless", "true");
    }

    static Font plain(double size) {
        return new Font(Font.SANS_SERIF, Font.PLAIN, 1).deriveFont((float) size);
    }

    static Font bold(double size) {
        return new Font(Font.SANS_SERIF, Font.BOLD, 1).deriveFont((float) size);
    }

    /** What keeps text from being drawn, or null if nothing does. */
    static String problem() {
        return Probe.PROBLEM;
    }

    static boolean available() {
        return problem() == null;
    }

    /** The system is asked once, as a failure takes long and comes again. */
    private static final class Probe {

        private static final String PROBLEM = find();

        private static String find() {
            Graphics2D graphics = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
            try {
                graphics.getFontMetrics(plain(12)).stringWidth("λ");
                return null;
            } catch (RuntimeException | InternalError | LinkageError e) {
                return e.toString();
            } finally {
                graphics.dispose();
            }
        }
    }
}
