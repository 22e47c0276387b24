package io.github.paenmf.io.hdf5;

import java.util.Collection;
import java.util.List;

/** Parts of messages. */
final class Messages {

    private Messages() {}

    /** Foreign text: short and on one line. */
    static String shown(String text) {
        String printable = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ");
        return printable.length() > 60 ? printable.substring(0, 60) + "…" : printable;
    }

    /** Some names. */
    static String list(Collection<String> names) {
        if (names.isEmpty()) {
            return "nothing";
        }
        List<String> first = names.stream().limit(12).map(Messages::shown).toList();
        return String.join(", ", first) + (names.size() > first.size() ? ", …" : "");
    }

    /** Lengths of dimensions. */
    static String shape(long[] dimensions) {
        StringBuilder text = new StringBuilder();
        for (long dimension : dimensions) {
            text.append(text.isEmpty() ? "" : " × ").append(dimension);
        }
        return text.isEmpty() ? "a single value" : text.toString();
    }

    /** What a library's error says at its root. */
    static String reason(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : shown(root.getMessage());
    }
}
