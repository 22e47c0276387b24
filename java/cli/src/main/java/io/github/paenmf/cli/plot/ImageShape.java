package io.github.paenmf.cli.plot;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the features of a sample lie in an image, line by line.
 *
 * @param height lines of pixels
 * @param width pixels of a line
 */
public record ImageShape(int height, int width) {

    private static final Pattern FORMAT = Pattern.compile("(\\d{1,5})[x×](\\d{1,5})");

    /** Fewer pixels than these show nothing. */
    private static final int LEAST_SIDE = 4;

    public ImageShape {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("an image must be at least 1x1, not " + height + "x" + width);
        }
    }

    /**
     * Reads {@code HEIGHTxWIDTH}.
     *
     * @throws IllegalArgumentException if that is not what the text is
     */
    public static ImageShape parse(String text) {
        Matcher matcher = FORMAT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not HEIGHTxWIDTH, such as 19x19");
        }
        return new ImageShape(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    }

    /** The square that so many features make, unless what they are called says that they are no pixels. */
    public static Optional<ImageShape> guess(Features features) {
        int side = (int) Math.round(Math.sqrt(features.count()));
        boolean pixels = features.kind() == Features.Kind.NUMBERED;
        return pixels && side >= LEAST_SIDE && side * side == features.count()
                ? Optional.of(new ImageShape(side, side))
                : Optional.empty();
    }

    /** How many features it takes. */
    public int pixels() {
        return Math.multiplyExact(height, width);
    }

    @Override
    public String toString() {
        return height + "x" + width;
    }
}
