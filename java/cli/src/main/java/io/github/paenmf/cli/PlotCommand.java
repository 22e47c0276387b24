package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Latent;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.SampleIds;
import io.github.paenmf.cli.plot.Densities;
import io.github.paenmf.cli.plot.Densities.Latents;
import io.github.paenmf.cli.plot.Divergence;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.Figure;
import io.github.paenmf.cli.plot.Figures;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.cli.table.Filled;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.model.History;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "plot",
        customSynopsis = "paenmf plot MODEL [INPUT] --what WHAT -o FILE [OPTIONS]",
        description = {
            "Draws a model, or what it makes of INPUT, as PNG or SVG.",
            "",
            "basis: the columns of the basis.",
            "reconstruction: samples of INPUT and their reconstructions; for features with names, such as genes, some"
                    + " entries against their reconstructions.",
            "latent: the distributions of a sample's coefficients.",
            "generation: samples of INPUT, their reconstructions from medians, and three drawn from the distributions.",
            "loss: the objective over the epochs of training, by part.",
            "rank: the choice of a rank; MODEL is then a file with what 'paenmf rank --json' prints.",
            "",
            "A sample is drawn as an image if it is one (see --image-shape), as bars if its features have names, and"
                    + " as a line if these are numbers or dates in increasing order, or there are none.",
        },
        footer = {
            "",
            "Examples:",
            "  paenmf plot faces.npz --what basis --image-shape 19x19 -o parts.png",
            "  paenmf plot prices.npz prices.csv --what reconstruction --samples BARC,BP,VOD -o prices.svg",
            "  paenmf plot model.npz data.csv --what latent --compare no-kl.npz -o latent.png",
            "  paenmf rank data.csv --json > rank.json; paenmf plot rank.json --what rank -o rank.svg",
            "",
            RankFile.HELP,
        })
final class PlotCommand extends Subcommand {

    private static final int DRAWS = 3;
    private static final int MOST_DENSITIES = 24;
    private static final int ENTRIES = 1000;

    /** What can be drawn. */
    enum What {
        BASIS,
        RECONSTRUCTION,
        LATENT,
        GENERATION,
        LOSS,
        RANK;

        private static final Set<What> OF_SAMPLES = EnumSet.of(RECONSTRUCTION, LATENT, GENERATION);
        private static final Set<What> OF_FEATURES = EnumSet.of(BASIS, RECONSTRUCTION, GENERATION);

        boolean ofSamples() {
            return OF_SAMPLES.contains(this);
        }

        boolean ofFeatures() {
            return OF_FEATURES.contains(this);
        }
    }

    /** The options that say how INPUT is read and where to compute. */
    private static final Set<String> OF_INPUT = Set.of(
            "--transpose",
            "--delimiter",
            "--header",
            "--row-names",
            "--decimal",
            FeatureOptions.IGNORE_NAMES,
            ScalingOptions.SIZE_FACTORS,
            CovariateOptions.COVARIATES,
            "--backend",
            "--device",
            "--threads",
            "--blas");

    @Parameters(index = "0", paramLabel = "MODEL", description = MODEL_HELP)
    private Path model;

    @Parameters(index = "1", arity = "0..1", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(
            names = "--what",
            required = true,
            paramLabel = "WHAT",
            completionCandidates = Names.Drawings.class,
            description = "What to draw: ${COMPLETION-CANDIDATES}.")
    private What what;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write: .png or .svg; a file that is there is replaced.")
    private Path output;

    @Option(
            names = "--samples",
            paramLabel = "WHICH",
            description =
                    "Which samples of INPUT: how many, from the first on; or names, separated by commas, where #17 is"
                            + " row 17. Unless given, some of the first.")
    private String samples;

    @Option(
            names = "--compare",
            paramLabel = "MODEL",
            description = "Another model of the same rank, whose distributions are drawn over those of MODEL.")
    private Path compared;

    @Mixin
    private ImageOptions images;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private FeatureOptions featureOptions;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() throws IOException {
        refuseWhatHasNoEffect();
        OutputFile.requireExtension(spec.commandLine(), output, ".png", ".svg");
        AtomicFile.requireWritable(output);
        figure().save(output);
        closing(output + ": " + Names.of(what));
        return ExitCode.DONE;
    }

    private void refuseWhatHasNoEffect() {
        if (what.ofSamples() && input == null) {
            throw usage("--what " + Names.of(what) + " needs an INPUT, whose samples it shows");
        }
        if (!what.ofSamples() && input != null) {
            throw usage("INPUT has no effect with --what " + Names.of(what) + "; leave '" + input + "' out");
        }
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptionsSet()) {
            String name = option.longestName();
            boolean effective = switch (name) {
                case "--samples" -> what.ofSamples();
                case "--compare" -> what == What.LATENT;
                case "--image-shape" -> what.ofFeatures();
                default -> what.ofSamples() || !OF_INPUT.contains(name);
            };
            if (!effective) {
                throw usage(name + " has no effect with --what " + Names.of(what) + "; leave it out");
            }
        }
    }

    private Figure figure() throws IOException {
        return switch (what) {
            case BASIS -> basis(load(model));
            case LOSS -> loss(load(model));
            case RANK ->
                Input.naming(model.toString(), () -> RankFile.read(model).figure());
            case RECONSTRUCTION -> reconstruction(reader.applyTo(load(model, backend)));
            case LATENT -> latent(distributions(model));
            case GENERATION -> generation(distributions(model));
        };
    }

    private ProbabilisticModel distributions(Path file) throws IOException {
        return requireDistributions(file, reader.applyTo(load(file, backend)), "--what " + Names.of(what));
    }

    private Input data(FactorisationModel loaded) throws IOException {
        return featureOptions.match(this, loaded, reader.read(input, loaded));
    }

