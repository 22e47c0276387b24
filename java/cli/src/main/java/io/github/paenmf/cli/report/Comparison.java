package io.github.paenmf.cli.report;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Score;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.cli.table.CoefficientTable;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureNamesException;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.ComponentMatching;
import io.github.paenmf.model.MatchedFits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Two models of the same features beside each other, as one HTML file: which components are the same, and how well each
 * model explains data.
 */
public final class Comparison {

    private static final double LEVEL = CoefficientTable.DEFAULT_LEVEL;

    /** So many of the greatest weights of each of two components are shown. */
    private static final int TOP = 15;

    private static final String ERROR = "Relative error";
    private static final String OTHER_LIKELIHOOD = "Not comparable: the models do not have the same likelihood.";
    private static final String OTHER_SCALING = "Not comparable: the models scale or weight the data differently.";

    private final ComparedModel a;
    private final ComparedModel b;
    private final Features features;
    private final Optional<ImageShape> shape;
    private final List<Map<String, Object>> figures = new ArrayList<>();
    private String source = "";

    /**
     * @param nameOfA what the user calls the first model
     * @param features of the first model, in whose order both are shown
     * @param shape of a part that is an image
     * @param ignoreNames whether features go by position, whatever their names
     * @throws DataException if the models do not have the same features
     */
    public Comparison(
            String nameOfA,
            FactorisationModel modelA,
            String nameOfB,
            FactorisationModel modelB,
            Features features,
            Optional<ImageShape> shape,
            boolean ignoreNames) {
        int[] all = IntStream.range(0, modelA.features()).toArray();
        this.a = new ComparedModel(nameOfA, modelA, all, LEVEL);
        this.b = new ComparedModel(nameOfB, modelB, featuresOfB(a, nameOfB, modelB, ignoreNames), LEVEL);
        this.features = features;
        this.shape = shape;
    }

    /** For each feature of A the number of B's, as a row of data with B's features tells. */
    private static int[] featuresOfB(ComparedModel a, String name, FactorisationModel b, boolean ignoreNames) {
        float[] numbers = new float[b.features()];
        IntStream.range(0, numbers.length).forEach(f -> numbers[f] = f); // exact up to 2²⁴
        List<String> names = ignoreNames ? List.of() : b.featureNames();
        try {
            RowSource arranged = a.model()
                    .inFeatureOrder(Matrix.wrap(numbers, 1, numbers.length).withNames(List.of(), names));
            float[] row = new float[numbers.length];
            arranged.copyRow(0, row, 0);
            return IntStream.range(0, row.length).map(f -> (int) row[f]).toArray();
        } catch (FeatureNamesException e) {
            throw differ(a.name(), name, e.problem() + "; --ignore-names goes by position", e);
        } catch (DataException e) {
            throw differ(
                    a.name(), name, b.features() + " features and " + a.model().features(), e);
        }
    }

    private static DataException differ(String a, String b, String how, DataException cause) {
        return new DataException(
                "only models of the same features can be compared; " + b + " beside " + a + ": " + how, cause);
    }

    /**
     * Lets both models explain the same data.
     *
     * @param called what the user calls the data
     * @throws DataException as {@link FactorisationModel#score} does
     */
    public void score(RowSource data, String called) {
        source = called;
        Score ofA = a.model().score(data);
        Score ofB = b.model().score(data);
        String scaling = sameScaling() ? "" : OTHER_SCALING;
        boolean counts = a.model().isOfCounts() && b.model().isOfCounts();
        figure(ERROR, ofA.relativeError(), ofB.relativeError(), "lower is better", scaling);
        figure("Deviance, an entry", ofA.deviance(), ofB.deviance(), "lower is better", counts ? "" : OTHER_LIKELIHOOD);
        figure(
                "ELBO, nats per entry",
                ofA.elbo(),
                ofB.elbo(),
                "higher is better",
                a.model().isOfCounts() == b.model().isOfCounts() ? scaling : OTHER_LIKELIHOOD);
        figure("Sparsity of the parts", ofA.hoyerSparsity(), ofB.hoyerSparsity(), "0 even, 1 a single feature", "");
    }

    /** Adds a figure that at least one of the models has. */
    private void figure(String label, double ofA, double ofB, String meaning, String obstacle) {
        if (Double.isNaN(ofA) && Double.isNaN(ofB)) {
            return;
        }
        String missing = Double.isNaN(ofA) || Double.isNaN(ofB)
                ? "Not comparable: only " + (Double.isNaN(ofA) ? "B" : "A") + " has it."
                : "";
        Map<String, Object> figure = new LinkedHashMap<>();
        figure.put("label", label);
        figure.put("percent", label.equals(ERROR));
        figure.put("a", Double.isFinite(ofA) ? ofA : null);
        figure.put("b", Double.isFinite(ofB) ? ofB : null);
        figure.put("note", missing.isEmpty() ? obstacle.isEmpty() ? meaning : obstacle : missing);
        figures.add(figure);
    }

    /** Whether errors of both are of the same numbers. Counts stay as they are, whatever the size factors. */
    private boolean sameScaling() {
        FittedScaling ofA = a.model().scaling();
        FittedScaling ofB = b.model().scaling();
        return counted(a.model()).equals(counted(b.model()))
                && ofA.featureWeights().equals(ofB.featureWeights());
    }

    private static String counted(FactorisationModel model) {
        return model.isOfCounts() || model.scaling().scaling().isNone()
                ? ""
                : model.scaling().scaling().toString();
    }

