package io.github.paenmf.cli.plot;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What the features are, as far as their names tell: that decides how they are drawn. */
public final class Features {

    /** What the names say. */
    public enum Kind {
        /** Nothing but an order: there are none, or they are numbered, as in pixel1, pixel2, ... */
        NUMBERED,
        /** Places on an axis: numbers that increase, such as wavelengths. */
        NUMBERS,
        /** Times: ISO dates that increase. */
        DATES,
        /** Things that have no order, such as genes. */
        WORDS;

        /** Whether a line from one feature to the next means something. */
        public boolean ordered() {
            return this != WORDS;
        }
    }

    private final int count;
    private final List<String> names;
    private final Kind kind;
    private final double[] positions;

    private Features(int count, List<String> names, Kind kind, double[] positions) {
        this.count = count;
        this.names = names;
        this.kind = kind;
        this.positions = positions;
    }

    /**
     * Reads the names.
     *
     * @param names one a feature, or an empty list
     */
    public static Features of(int count, List<String> names) {
        double[] index = IntStream.rangeClosed(1, count).asDoubleStream().toArray();
        if (names.isEmpty() || numbered(names)) {
            return new Features(count, names, Kind.NUMBERED, index);
        }
        Optional<double[]> dates = positions(names, Features::epochDay);
        if (dates.isPresent()) {
            return new Features(count, names, Kind.DATES, dates.get());
        }
        Optional<double[]> numbers = positions(names, Features::number);
        if (numbers.isPresent()) {
            return new Features(count, names, Kind.NUMBERS, numbers.get());
        }
        return new Features(count, names, Kind.WORDS, index);
    }

    public int count() {
        return count;
    }

    public Kind kind() {
        return kind;
    }

    /** Where each feature lies on an axis: its number from 1, the number it is called, or days since 1970. */
    public double[] positions() {
        return positions.clone();
    }

    /** What the i-th feature, from 0, is called. */
    public String name(int i) {
        return names.isEmpty() || names.get(i).isBlank() ? "feature " + (i + 1) : names.get(i);
    }

    /** What stands at the axis along which they lie. */
    public String axisTitle() {
        return switch (kind) {
            case DATES -> "date";
            case NUMBERS, NUMBERED -> "feature";
            case WORDS -> "feature, in the order of the data";
        };
    }

    /** Whether all names are one stem and the number of the place. */
    private static boolean numbered(List<String> names) {
        String first = names.get(0);
        int digits = first.length();
        while (digits > 0 && Character.isDigit(first.charAt(digits - 1))) {
            digits--;
        }
        String stem = first.substring(0, digits);
        String start = first.substring(digits);
        if (start.isEmpty() || start.length() > 9) {
            return false;
        }
        int from = Integer.parseInt(start);
        String padded = "%s%0" + start.length() + "d";
        return IntStream.range(0, names.size())
                .allMatch(i -> names.get(i).equals(stem + (from + i))
                        || names.get(i).equals(String.format(padded, stem, from + i)));
    }

    private interface Position {
        double of(String name);
    }

    /** The positions if all names have one and they increase. */
    private static Optional<double[]> positions(List<String> names, Position position) {
        double[] positions = new double[names.size()];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = position.of(names.get(i));
            if (Double.isNaN(positions[i]) || i > 0 && positions[i] <= positions[i - 1]) {
                return Optional.empty();
            }
        }
        return Optional.of(positions);
    }

    private static double epochDay(String name) {
        try {
            return LocalDate.parse(name.strip()).toEpochDay();
        } catch (DateTimeException e) {
            return Double.NaN;
        }
    }

    private static double number(String name) {
        try {
            double number = Double.parseDouble(name.strip());
            return Double.isInfinite(number) ? Double.NaN : number;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** The dates as {@link #positions}' days, at midnight UTC. */
    static java.util.Date date(double epochDay) {
        return java.util.Date.from(LocalDate.ofEpochDay((long) epochDay)
                .atStartOfDay(ZoneOffset.UTC)
                .toInstant());
    }

    /** The features with the greatest values, greatest first. */
    public static int[] greatest(float[] values, int count) {
        return IntStream.range(0, values.length)
                .boxed()
                .sorted((a, b) -> Float.compare(values[b], values[a]))
                .limit(count)
                .mapToInt(Integer::intValue)
                .toArray();
    }
}
