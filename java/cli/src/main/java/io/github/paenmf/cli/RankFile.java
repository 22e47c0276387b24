package io.github.paenmf.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.cli.plot.Figure;
import io.github.paenmf.cli.plot.Figures;
import io.github.paenmf.cli.plot.Figures.RankCurve;
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

/** What {@code paenmf rank --json} prints, read back. */
final class RankFile {

    /** What a file holds, for a command's help. */
    static final String HELP =
            "For rank, MODEL holds {\"method\": \"mdl\", \"chosenRank\": 4, \"ranks\": [{\"rank\": 1,"
                    + " \"total\": 9.1e6, \"w\": 1e4, \"h\": 2e4, \"e\": 9.07e6}, ...]}, in bits, where w, h and e, the parts of the"
                    + " total, may be missing; or {\"method\": \"bicv\", \"chosenRank\": 4, \"ranks\": [{\"rank\": 1,"
                    + " \"heldOutError\": 0.3, \"standardError\": 0.01}, ...]}, with relative errors, where standardError may be"
                    + " missing.";

    private final String method;
    private final int chosen;
    private final List<Map<?, ?>> ranks;

    private RankFile(String method, int chosen, List<Map<?, ?>> ranks) {
        this.method = method;
        this.chosen = chosen;
        this.ranks = ranks;
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
        String method = json.get("method") instanceof String text ? text : "";
        if (!method.equals("mdl") && !method.equals("bicv")) {
            throw new DataException("\"method\" must be \"mdl\" or \"bicv\", not " + json.get("method"));
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
        return new RankFile(method, chosen, ranks);
    }

    Figure figure() {
        int[] r = ranks.stream().mapToInt(RankFile::rank).toArray();
        if (method.equals("bicv")) {
            double[] errors = all("standardError") ? values("standardError") : new double[0];
            RankCurve error = new RankCurve("held-out relative error", values("heldOutError"), errors);
            return Figures.rank("cross-validation", r, error, List.of(), chosen);
        }
        List<RankCurve> parts = new ArrayList<>();
        if (all("w") && all("h") && all("e")) {
            parts.add(new RankCurve("basis", values("w"), new double[0]));
            parts.add(new RankCurve("coefficients", values("h"), new double[0]));
            parts.add(new RankCurve("error", values("e"), new double[0]));
        }
        RankCurve total = new RankCurve("description length (bits)", values("total"), new double[0]);
        return Figures.rank("minimum description length", r, total, parts, chosen);
    }

    private static int rank(Map<?, ?> entry) {
        return (Integer) entry.get("rank");
    }

    private boolean all(String key) {
        return ranks.stream().allMatch(entry -> entry.containsKey(key));
    }

    private double[] values(String key) {
        ToDoubleFunction<Map<?, ?>> value = entry -> {
            if (entry.get(key) instanceof Number number && Double.isFinite(number.doubleValue())) {
                return number.doubleValue();
            }
            throw new DataException("rank " + rank(entry) + " needs a number \"" + key + "\", not " + entry.get(key));
        };
        return ranks.stream().mapToDouble(value).toArray();
    }
}
