package io.github.paenmf.cli;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Letters that are lost in a locale of nothing but ASCII, such as LC_ALL=C: Java sees question marks in their place. */
final class LostLetters {

    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private LostLetters() {}

    /** Whether names of files can have no other letters. */
    static boolean asciiOnly() {
        return asciiOnly(Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8")));
    }

    private static boolean asciiOnly(Charset ofFileNames) {
        return !ofFileNames.newEncoder().canEncode('\u00e9');
    }

    /**
     * The first argument of this process that is not what the user wrote, as the user wrote it.
     *
     * @param count how many arguments there are
     */
    static Optional<String> argument(int count) {
        if (!asciiOnly() || !Files.isReadable(COMMAND_LINE)) {
            return Optional.empty();
        }
        try {
            return argument(count, Files.readAllBytes(COMMAND_LINE));
        } catch (IOException e) {
            return Optional.empty(); // then a file that is not found says it
        }
    }

    /**
     * @param commandLine of a process, each argument ended by a byte 0, the last {@code count} of them its own
     */
    static Optional<String> argument(int count, byte[] commandLine) {
        List<String> all = List.of(new String(commandLine, StandardCharsets.UTF_8).split("\0", -1));
        int end = all.size() - 1; // what is behind the last 0
        return all.subList(Math.max(0, end - count), end).stream()
                .filter(text -> text.chars().anyMatch(c -> c >= 0x80))
                .findFirst();
    }

    /** What to say of such a text, to end a sentence. */
    static String remedy() {
        return "the locale knows only the letters of ASCII: set LC_ALL=C.UTF-8 and run it again";
    }
}