    /**
     * Writes the file; one that is there is replaced once the new one is complete.
     *
     * @param version this program's
     */
    public void save(Path file, String version) throws IOException {
        String title = a.name() + " beside " + b.name();
        Page.save(file, "comparison", title, version, content(version));
    }

    private Map<String, Object> content(String version) {
        Reduction reduction = Reduction.of(features, shape, a.basis());
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("levelText", IntervalWords.percent(LEVEL));
        content.put("models", List.of(a.content(), b.content()));
        content.put("same", MatchedFits.FOUND);
        content.put("source", source);
        content.put("figures", figures);
        content.put("notes", notes());
        content.put("features", reduction.content(features));
        content.put("pairs", pairs());
        if (shape.isPresent() || features.kind().ordered()) {
            content.put(
                    "basis",
                    List.of(
                            Base64Numbers.floats(reduction.apply(a.basis().transpose())),
                            Base64Numbers.floats(reduction.apply(b.basis().transpose()))));
        }
        content.put("about", about(version));
        return content;
    }

    private List<String> notes() {
        List<String> notes = new ArrayList<>();
        if (source.isEmpty()) {
            notes.add("Errors, deviance and ELBO are not compared: model files do not hold the data of their fits."
                    + " Give data after the two models, and both explain the same.");
        } else if (a.model().rank() != b.model().rank()) {
            notes.add("A model of more components explains the data of its fit better nearly always: data that neither"
                    + " has seen tell more.");
        }
        if (takesLogarithms(a.model()) != takesLogarithms(b.model())) {
            notes.add(
                    "The parts of " + (takesLogarithms(a.model()) ? "A" : "B")
                            + " are those of ln(1 + x), of the other those of x: cosines between such different units say little.");
        }
        return notes;
    }

    private static boolean takesLogarithms(FactorisationModel model) {
        return model.scaling().scaling().log1p();
    }

    /** The pairs from the most alike to the least, then the components of the model of greater rank without partner. */
    private List<Map<String, Object>> pairs() {
        boolean swapped = a.model().rank() > b.model().rank();
        ComparedModel lesser = swapped ? b : a;
        ComparedModel greater = swapped ? a : b;
        ComponentMatching matching = ComponentMatching.of(lesser.basis(), greater.basis());
        List<Map<String, Object>> pairs = new ArrayList<>();
        IntStream.range(0, lesser.model().rank())
                .boxed()
                .sorted((j, l) -> Double.compare(matching.cosines()[l], matching.cosines()[j]))
                .forEach(j -> {
                    int partner = matching.components()[j];
                    Map<String, Object> pair = swapped ? pair(partner, j) : pair(j, partner);
                    pair.put("cosine", matching.cosines()[j]);
                    pairs.add(pair);
                });
        for (int l = 0; l < greater.model().rank(); l++) {
            int left = l;
            if (Arrays.stream(matching.components()).noneMatch(partner -> partner == left)) {
                Map<String, Object> single = swapped ? pair(left, null) : pair(null, left);
                ComponentMatching nearest =
                        ComponentMatching.of(greater.basis().selectColumns(new int[] {left}), lesser.basis());
                single.put("nearest", nearest.components()[0]);
                single.put("cosine", nearest.cosines()[0]);
                pairs.add(single);
            }
        }
        return pairs;
    }

    /** Two components, or one without the other, and their greatest weights. */
    private Map<String, Object> pair(Integer ofA, Integer ofB) {
        Map<String, Object> pair = new LinkedHashMap<>();
        pair.put("a", ofA);
        pair.put("b", ofB);
        if (shape.isEmpty()) {
            pair.put("top", top(ofA, ofB));
        }
        return pair;
    }

    /** The features that are among the greatest of either, in A's order, then in B's. */
    private List<Map<String, Object>> top(Integer ofA, Integer ofB) {
        Set<Integer> shown = new LinkedHashSet<>();
        if (ofA != null) {
            Arrays.stream(a.top(ofA, TOP)).forEach(shown::add);
        }
        if (ofB != null) {
            Arrays.stream(b.top(ofB, TOP)).forEach(shown::add);
        }
        List<Map<String, Object>> top = new ArrayList<>();
        for (int feature : shown) {
            Map<String, Object> weights = new LinkedHashMap<>();
            weights.put("name", features.name(feature));
            weights.put("a", ofA == null ? null : a.weight(feature, ofA));
            weights.put("b", ofB == null ? null : b.weight(feature, ofB));
            top.add(weights);
        }
        return top;
    }

    private List<String> about(String version) {
        return List.of(
                "Components are paired so that the sum of the cosines between their weights is greatest; each has one"
                        + " partner at most. A cosine is 1 where two components have the same shape, whatever their"
                        + " lengths.",
                "A: " + a.name() + ". " + intervals(a.model()) + " B: " + b.name() + ". " + intervals(b.model()),
                "Made by paenmf " + version
                        + ". This file is complete: it loads nothing from the network. Charts: uPlot,"
                        + " copyright (c) 2022 Leon Sorokin, MIT licence.");
    }

    private static String intervals(FactorisationModel model) {
        String words = (model instanceof VariationalModel ? IntervalWords.of(model, LEVEL) : "")
                + IntervalWords.ofBootstrap(model, LEVEL);
        return words.isEmpty() ? "Its weights have no intervals." : words.strip();
    }
}
