package io.github.paenmf.cli.report;

import io.github.paenmf.CovariateEffects;
import io.github.paenmf.FactorisationModel;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.SampleIds;
import io.github.paenmf.Score;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.cli.plot.Divergence;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.cli.table.CoefficientTable;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.History;
import io.github.paenmf.model.Warning;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** A model and what it makes of data, as one HTML file to look at. */
public final class Report {

    private static final int MOST_EPOCHS = 1000;

    /** Probability of intervals. */
    private static final double LEVEL = CoefficientTable.DEFAULT_LEVEL;

    private final FactorisationModel model;
    private final RowSource data;
    private final String source;
    private final String version;
    private final Features features;
    private final Optional<ImageShape> shape;

    /**
     * @param data what the model is to explain, n × m
     * @param source what the user calls the data
     * @param version this program's
     * @param features of the data
     * @param shape of a sample that is an image
     */
    public Report(
            FactorisationModel model,
            RowSource data,
            String source,
            String version,
            Features features,
            Optional<ImageShape> shape) {
        this.model = model;
        this.data = data;
        this.source = source;
        this.version = version;
        this.features = features;
        this.shape = shape;
    }

    /**
     * Writes the file; one that is there is replaced once the new one is complete.
     *
     * @throws io.github.paenmf.data.DataException as {@link FactorisationModel#coefficients} does
     */
    public void save(Path file) throws IOException {
        String title = source + " in " + model.rank() + (model.rank() == 1 ? " part" : " parts");
        Page.save(file, "report", title, version, content());
    }

    private Map<String, Object> content() {
        Score score = model.score(data);
        Reduction reduction = Reduction.of(features, shape, model.basis());
        Samples samples = new Samples(model, data, features, reduction);

        Map<String, Object> content = new LinkedHashMap<>();
        content.put("rank", model.rank());
        content.put("epochs", model.totalEpochs());
        content.put("figures", figures(score));
        content.put("configuration", configuration());
        content.put("warnings", warnings(score));
        content.put("dead", score.deadComponents());
        content.put("history", history());
        content.put("features", features(reduction));
        content.put("samples", samples.content(samplesNote(samples.rows().length)));
        content.put("level", LEVEL);
        content.put("levelText", IntervalWords.percent(LEVEL));
        Parts parts = new Parts(model, features, reduction, LEVEL);
        content.put(
                "intervals",
                IntervalWords.of(model, LEVEL)
                        + IntervalWords.ofOutside(parts.shareOutside(), LEVEL)
                        + IntervalWords.ofBootstrap(model, LEVEL));
        content.putAll(parts.content());
        if (model instanceof VariationalModel variational) {
            variational.covariateEffects(LEVEL).ifPresent(effects -> content.put("covariates", covariates(effects)));
        }
        if (model instanceof PaeNmfModel pae) {
            pae.covariateFactors().ifPresent(factors -> content.put("covariates", covariates(factors)));
        }
        content.putAll(coefficients(samples.rows()));
        content.put("residuals", new Residuals(model).content(data, features));
        content.put("about", about());
        return content;
    }

    /** Factors of each covariate, or level, and component. */
    private Map<String, Object> covariates(Matrix factors) {
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("names", factors.rowNames());
        content.put("numbers", model.covariates().columns().stream().anyMatch(column -> column.width() == 1));
        content.put("factor", Base64Numbers.floats(factors));
        return content;
    }

    /** The same with their intervals. */
    private Map<String, Object> covariates(CovariateEffects effects) {
        Map<String, Object> content = covariates(effects.factor());
        content.put("lower", Base64Numbers.floats(effects.lower()));
        content.put("upper", Base64Numbers.floats(effects.upper()));
        return content;
    }

    /**
     * The distributions of the coefficients, or the coefficients where they have none. Quantiles of those of PAE-NMF are
     * its intervals, and are left to the browser.
     */
    private Map<String, Object> coefficients(int[] rows) {
        RowSource shown = data.selectRows(rows);
        Map<String, Object> content = new LinkedHashMap<>();
        if (!probabilistic()) {
            content.put("coefficients", Base64Numbers.floats(model.coefficients(shown)));
            return content;
        }
        long[] all = SampleIds.of(data);
        long[] ids = Arrays.stream(rows).mapToLong(i -> all[i]).toArray();
        Map<String, Matrix> statistics = CoefficientTable.of((ProbabilisticModel) model, shown, ids, LEVEL);
        content.put("lambda", Base64Numbers.floats(statistics.get("lambda")));
        content.put("k", Base64Numbers.floats(statistics.get("k")));
        if (variational()) {
            content.put("lower", Base64Numbers.floats(statistics.get("lower")));
            content.put("upper", Base64Numbers.floats(statistics.get("upper")));
        }
        Matrix inclusion = statistics.get("inclusion");
        if (inclusion != null) {
            content.put("inclusion", Base64Numbers.floats(inclusion));
            content.put("samplesWith", Parts.shareIncluded(inclusion));
        }
        return content;
    }

