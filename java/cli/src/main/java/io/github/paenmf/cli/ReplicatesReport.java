package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.model.Bootstrap;
import io.github.paenmf.model.MatchedFits;
import io.github.paenmf.model.Resample;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.Stability;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Shows to people and to programs what other fits say of a model's components. */
final class ReplicatesReport {

    /** More components than so many are not all named in one line. */
    private static final int MOST_NAMED = 10;

    private ReplicatesReport() {}

    /** Adds what there is. */
    static void addTo(FactorisationModel model, Map<String, Object> object) {
        model.stability().ifPresent(stability -> {
            Map<String, Object> restarts = new LinkedHashMap<>();
            restarts.put("asked", stability.restarts());
            restarts.put("fits", stability.objectives().length);
            restarts.put("resample", Names.of(stability.resample()));
            restarts.put("consensus", stability.ofConsensus());
            restarts.put("objectives", stability.objectives());
            restarts.put("found", found(stability.matches(), model.rank()));
            restarts.put("cosine", means(stability.matches(), model.rank()));
            restarts.put("kept", stability.kept());
            object.put("restarts", restarts);
        });
        model.bootstrap().ifPresent(bootstrap -> {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("fits", bootstrap.matches().fits());
            fields.put("found", found(bootstrap.matches(), model.rank()));
            fields.put("cosine", means(bootstrap.matches(), model.rank()));
            object.put("bootstrap", fields);
        });
    }

    private static double[] found(MatchedFits matches, int rank) {
        return IntStream.range(0, rank).mapToDouble(matches::found).toArray();
    }

    private static double[] means(MatchedFits matches, int rank) {
        return IntStream.range(0, rank).mapToDouble(matches::mean).toArray();
    }

    static void print(PrintWriter out, FactorisationModel model) {
        model.stability().ifPresent(stability -> {
            row(out, "restarts", restarts(stability, model instanceof VariationalModel));
            row(
                    out,
                    "stability",
                    String.format(
                            Locale.ROOT,
                            "of %d %s, found (cosine at least %.1f) in: %s",
                            stability.matches().fits(),
                            stability.ofConsensus() || stability.resample() != Resample.NONE ? "fits" : "other fits",
                            MatchedFits.FOUND,
                            components(found(stability.matches(), model.rank()))));
        });
        model.bootstrap().ifPresent(bootstrap -> row(out, "bootstrap", bootstrap(bootstrap, model.rank())));
        out.flush();
    }

    /**
     * @param ofBasis whether objectives of fits count the basis, as that of a score does not
     */
    private static String restarts(Stability stability, boolean ofBasis) {
        double[] objectives = stability.objectives().clone();
        Arrays.sort(objectives);
        String made = objectives.length == stability.restarts()
                ? String.valueOf(stability.restarts())
                : objectives.length + " of " + stability.restarts() + ", others diverged or were stopped";
        String range = stability.resample() != Resample.NONE
                ? "rows drawn anew (" + Names.of(stability.resample()) + ")"
                : String.format(
                        Locale.ROOT,
                        "objective %s%.5g to %.5g, median %.5g",
                        ofBasis ? "with the KL of the basis " : "",
                        objectives[0],
                        objectives[objectives.length - 1],
                        objectives[objectives.length / 2]);
        return made + ", " + range + (stability.ofConsensus() ? "; the model is of their consensus" : "");
    }

    private static String bootstrap(Bootstrap bootstrap, int rank) {
        return "of " + bootstrap.matches().fits() + " fits of rows drawn anew, found in: "
                + components(found(bootstrap.matches(), rank));
    }

    /** Each component with its share; of many, the least. */
    private static String components(double[] found) {
        List<Integer> shown = IntStream.range(0, found.length)
                .boxed()
                .sorted(Comparator.comparingDouble(j -> found.length > MOST_NAMED ? found[j] : j))
                .limit(MOST_NAMED)
                .toList();
        String named = shown.stream()
                .map(j -> String.format(Locale.ROOT, "%s %.0f %%", SavedModel.componentName(j), 100 * found[j]))
                .collect(Collectors.joining(", "));
        return named
                + (found.length > MOST_NAMED
                        ? String.format(
                                Locale.ROOT,
                                "; the other %d at least %.0f %%",
                                found.length - MOST_NAMED,
                                100 * found[shown.get(MOST_NAMED - 1)])
                        : "");
    }

    private static void row(PrintWriter out, String label, String value) {
        out.printf(Locale.ROOT, "  %-28s %s%n", label, value);
    }
}
