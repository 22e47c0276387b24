package io.github.paenmf.cli.experiment;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Latent;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.Score;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.cli.plot.Densities;
import io.github.paenmf.cli.plot.Densities.Latents;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.Figure;
import io.github.paenmf.cli.plot.Figures;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** One data set's part of the paper's results: its figures, and a table of what each method reaches. */
public final class Experiment {

    /** Noise of the reconstruction in units of the data's root mean square, for figure 5. */
    private static final double FIGURE_5_SIGMA = 0.3;

    private static final int DRAWS = 3;
    private static final int PAIRED_SAMPLES = 500;
    private static final int SCATTERED_ENTRIES = 1000;
    private static final int SHOWN_DENSITIES = 9;

    private final DataSet set;
    private final Matrix data;
    private final Path out;
    private final int seeds;
    private final Execution execution;
    private final Consumer<String> progress;
    private final Features features;
    private final Optional<ImageShape> shape;
    private final List<String> pictures = new ArrayList<>();

    /**
     * @param data of the set, n × m
     * @param out an existing directory, which gets the figures and models
     * @param seeds how many seeds, from 0 on, at least 1
     * @param progress hears of each fit
     */
    public Experiment(DataSet set, Matrix data, Path out, int seeds, Execution execution, Consumer<String> progress) {
        this.set = set;
        this.data = data;
        this.out = out;
        this.seeds = seeds;
        this.execution = execution;
        this.progress = progress;
        this.features = Features.of(data.columns(), data.columnNames());
        this.shape = set == DataSet.FACES || set == DataSet.DIGITS ? ImageShape.guess(features) : Optional.empty();
    }

    /** A fit and what came of it. */
    private record Fit(FactorisationModel model, Score score, double seconds) {}

    /**
     * Fits everything and draws the figures.
     *
     * @return what was found, for JSON
     * @throws IOException if a figure cannot be written
     */
    public Map<String, Object> run() throws IOException {
        Map<String, Object> results = new LinkedHashMap<>();
        results.put("experiment", name());
        results.put("rows", data.rows());
        results.put("features", data.columns());
        results.put("seeds", seeds);
        List<Object> cases = new ArrayList<>();
        for (DataSet.Case each : set.cases()) {
            cases.add(run(each));
        }
        results.put("cases", cases);
        results.put("pictures", pictures);
        return results;
    }

    private String name() {
        return set.name().toLowerCase(Locale.ROOT);
    }

    private Map<String, Object> run(DataSet.Case c) throws IOException {
        Map<String, Object> results = new LinkedHashMap<>();
        results.put("rank", c.rank());
        Map<Method, List<Fit>> fits = new EnumMap<>(Method.class);
        Map<String, Object> methods = new LinkedHashMap<>();
        for (Method method : Method.values()) {
            if (method.epochs(c) > 0) {
                fits.put(method, fits(method, c));
                methods.put(method.key(), summary(method, c, fits.get(method)));
            }
        }
        results.put("methods", methods);
        shown(c, "", fits.get(Method.PAE), results);
        results.put("ablations", figure5(c));
        Map<String, Object> variational = new LinkedHashMap<>();
        shown(c, "-vb", fits.get(Method.VB), variational);
        results.put("variational", variational);
        return results;
    }

    /**
     * Saves the first model of a probabilistic method, and draws the figures that show one model.
     *
     * @param suffix what its files' names end with
     * @param results receives what is measured on the way
     */
    private void shown(DataSet.Case c, String suffix, List<Fit> fits, Map<String, Object> results) throws IOException {
        ProbabilisticModel model = (ProbabilisticModel) fits.get(0).model;
        model.save(out.resolve(name() + "-r" + c.rank() + suffix + ".npz"));
        results.put("generation", sampledOverMedian(fits));
        Latent latent = model.transform(data);
        LatentDistance distance = new LatentDistance(data, latent, PAIRED_SAMPLES);
        spread(latent, results);
        results.put("latentDistance", Map.of("samples", distance.samples(), "spearman", distance.spearman()));
        figure3(c, suffix, model);
        figure4(c, suffix, model);
        figure6(c, suffix, model, latent, distance);
        figure7(c, suffix, model);
    }