    private boolean probabilistic() {
        return model.algorithm().isProbabilistic();
    }

    private boolean variational() {
        return model.algorithm() == Algorithm.VB;
    }

    private List<Map<String, Object>> figures(Score score) {
        List<Map<String, Object>> figures = new ArrayList<>();
        figures.add(figure(
                "Relative error",
                score.relativeError(),
                "%",
                "Of the size of the data, this much is not explained by the reconstruction"
                        + (probabilistic() ? " from the medians of the coefficients" : "")
                        + ". 0\u00a0% would be perfect."));
        if (probabilistic()) {
            figures.add(figure(
                    "Relative error of samples",
                    score.relativeErrorSampled(),
                    "%",
                    "The same where the coefficients are drawn from their distributions: the more it exceeds the first,"
                            + " the less certain they are."));
            figures.add(figure(
                    "Information in the coefficients",
                    score.klPerSample(),
                    "nats per sample",
                    "How far their distributions are from the prior (KL divergence)."
                            + (model.hasKl()
                                    ? " It is what the objective makes a sample pay for its coefficients."
                                    : "")));
        }
        if (!Double.isNaN(score.deviance())) {
            figures.add(figure(
                    "Deviance",
                    score.deviance(),
                    "an entry",
                    "Mean Poisson deviance: how far counts are from what the fit expects of them. Counts that scatter around"
                            + " it by chance alone have about 1 where they are large, and less where they are few."));
        }
        if (model instanceof VariationalModel variational) {
            if (!variational.configuration().isPoisson()) {
                figures.add(noise(variational, score));
            }
            figures.add(figure(
                    "ELBO",
                    score.elbo(),
                    "nats per entry",
                    "Evidence lower bound of these data: higher is better. It compares models of the same data."));
        }
        figures.add(
                figure(
                        "Sparsity of the parts",
                        score.hoyerSparsity(),
                        "",
                        "Hoyer's measure of the basis: 0 if all weights of a part are equal, 1 if a part is a single feature."));
        return figures;
    }

    private static Map<String, Object> noise(VariationalModel model, Score score) {
        return figure(
                "Noise σ",
                score.sigma(),
                "of the data's size",
                "Standard deviation of what is not explained, in units of the data's root mean square; "
                        + (model.configuration().learnsSigma() ? "learned." : "given."));
    }

    private static Map<String, Object> figure(String label, double value, String unit, String meaning) {
        Map<String, Object> figure = new LinkedHashMap<>();
        figure.put("label", label);
        figure.put("value", finite(value));
        figure.put("percent", unit.equals("%"));
        figure.put("unit", unit.equals("%") ? "" : unit);
        figure.put("meaning", meaning);
        return figure;
    }

    /** JSON has no other numbers. */
    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private List<List<String>> configuration() {
        List<List<String>> entries = new ArrayList<>();
        entries.add(List.of("Data", source));
        entries.add(List.of("Algorithm", model.algorithm().title()));
        entries.add(List.of("Components", String.valueOf(model.rank())));
        entries.add(List.of(
                "Epochs", model.totalEpochs() + ", " + reason(model.history().stopReason())));
        model.settings().forEach((name, value) -> entries.add(List.of(name, value)));
        model.trainedOn().ifPresent(backend -> entries.add(List.of("Backend", backend)));
        return entries;
    }

    private static String reason(History.StopReason reason) {
        return switch (reason) {
            case EPOCHS -> "all that were asked for";
            case CONVERGED -> "then converged";
            case LISTENER -> "then interrupted";
            case DIVERGED -> "then diverged";
        };
    }

    /** What the fit warned of, and what these data show, unless the fit has said so. */
    private List<String> warnings(Score score) {
        List<String> warnings = new ArrayList<>();
        for (String warning : model.warnings()) {
            warnings.add(warning.substring(0, 1).toUpperCase(Locale.ROOT) + warning.substring(1));
        }
        boolean told = model.codedWarnings().stream()
                .anyMatch(warning -> warning.code() == Warning.Code.DEAD_COMPONENTS
                        && warning.components().equals(score.deadComponents()));
        if (!score.deadComponents().isEmpty() && !told) {
            String dead = String.join(", ", score.deadComponentNames());
            warnings.add("Of these data, components that take no part in any reconstruction: " + dead + ".");
        }
        return warnings;
    }

