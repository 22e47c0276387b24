package io.github.paenmf.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.cli.plot.Figure;
import io.github.paenmf.cli.plot.Figures;
import io.github.paenmf.cli.plot.Figures.RankCurve;
import io.github.paenmf.cli.plot.Figures.RankPanel;
import io.github.paenmf.data.DataException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** What {@code paenmf rank --json} prints, read back. */
final class RankFile {

    /** What a file holds, for a command's help. */
    static final String HELP =
            "For rank, MODEL holds {\"method\": \"mdl\", \"chosenRank\": 4, \"ranks\": [{\"rank\": 1,"
                    + " \"total\": 9.1e6, \"w\": 1e4, \"h\": 2e4, \"e\": 9.07e6}, ...]}, in bits, where w, h and e, the parts of the"
                    + " total, may be missing; or {\"method\": \"bicv\", \"chosenRank\": 4, \"ranks\": [{\"rank\": 1,"
                    + " \"heldOutError\": 0.3, \"standardError\": 0.01}, ...]}, with relative errors, where standardError may be"
                    + " missing; or {\"method\": \"elbo\", \"chosenRank\": 4, \"ranks\": [{\"rank\": 1, \"elbo\": -9e5},"
                    + " ...]}, in nats, and likewise ard; or {\"method\": \"stability\", \"chosenRank\": 4, \"ranks\": [{\"rank\": 1,"
                    + " \"silhouette\": 0.9, \"leastSilhouette\": 0.8, \"relativeError\": 0.3}, ...]}, where all but silhouette may"
                    + " be missing and elbo may stand beside them; or {\"choices\": [...]} with several of these.";

    private static final List<String> METHODS = List.of("mdl", "bicv", "elbo", "ard", "stability");

    private static final String EVIDENCE = "evidence lower bound (nats)";

    /** What holds several choices. */
    static final String CHOICES = "choices";

    /** A choice, by one method. */
    private record Choice(String method, int chosen, List<Map<?, ?>> ranks) {}

    private final List<Choice> choices;

    private RankFile(List<Choice> choices) {
        this.choices = choices;
    }

    /**
     * Reads a file.
     *
     * @throws DataException that says what is wrong with it
     */
    static RankFile read(Path file) throws IOException {
        try {
            return of(JSON.std.mapFrom(Files.readString(file, StandardCharsets.UTF_8)));
        } catch (JacksonException | CharacterCodingException e) {
            throw new DataException("this is no JSON, which 'paenmf rank --json' prints", e);
        }
    }

    static RankFile of(Map<String, Object> json) {
        if (!json.containsKey(CHOICES)) {
            return new RankFile(List.of(choice(json)));
        }
        if (!(json.get(CHOICES) instanceof List<?> list) || list.isEmpty()) {
            throw new DataException("\"" + CHOICES + "\" must be a list of at least one choice");
        }
        List<Choice> choices = new ArrayList<>();
        for (Object entry : list) {
            if (!(entry instanceof Map<?, ?> choice)) {
                throw new DataException(
                        "entry " + (choices.size() + 1) + " of \"" + CHOICES + "\" must be an object, not " + entry);
            }
            choices.add(choice(choice));
        }
        return new RankFile(choices);
    }

    private static Choice choice(Map<?, ?> json) {
        String method = json.get("method") instanceof String text ? text : "";
        if (!METHODS.contains(method)) {
            throw new DataException(
                    "\"method\" must be one of " + String.join(", ", METHODS) + ", not " + json.get("method"));
        }
        if (!(json.get("ranks") instanceof List<?> list) || list.isEmpty()) {
            throw new DataException("\"ranks\" must be a list of at least one rank");
        }
        List<Map<?, ?>> ranks = new ArrayList<>();
        for (Object entry : list) {
            if (!(entry instanceof Map<?, ?> rank) || !(rank.get("rank") instanceof Integer r) || r < 1) {
                throw new DataException("entry " + (ranks.size() + 1)
                        + " of \"ranks\" must be an object with a \"rank\" of at least 1, not " + entry);
            }
            ranks.add(rank);
        }
        ranks.sort(Comparator.comparingInt(RankFile::rank));
        if (!(json.get("chosenRank") instanceof Integer chosen)
                || ranks.stream().noneMatch(entry -> chosen.equals(entry.get("rank")))) {
            throw new DataException("\"chosenRank\" must be one of the \"ranks\", not " + json.get("chosenRank"));
        }
        return new Choice(method, chosen, ranks);
    }

    Figure figure() {
        String chosen = choices.stream()
                .map(choice -> choices.size() == 1 ? "rank " + choice.chosen : choice.chosen + " by " + choice.method)
                .collect(Collectors.joining(", "));
        String by = choices.size() == 1 ? " by " + title(choices.get(0).method) : "";
        return Figures.ranks(
                "Choice of the rank" + by,
                "Chosen: " + chosen,
                choices.stream().map(RankFile::panel).toList());
    }

    private static String title(String method) {
        return switch (method) {
            case "mdl" -> "minimum description length";
            case "bicv" -> "cross-validation";
            case "elbo" -> "the evidence lower bound";
            case "stability" -> "stability";
            default -> "automatic relevance determination";
        };
    }

    private static RankPanel panel(Choice choice) {
        List<RankCurve> parts = new ArrayList<>();
        RankCurve beside = null;
        RankCurve curve = switch (choice.method) {
            case "mdl" -> {
                if (has(choice, "w") && has(choice, "h") && has(choice, "e")) {
                    parts.add(curve(choice, "basis", "w"));
                    parts.add(curve(choice, "coefficients", "h"));
                    parts.add(curve(choice, "error", "e"));
                }
                yield curve(choice, "description length (bits)", "total");
            }
            case "bicv" ->
                new RankCurve(
                        "held-out relative error",
                        values(choice, "heldOutError"),
                        has(choice, "standardError") ? values(choice, "standardError") : new double[0]);
            case "stability" -> {
                if (has(choice, "leastSilhouette")) {
                    parts.add(curve(choice, "least stable component", "leastSilhouette"));
                }
                if (has(choice, "elbo")) {
                    beside = curve(choice, EVIDENCE, "elbo");
                } else if (has(choice, "relativeError")) {
                    beside = curve(choice, "relative error", "relativeError");
                }
                yield curve(choice, "stability (mean silhouette)", "silhouette");
            }
            default -> curve(choice, EVIDENCE, "elbo");
        };
        int[] ranks = choice.ranks.stream().mapToInt(RankFile::rank).toArray();
        return new RankPanel(ranks, curve, parts, beside, choice.chosen);
    }

    private static RankCurve curve(Choice choice, String label, String key) {
        return new RankCurve(label, values(choice, key), new double[0]);
    }

    private static int rank(Map<?, ?> entry) {
        return (Integer) entry.get("rank");
    }

    private static boolean has(Choice choice, String key) {
        return choice.ranks.stream().allMatch(entry -> entry.containsKey(key));
    }

    private static double[] values(Choice choice, String key) {
        ToDoubleFunction<Map<?, ?>> value = entry -> {
            if (entry.get(key) instanceof Number number && Double.isFinite(number.doubleValue())) {
                return number.doubleValue();
            }
            throw new DataException("rank " + rank(entry) + " needs a number \"" + key + "\", not " + entry.get(key));
        };
        return choice.ranks.stream().mapToDouble(value).toArray();
    }
}
