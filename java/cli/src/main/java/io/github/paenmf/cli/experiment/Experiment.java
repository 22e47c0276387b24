package io.github.paenmf.cli.experiment;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Latent;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.Score;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.cli.plot.Densities;
import io.github.paenmf.cli.plot.Densities.Latents;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.Figure;
import io.github.paenmf.cli.plot.Figures;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.train.EpochReport;
import io.github.paenmf.train.FinishedFits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/** One data set's part of the paper's results: its figures, and a table of what each method reaches. */
public final class Experiment {

    /** Noise of the reconstruction in units of the data's root mean square, for figure 5. */
    private static final double FIGURE_5_SIGMA = 0.3;

    /** Fits of figure 5. */
    private static final int ABLATIONS = 4;

    private static final int DRAWS = 3;
    private static final int PAIRED_SAMPLES = 500;
    private static final int SCATTERED_ENTRIES = 1000;
    private static final int SHOWN_DENSITIES = 9;

    /** Follows an experiment. */
    public interface Listener {

        /** A fit begins. */
        void onFit(String what);

        /** Whether the experiment is to go on; asked in each epoch. */
        boolean goesOn();
    }

    private final DataSet set;
    private final Matrix data;
    private final Path out;
    private final int seeds;
    private final Execution execution;
    private final Listener listener;
    /** Null where nothing is kept. */
    private final CheckpointStore checkpoints;

    private final Features features;
    private final Optional<ImageShape> shape;
    private final List<String> pictures = new ArrayList<>();
    private FinishedFits finished;
    /** Fits so far, of this run or from the checkpoint. */
    private int next;

    /**
     * @param data of the set, n × m
     * @param out an existing directory, which gets the figures and models
     * @param seeds how many seeds, from 0 on, at least 1
     * @param listener hears of each fit, and may end the experiment
     * @param checkpoints where what fits come to is kept; or null
     */
    public Experiment(
            DataSet set,
            Matrix data,
            Path out,
            int seeds,
            Execution execution,
            Listener listener,
            CheckpointStore checkpoints) {
        this.set = set;
        this.data = data;
        this.out = out;
        this.seeds = seeds;
        this.execution = execution;
        this.listener = listener;
        this.checkpoints = checkpoints;
        this.features = Features.of(data.columns(), data.columnNames());
        this.shape = set == DataSet.FACES || set == DataSet.DIGITS ? ImageShape.guess(features) : Optional.empty();
    }

    /**
     * Fits everything and draws the figures.
     *
     * @return what was found, for JSON
     * @throws IOException if a figure or a model cannot be written
     * @throws CancellationException if the listener ended it
     * @throws DataException if the checkpoint is of another experiment, or a model that it needs is not there any more
     */
    public Map<String, Object> run() throws IOException {
        finished = finishedFits();
        next = 0;
        try {
            return results();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            finished.store();
        }
    }

    private FinishedFits finishedFits() {
        int count = 0;
        int mostNumbers = MethodFit.NUMBERS;
        for (DataSet.Case c : set.cases()) {
            long methods = Arrays.stream(Method.values())
                    .filter(method -> method.epochs(c) > 0)
                    .count();
            count += Math.toIntExact(methods * seeds) + ABLATIONS;
            mostNumbers = Math.max(mostNumbers, Ablation.mostNumbers(c.rank()));
        }
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("experiment", name());
        settings.put("seeds", String.valueOf(seeds));
        settings.put("backend", String.valueOf(Backends.resolve(execution.backend())));
        settings.put("BLAS", String.valueOf(execution.blas()));
        settings.put("precision", String.valueOf(execution.precision()));
        settings.put("cooperative blocks", String.valueOf(execution.cooperative()));
        return new FinishedFits(checkpoints, settings, data, count, mostNumbers);
    }