    private Map<String, Object> history() {
        History history = model.history();
        double[] reconstruction = history.reconstruction();
        double[] divergence = history.kl();
        int count = Math.min(history.epochs(), MOST_EPOCHS);
        int[] epochs = IntStream.range(0, count)
                .map(i -> count == 1 ? 0 : (int) ((long) i * (history.epochs() - 1) / (count - 1)))
                .toArray();
        int before = model.totalEpochs() - history.epochs();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("note", historyNote());
        object.put("unit", probabilistic() ? "per sample (nats)" : "per sample");
        object.put(
                "epochs", Arrays.stream(epochs).map(e -> before + e + 1).boxed().toList());
        object.put("reconstruction", pick(reconstruction, epochs));
        object.put("positive", Arrays.stream(reconstruction).allMatch(value -> value >= 0));
        if (probabilistic()) {
            object.put("kl", pick(divergence, epochs));
        }
        if (model.hasKl()) {
            double[] objective = IntStream.range(0, reconstruction.length)
                    .mapToDouble(e -> reconstruction[e] + divergence[e])
                    .toArray();
            object.put("objective", pick(objective, epochs));
        }
        return object;
    }

    private String historyNote() {
        if (model.history().epochs() == 0) {
            return "The model file holds no history of training.";
        }
        if (!probabilistic()) {
            return "The objective is " + Divergence.of(model) + " of the reconstruction.";
        }
        if (variational()) {
            return "The objective is the negative ELBO, to be made small: the expected reconstruction error plus the KL"
                    + " divergence of coefficients and basis from their priors. It is −ln of a density and may be below"
                    + " 0. Drag across the chart to zoom in, double-click to see all.";
        }
        return model.hasKl()
                ? "The objective is the sum of the reconstruction error and the KL divergence: how well the samples are"
                        + " explained, and what their coefficients cost."
                : "The objective was the reconstruction error alone; the KL divergence is shown for comparison.";
    }

    private static List<Double> pick(double[] values, int[] indices) {
        List<Double> picked = new ArrayList<>();
        for (int i : indices) {
            picked.add(finite((float) values[i])); // as many digits as a chart can show
        }
        return picked;
    }

    private Map<String, Object> features(Reduction reduction) {
        Map<String, Object> object = reduction.content(features);
        object.put("note", reduction.note() + (variational() && reduction.averages() ? " So are the bounds." : ""));
        return object;
    }

    private String samplesNote(int count) {
        String note = coefficientsNote() + " Choose a sample to see how the parts add up to it."
                + (model.missing() == Missing.NONE ? "" : " Missing values are shown as the parts fill them in.");
        return count == data.rows()
                ? note
                : note
                        + String.format(
                                Locale.ROOT,
                                " To stay quick, this report holds %,d of the %,d samples, evenly spread over the data.",
                                count,
                                data.rows());
    }

    private String coefficientsNote() {
        if (model instanceof VariationalModel variational) {
            return "Of each coefficient: its mean, its " + IntervalWords.percent(LEVEL) + " interval by "
                    + IntervalWords.name(variational.intervalMethod())
                    + (variational.configuration().zeros() == Zeros.LEARN
                            ? ", and p, the probability that it is not 0."
                            : ".");
        }
        return probabilistic()
                ? "Each coefficient is a distribution: its mean, and the interval that holds it with a probability of "
                        + IntervalWords.percent(LEVEL) + "."
                : "How much of each part every sample holds.";
    }

    private List<String> about() {
        return List.of(
                "A sample is explained as a sum of the parts, each times a coefficient that is not negative."
                        + distributions(),
                "Errors are Frobenius norms of the difference between data and reconstruction, divided by that of the"
                        + " data; those of one sample likewise."
                        + ScalingWords.of(model)
                        + (probabilistic()
                                ? " The samples that the slider shows are drawn in the browser, from a fixed seed."
                                : ""),
                "Made by paenmf " + version + " from " + source + ". This file is complete: it loads nothing from the"
                        + " network. Charts: uPlot, copyright (c) 2022 Leon Sorokin, MIT licence.");
    }

    private String distributions() {
        if (variational()) {
            return " In variational NMF each coefficient, and each weight of a part, is 0 with some probability and else"
                    + " a Weibull distribution, so that it says how certain it is, and new samples can be drawn."
                    + " The weights shown are means.";
        }
        return probabilistic()
                ? " In PAE-NMF a coefficient is a Weibull distribution that an encoder makes from the sample, so that it"
                        + " says how certain it is, and new samples can be drawn."
                : "";
    }
}