    private Figure basis(FactorisationModel loaded) {
        Features features = Features.of(loaded.features(), loaded.featureNames());
        Matrix basis = loaded.basis();
        return images.of(features)
                .map(shape -> Figures.basisImages(basis, shape))
                .orElseGet(() -> features.kind().ordered()
                        ? Figures.basisSeries(basis, features)
                        : Figures.basisBars(basis, features));
    }

    private Figure loss(FactorisationModel loaded) {
        History history = loaded.history();
        if (history.epochs() == 0) {
            throw new DataException(model + ": the file holds no history of training");
        }
        return loaded.algorithm().isProbabilistic()
                ? Figures.loss(history.reconstruction(), history.kl(), loaded.hasKl())
                : Figures.loss(history.reconstruction(), Divergence.of(loaded));
    }

    private Figure reconstruction(FactorisationModel loaded) throws IOException {
        Input data = data(loaded);
        Features features = ImageOptions.features(loaded, data.data());
        Optional<ImageShape> shape = images.of(features);
        if (shape.isEmpty() && !features.kind().ordered()) {
            Input shown = chosen(data, data.data().rows());
            Matrix fitted = shown.use(loaded::reconstruct);
            return Figures.reconstructionScatter(Filled.of(shown.matrix(), fitted), fitted, ENTRIES, 0);
        }
        Input chosen = chosen(data, shape.isPresent() ? 10 : 9);
        Matrix reconstructed = chosen.use(loaded::reconstruct);
        Matrix shown = Filled.of(chosen.matrix(), reconstructed);
        return shape.map(s -> Figures.reconstructionImages(shown, reconstructed, s))
                .orElseGet(() -> Figures.reconstructionSeries(shown, reconstructed, features));
    }

    private Figure generation(ProbabilisticModel loaded) throws IOException {
        Input data = data(loaded);
        Features features = ImageOptions.features(loaded, data.data());
        Optional<ImageShape> shape = images.of(features);
        int[] rows = rows(data, 4);
        Input chosen = data.rows(rows);
        Matrix medians = chosen.use(loaded::reconstruct);
        Matrix shown = Filled.of(chosen.matrix(), medians);
        long[] all = SampleIds.of(data.data());
        long[] ids = IntStream.of(rows).mapToLong(i -> all[i]).toArray();
        List<Matrix> drawn = loaded.reconstructSampled(chosen.data(), DRAWS, 0, ids);
        if (shape.isPresent()) {
            return Figures.generationImages(shown, medians, drawn, shape.get());
        }
        return features.kind().ordered()
                ? Figures.generationSeries(shown, medians, drawn, features)
                : Figures.generationBars(shown, medians, drawn, features);
    }

    private Figure latent(ProbabilisticModel loaded) throws IOException {
        Input data = data(loaded);
        Input samplesOfInput = chosen(data, 1);
        Matrix shown = samplesOfInput.matrix();
        List<Latents> curves = new ArrayList<>(curves(loaded, samplesOfInput, model));
        if (compared != null) {
            ProbabilisticModel other = distributions(compared);
            if (other.rank() != loaded.rank()) {
                throw usage("--compare needs a model of rank " + loaded.rank() + ", but " + compared + " is of rank "
                        + other.rank());
            }
            curves.addAll(curves(other, featureOptions.match(this, other, samplesOfInput), compared));
        }
        int[] components =
                Figures.strongest(samplesOfInput.use(loaded::transform).median(), loaded.basis(), MOST_DENSITIES);
        String note = shown.rows() == 1 ? "Of " + Figures.sampleName(shown, 0) : "Of " + shown.rows() + " samples";
        return Densities.figure(note, curves, components);
    }

    /** The latents of the samples under one model. */
    private List<Latents> curves(ProbabilisticModel each, Input shown, Path file) {
        Latent latent = shown.use(each::transform);
        return IntStream.range(0, shown.data().rows())
                .mapToObj(i -> {
                    List<String> label = new ArrayList<>();
                    if (compared != null) {
                        label.add(file.getFileName().toString());
                    }
                    if (compared == null || shown.data().rows() > 1) {
                        label.add(Figures.sampleName(shown.matrix(), i));
                    }
                    return new Latents(
                            String.join(", ", label),
                            row(latent.lambda(), i),
                            row(latent.k(), i),
                            row(latent.inclusion(), i));
                })
                .toList();
    }

    private static double[] row(Matrix matrix, int i) {
        return IntStream.range(0, matrix.columns())
                .mapToDouble(j -> matrix.get(i, j))
                .toArray();
    }

    /** The samples that the user wants to see. */
    private Input chosen(Input data, int unlessGiven) {
        return data.rows(rows(data, unlessGiven));
    }

    private int[] rows(Input data, int unlessGiven) {
        if (samples == null) {
            return first(data, unlessGiven);
        }
        if (samples.matches("\\d{1,9}")) {
            int count = Integer.parseInt(samples);
            require(count >= 1, "--samples", "at least 1", count);
            return first(data, count);
        }
        return Arrays.stream(samples.split(","))
                .mapToInt(name -> find(data, name.strip()))
                .toArray();
    }

    private static int[] first(Input data, int count) {
        return IntStream.range(0, Math.min(count, data.data().rows())).toArray();
    }

    private int find(Input data, String name) {
        int row = data.data().rowNames().indexOf(name);
        if (row < 0 && name.matches("#\\d{1,9}")) {
            row = Integer.parseInt(name.substring(1)) - 1;
        }
        if (row < 0 || row >= data.data().rows()) {
            throw usage("--samples: " + data.name() + " has no sample '" + name + "'; it has "
                    + data.data().rows() + (data.data().rowNames().isEmpty() ? ", without names" : ""));
        }
        return row;
    }
}