    private <F> F finished(Supplier<F> fit, Function<F, double[]> numbers, Function<double[], F> ofNumbers) {
        F result = finished.get(next++, fit, numbers, ofNumbers);
        finished.storeIfDue();
        return result;
    }

    private Map<String, Object> results() throws IOException {
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
        Map<Method, List<MethodFit>> fits = new EnumMap<>(Method.class);
        Map<String, Object> methods = new LinkedHashMap<>();
        for (Method method : Method.values()) {
            if (method.epochs(c) > 0) {
                fits.put(method, fits(method, c));
                methods.put(method.key(), summary(method, c, fits.get(method)));
            }
        }
        results.put("methods", methods);
        shown(c, Method.PAE, fits.get(Method.PAE), results);
        results.put("ablations", figure5(c));
        Map<String, Object> variational = new LinkedHashMap<>();
        shown(c, Method.VB, fits.get(Method.VB), variational);
        results.put("variational", variational);
        return results;
    }

    /** What the names of a method's files end with; null where no model is saved. */
    private static String suffix(Method method) {
        return method == Method.PAE ? "" : method == Method.VB ? "-vb" : null;
    }

    private Path modelFile(DataSet.Case c, Method method) {
        return out.resolve(name() + "-r" + c.rank() + suffix(method) + ".npz");
    }

    /**
     * Draws the figures that show one model of a probabilistic method, the first.
     *
     * @param results receives what is measured on the way
     */
    private void shown(DataSet.Case c, Method method, List<MethodFit> fits, Map<String, Object> results)
            throws IOException {
        String suffix = suffix(method);
        ProbabilisticModel model = savedModel(modelFile(c, method), fits.get(0).modelChecksum());
        results.put("generation", sampledOverMedian(fits));
        Latent latent = model.transform(data);
        LatentDistance distance = new LatentDistance(data, latent, PAIRED_SAMPLES);
        Spread spread = Spread.of(latent);
        results.put("medianShape", spread.shape());
        results.put("medianRelativeSpread", spread.relative());
        Map<String, Object> distances = new LinkedHashMap<>(); // in this order in every run, other than Map.of
        distances.put("samples", distance.samples());
        distances.put("spearman", distance.spearman());
        results.put("latentDistance", distances);
        figure3(c, suffix, model);
        figure4(c, suffix, model);
        figure6(c, suffix, model, latent, distance);
        figure7(c, suffix, model);
    }

    private ProbabilisticModel savedModel(Path file, double checksum) throws IOException {
        if (!Files.exists(file) || checksum(file) != checksum) {
            throw new DataException(file + " is not the model that this experiment has saved there; start it anew");
        }
        return (ProbabilisticModel) FactorisationModel.load(file).withExecution(execution);
    }

    private static double checksum(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(Files.readAllBytes(file));
        return crc.getValue();
    }

    private List<MethodFit> fits(Method method, DataSet.Case c) {
        List<MethodFit> fits = new ArrayList<>();
        for (int i = 0; i < seeds; i++) {
            int seed = i;
            fits.add(finished(() -> fit(method, c, seed), MethodFit::numbers, MethodFit::of));
        }
        return fits;
    }

    /** A model of fewer epochs would not be that of the experiment. */
    private boolean requireGoingOn(EpochReport report) {
        if (!listener.goesOn()) {
            throw new CancellationException("stopped");
        }
        return true;
    }