    private List<Fit> fits(Method method, DataSet.Case c) {
        List<Fit> fits = new ArrayList<>();
        for (int seed = 0; seed < seeds; seed++) {
            progress.accept(name() + ", rank " + c.rank() + ": " + method.title() + ", seed " + seed);
            long start = System.nanoTime();
            FactorisationModel model = method.fit(data, c, seed, execution);
            double seconds = (System.nanoTime() - start) * 1e-9;
            fits.add(new Fit(model, model.score(data), seconds));
        }
        return fits;
    }

    private static Map<String, Object> summary(Method method, DataSet.Case c, List<Fit> fits) {
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("title", method.title());
        summary.put("epochs", method.epochs(c));
        put(summary, "relativeError", fits, fit -> fit.score.relativeError());
        if (fits.get(0).score.isProbabilistic()) {
            put(summary, "relativeErrorMean", fits, fit -> fit.score.relativeErrorMean());
            put(summary, "relativeErrorSampled", fits, fit -> fit.score.relativeErrorSampled());
            put(summary, "klPerSample", fits, fit -> fit.score.klPerSample());
        }
        if (method == Method.VB) {
            put(summary, "sigma", fits, fit -> fit.score.sigma());
        }
        put(summary, "hoyerSparsity", fits, fit -> fit.score.hoyerSparsity());
        put(summary, "deadComponents", fits, fit -> fit.score.deadComponents().size());
        put(summary, "seconds", fits, fit -> fit.seconds);
        return summary;
    }

    /** Mean, least and greatest over the seeds. */
    private static void put(Map<String, Object> summary, String key, List<Fit> fits, ToDoubleFunction<Fit> figure) {
        summary.put(key, range(fits.stream().mapToDouble(figure).toArray()));
    }

    private static Map<String, Object> range(double[] values) {
        Map<String, Object> range = new LinkedHashMap<>();
        range.put("mean", Arrays.stream(values).average().orElseThrow());
        range.put("min", Arrays.stream(values).min().orElseThrow());
        range.put("max", Arrays.stream(values).max().orElseThrow());
        return range;
    }

    private static Map<String, Object> sampledOverMedian(List<Fit> fits) {
        double[] ratios = fits.stream()
                .mapToDouble(fit -> fit.score.relativeErrorSampled() / fit.score.relativeErrorMedian())
                .toArray();
        return Map.of("sampledOverMedianError", range(ratios));
    }

    /** Originals and reconstructions. */
    private void figure3(DataSet.Case c, String suffix, ProbabilisticModel model) throws IOException {
        if (shape.isPresent()) {
            Matrix shown = first(10);
            save(c, "figure3" + suffix, Figures.reconstructionImages(shown, model.reconstruct(shown), shape.get()));
        } else if (set == DataSet.PRICES) {
            Matrix shown = first(9);
            save(c, "figure3" + suffix, Figures.reconstructionSeries(shown, model.reconstruct(shown), features));
        } else {
            save(
                    c,
                    "figure3" + suffix,
                    Figures.reconstructionScatter(data, model.reconstruct(data), SCATTERED_ENTRIES, 0));
        }
    }

    /** The basis. */
    private void figure4(DataSet.Case c, String suffix, ProbabilisticModel model) throws IOException {
        save(
                c,
                "figure4" + suffix,
                shape.map(s -> Figures.basisImages(model.basis(), s))
                        .orElseGet(() -> Figures.basisSeries(model.basis(), features)));
    }

    /** The latents of one sample with and without KL, trained on samples and on medians. */
    private Map<String, Object> figure5(DataSet.Case c) throws IOException {
        Map<String, Object> results = new LinkedHashMap<>();
        List<Latents> curves = new ArrayList<>();
        int[] components = null;
        for (TrainOn trainOn : new TrainOn[] {TrainOn.SAMPLE, TrainOn.MEDIAN}) {
            for (boolean kl : new boolean[] {true, false}) {
                String title = "trained on " + trainOn.name().toLowerCase(Locale.ROOT) + "s, "
                        + (kl ? "with KL" : "without KL");
                progress.accept(name() + ", rank " + c.rank() + ": " + title);
                PaeNmfModel model = Method.pae(c, 0, execution)
                        .sigma(FIGURE_5_SIGMA)
                        .kl(kl)
                        .trainOn(trainOn)
                        .build()
                        .fit(data);
                Latent latent = model.transform(data);
                curves.add(new Latents(title, row(latent.lambda(), 0), row(latent.k(), 0)));
                if (components == null) {
                    components = Figures.strongest(
                            latent.median().selectRows(new int[] {0}), model.basis(), SHOWN_DENSITIES);
                }
                results.put(title, ablation(model, latent));
            }
        }
        save(
                c,
                "figure5",
                Densities.figure(
                        "Of " + Figures.sampleName(data, 0) + "; σ = " + FIGURE_5_SIGMA
                                + " root mean squares of the data",
                        curves,
                        components));
        return results;
    }

