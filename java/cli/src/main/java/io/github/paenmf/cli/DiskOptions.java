package io.github.paenmf.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How much of an input is in memory at once. */
final class DiskOptions {

    static final String MEMORY = "--memory";

    @Option(
            names = MEMORY,
            paramLabel = "SIZE",
            converter = Size.class,
            description =
                    "Leave INPUT, a .vblk or an .npy, on the disk and hold at most SIZE of it in memory at once, such as 512m or 4g."
                            + " What is computed with takes memory beside it.")
    private Long memory;

    /** Bytes for an input that stays on the disk, or 0. */
    long memory() {
        return memory == null ? 0 : memory;
    }

    /** A number of bytes with a unit of 1024. */
    static final class Size implements ITypeConverter<Long> {

        private static final Pattern PATTERN = Pattern.compile("(\\d{1,9})([kmgt])");

        @Override
        public Long convert(String value) {
            Matcher matcher = PATTERN.matcher(value.toLowerCase(Locale.ROOT));
            if (matcher.matches() && Long.parseLong(matcher.group(1)) > 0) {
                return Long.parseLong(matcher.group(1)) << 10 * ("kmgt".indexOf(matcher.group(2)) + 1);
            }
            throw new TypeConversionException("must be a number of bytes such as 512m or 4g, not '" + value + "'");
        }
    }
}
