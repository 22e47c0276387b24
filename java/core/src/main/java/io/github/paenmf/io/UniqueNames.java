package io.github.paenmf.io;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Names of which none occurs twice. */
final class UniqueNames {

    private UniqueNames() {}

    /**
     * Makes names unique as AnnData does ({@code var_names_make_unique}): the first of several stays as it is, and those
     * that follow get -1, -2 and so on, past the names that there are already.
     */
    static List<String> of(List<String> names) {
        Set<String> taken = new HashSet<>(names);
        if (taken.size() == names.size()) {
            return names;
        }
        Set<String> seen = new HashSet<>();
        Map<String, Integer> counts = new HashMap<>();
        List<String> unique = new ArrayList<>(names.size());
        for (String name : names) {
            String candidate = name;
            if (!seen.add(name)) {
                do {
                    candidate = name + "-" + counts.merge(name, 1, Integer::sum);
                } while (!taken.add(candidate));
            }
            unique.add(candidate);
        }
        return unique;
    }
}
