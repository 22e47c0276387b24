package io.github.paenmf.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The most memory that this process has taken, as Linux counts it: heap, code and everything else. */
final class PeakMemory {

    private static final Pattern HIGH_WATER_MARK = Pattern.compile("(?m)^VmHWM:\\s+(\\d+) kB$");

    private PeakMemory() {}

    /** The number of bytes, or nothing where the system does not tell. */
    static OptionalLong bytes() {
        try {
            Matcher matcher = HIGH_WATER_MARK.matcher(Files.readString(Path.of("/proc/self/status")));
            return matcher.find() ? OptionalLong.of(1024 * Long.parseLong(matcher.group(1))) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