    private Map<String, Object> ablation(PaeNmfModel model, Latent latent) {
        Score score = model.score(data);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("relativeErrorMedian", score.relativeErrorMedian());
        result.put("relativeErrorSampled", score.relativeErrorSampled());
        spread(latent, result);
        return result;
    }

    /** How wide the distributions of the coefficients are: medians over all that are not 0 for certain. */
    private static void spread(Latent latent, Map<String, Object> results) {
        Matrix k = latent.k();
        Matrix variance = latent.variance();
        Matrix mean = latent.mean();
        int[] possible = IntStream.range(0, Math.toIntExact(mean.size()))
                .filter(at -> entry(mean, at) > 0)
                .toArray();
        results.put("medianShape", median(possible, at -> entry(k, at)));
        results.put("medianRelativeSpread", median(possible, at -> Math.sqrt(entry(variance, at)) / entry(mean, at)));
    }

    private static double entry(Matrix matrix, int at) {
        return matrix.get(at / matrix.columns(), at % matrix.columns());
    }

    private static double median(int[] entries, IntToDoubleFunction value) {
        double[] all = IntStream.of(entries).mapToDouble(value).sorted().toArray();
        return all[all.length / 2];
    }

    /** Two similar and two dissimilar samples, and their latents. */
    private void figure6(
            DataSet.Case c, String suffix, ProbabilisticModel model, Latent latent, LatentDistance distance)
            throws IOException {
        LatentDistance.Pair similar = distance.mostSimilar();
        LatentDistance.Pair dissimilar = distance.mostDissimilar();
        if (shape.isPresent()) {
            int[] rows = {similar.one(), similar.other(), dissimilar.one(), dissimilar.other()};
            List<String> names = IntStream.of(rows)
                    .mapToObj(i -> Figures.sampleName(data, i))
                    .toList();
            Matrix shown = data.selectRows(rows).withNames(names, data.columnNames());
            save(
                    c,
                    "figure6-samples" + suffix,
                    Figures.reconstructionImages(shown, model.reconstruct(shown), shape.get()));
        }
        figure6(c, "figure6-similar" + suffix, model, latent, similar);
        figure6(c, "figure6-dissimilar" + suffix, model, latent, dissimilar);
    }

    private void figure6(
            DataSet.Case c, String figure, ProbabilisticModel model, Latent latent, LatentDistance.Pair pair)
            throws IOException {
        Matrix inclusion = latent.inclusion();
        List<Latents> curves = IntStream.of(pair.one(), pair.other())
                .mapToObj(i -> new Latents(
                        Figures.sampleName(data, i), row(latent.lambda(), i), row(latent.k(), i), row(inclusion, i)))
                .collect(Collectors.toList());
        int[] components = Figures.strongest(
                latent.mean().selectRows(new int[] {pair.one(), pair.other()}), model.basis(), SHOWN_DENSITIES);
        String note =
                String.format(Locale.ROOT, "Wasserstein-2 distance %.3g", latent.wasserstein(pair.one(), pair.other()));
        save(c, figure, Densities.figure(note, curves, components));
    }

    /** Medians and samples. */
    private void figure7(DataSet.Case c, String suffix, ProbabilisticModel model) throws IOException {
        Matrix shown = first(4);
        Matrix medians = model.reconstruct(shown);
        List<Matrix> drawn = model.reconstructSampled(shown, DRAWS, 0);
        save(
                c,
                "figure7" + suffix,
                shape.map(s -> Figures.generationImages(shown, medians, drawn, s))
                        .orElseGet(() -> Figures.generationSeries(shown, medians, drawn, features)));
    }

    private void save(DataSet.Case c, String figure, Figure picture) throws IOException {
        Path file = out.resolve(name() + "-r" + c.rank() + "-" + figure + ".png");
        picture.save(file);
        pictures.add(file.getFileName().toString());
    }

    private Matrix first(int count) {
        return data.selectRows(IntStream.range(0, Math.min(count, data.rows())).toArray());
    }

    private static double[] row(Matrix matrix, int i) {
        return IntStream.range(0, matrix.columns())
                .mapToDouble(j -> matrix.get(i, j))
                .toArray();
    }
}