    /** Fits, and saves the model if it is to be shown. */
    private MethodFit fit(Method method, DataSet.Case c, int seed) {
        listener.onFit(name() + ", rank " + c.rank() + ": " + method.title() + ", seed " + seed);
        long start = System.nanoTime();
        FactorisationModel model = method.fit(data, c, seed, execution, this::requireGoingOn);
        double seconds = (System.nanoTime() - start) * 1e-9;
        double checksum = Double.NaN;
        if (seed == 0 && suffix(method) != null) {
            Path file = modelFile(c, method);
            try {
                model.save(file);
                checksum = checksum(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return MethodFit.of(model.score(data), seconds, checksum);
    }

    private static Map<String, Object> summary(Method method, DataSet.Case c, List<MethodFit> fits) {
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("title", method.title());
        summary.put("epochs", method.epochs(c));
        put(summary, "relativeError", fits, MethodFit::relativeError);
        if (fits.get(0).isProbabilistic()) {
            put(summary, "relativeErrorMean", fits, MethodFit::relativeErrorMean);
            put(summary, "relativeErrorSampled", fits, MethodFit::relativeErrorSampled);
            put(summary, "klPerSample", fits, MethodFit::klPerSample);
        }
        if (method == Method.VB) {
            put(summary, "sigma", fits, MethodFit::sigma);
        }
        put(summary, "hoyerSparsity", fits, MethodFit::hoyerSparsity);
        put(summary, "deadComponents", fits, MethodFit::deadComponents);
        put(summary, "seconds", fits, MethodFit::seconds);
        return summary;
    }

    /** Mean, least and greatest over the seeds. */
    private static void put(
            Map<String, Object> summary, String key, List<MethodFit> fits, ToDoubleFunction<MethodFit> figure) {
        summary.put(key, range(fits.stream().mapToDouble(figure).toArray()));
    }

    private static Map<String, Object> range(double[] values) {
        Map<String, Object> range = new LinkedHashMap<>();
        range.put("mean", Arrays.stream(values).average().orElseThrow());
        range.put("min", Arrays.stream(values).min().orElseThrow());
        range.put("max", Arrays.stream(values).max().orElseThrow());
        return range;
    }

    private static Map<String, Object> sampledOverMedian(List<MethodFit> fits) {
        double[] ratios = fits.stream()
                .mapToDouble(fit -> fit.relativeErrorSampled() / fit.relativeError())
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
                Ablation ablation = finished(
                        () -> ablation(c, trainOn, kl, title),
                        Ablation::numbers,
                        numbers -> Ablation.of(numbers, c.rank()));
                curves.add(new Latents(title, ablation.lambda(), ablation.k()));
                components = components == null ? ablation.strongest() : components;
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("relativeErrorMedian", ablation.relativeErrorMedian());
                result.put("relativeErrorSampled", ablation.relativeErrorSampled());
                result.put("medianShape", ablation.medianShape());
                result.put("medianRelativeSpread", ablation.medianRelativeSpread());
                results.put(title, result);
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

    private Ablation ablation(DataSet.Case c, TrainOn trainOn, boolean kl, String title) {
        listener.onFit(name() + ", rank " + c.rank() + ": " + title);
        PaeNmfModel model = Method.pae(c, 0, execution, this::requireGoingOn)
                .sigma(FIGURE_5_SIGMA)
                .kl(kl)
                .trainOn(trainOn)
                .build()
                .fit(data);
        Latent latent = model.transform(data);
        Score score = model.score(data);
        Spread spread = Spread.of(latent);
        return new Ablation(
                score.relativeErrorMedian(),
                score.relativeErrorSampled(),
                spread.shape(),
                spread.relative(),
                row(latent.lambda(), 0),
                row(latent.k(), 0),
                Figures.strongest(latent.median().selectRows(new int[] {0}), model.basis(), SHOWN_DENSITIES));
    }

    /** How wide the distributions of the coefficients are: medians over all that are not 0 for certain. */
    private record Spread(double shape, double relative) {

        static Spread of(Latent latent) {
            Matrix k = latent.k();
            Matrix variance = latent.variance();
            Matrix mean = latent.mean();
            int[] possible = IntStream.range(0, Math.toIntExact(mean.size()))
                    .filter(at -> entry(mean, at) > 0)
                    .toArray();
            return new Spread(
                    median(possible, at -> entry(k, at)),
                    median(possible, at -> Math.sqrt(entry(variance, at)) / entry(mean, at)));
        }
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
