package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Score;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Shows a {@link Score} to people and to programs. */
final class ScoreReport {

    private ScoreReport() {}

    static Map<String, Object> json(FactorisationModel model, Score score) {
        Map<String, Object> json = new LinkedHashMap<>();
        scaling(model).ifPresent(scaling -> json.put(model.isOfCounts() ? "sizeFactors" : "scaling", scaling));
        json.put("relativeError", score.relativeError());
        if (score.isProbabilistic()) {
            json.put("relativeErrorMedian", score.relativeErrorMedian());
            json.put("relativeErrorMean", score.relativeErrorMean());
            json.put("relativeErrorSampled", score.relativeErrorSampled());
            json.put("klPerSample", score.klPerSample());
        }
        json.put("reconstructionPerSample", score.reconstructionPerSample());
        json.put("objective", score.objective());
        if (!Double.isNaN(score.elbo())) {
            json.put("elbo", score.elbo());
        }
        if (!Double.isNaN(score.sigma())) {
            json.put("sigma", score.sigma());
        }
        if (!Double.isNaN(score.deviance())) {
            json.put("deviance", score.deviance());
        }
        json.put("hoyerSparsity", score.hoyerSparsity());
        json.put("deadComponents", score.deadComponents().size());
        json.put("deadComponentNames", score.deadComponentNames());
        return json;
    }

    /** How the data are scaled and features weighted whose errors these are; of counts, the size factors of rows. */
    private static Optional<String> scaling(FactorisationModel model) {
        Scaling given = model.scaling().scaling();
        if (model.isOfCounts() && !given.isNone()) { // which stay as they are
            return Optional.of(given.sizeFactors() == SizeFactors.TOTAL ? "totals of the rows" : "given");
        }
        String scaling = given.isNone() ? "" : given.toString();
        String weights = model.scaling().featureWeights().hasFeatures() ? "features counted by their weights" : "";
        String both = scaling + (scaling.isEmpty() || weights.isEmpty() ? "" : ", ") + weights;
        return both.isEmpty() ? Optional.empty() : Optional.of(both);
    }

    /** What to warn of. */
    static Optional<String> warning(Score score) {
        return score.relativeError() > 1
                ? Optional.of(String.format(
                        Locale.ROOT,
                        "the relative error is %.4g: these data are explained worse than by zeros.",
                        score.relativeError()))
                : Optional.empty();
    }

    static void print(PrintWriter out, FactorisationModel model, Score score) {
        String label = model.isOfCounts() ? "size factors" : "of scaled data";
        scaling(model).ifPresent(scaling -> out.printf(Locale.ROOT, "  %-28s %s%n", label, scaling));
        if (score.isProbabilistic()) {
            row(out, "relative error, median", score.relativeErrorMedian());
            row(out, "relative error, mean", score.relativeErrorMean());
            row(out, "relative error, sampled", score.relativeErrorSampled());
            row(out, "reconstruction per sample", score.reconstructionPerSample());
            row(out, "KL per sample", score.klPerSample());
        } else {
            row(out, "relative error", score.relativeError());
        }
        row(out, "objective", score.objective());
        if (!Double.isNaN(score.elbo())) {
            row(out, "ELBO per entry", score.elbo());
        }
        if (!Double.isNaN(score.sigma())) {
            row(out, "sigma", score.sigma());
        }
        if (!Double.isNaN(score.deviance())) {
            row(out, "deviance per entry", score.deviance());
        }
        row(out, "Hoyer sparsity of the basis", score.hoyerSparsity());
        List<String> dead = score.deadComponentNames();
        out.printf(
                Locale.ROOT,
                "  %-28s %d%s%n",
                "dead components",
                dead.size(),
                dead.isEmpty() ? "" : ": " + String.join(", ", dead));
        out.flush();
    }

    static void row(PrintWriter out, String label, double value) {
        out.printf(
                Locale.ROOT,
                "  %-28s %s%n",
                label,
                Double.isNaN(value) ? "not defined: all values are 0" : String.format(Locale.ROOT, "%.4g", value));
    }
}
