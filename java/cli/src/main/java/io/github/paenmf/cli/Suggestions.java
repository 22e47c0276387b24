package io.github.paenmf.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** What somebody meant who misspelt a name. */
final class Suggestions {

    private Suggestions() {}

    /** The name that is nearest to what was given, if one is near. */
    static Optional<String> closest(String given, Collection<String> names) {
        int most = given.length() <= 4 ? 1 : given.length() <= 8 ? 2 : 3;
        return names.stream()
                .filter(name -> distance(given, name) <= most || given.length() >= 3 && name.startsWith(given))
                .min(Comparator.comparing((String name) -> !name.startsWith(given)) // what begins like that first
                        .thenComparingInt(name -> distance(given, name))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** How many letters to insert, leave out, change or exchange with their neighbour (optimal string alignment). */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(d[i - 1][j - 1] + change, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
