package io.github.paenmf.cli;

import io.github.paenmf.DescriptionLength;
import io.github.paenmf.RankSelection;
import io.github.paenmf.RankSelection.Candidate;
import io.github.paenmf.RankSelection.Method;
import io.github.paenmf.RankSelection.Result;
import io.github.paenmf.data.Missing;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.CheckpointFile;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.Likelihood;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "rank",
        customSynopsis = "paenmf rank INPUT [--min R] [--max R] [-o FILE] [OPTIONS]",
        description = {
            "Chooses a rank for INPUT: fits every rank from --min to --max, and prints what each comes to, with the choice"
                    + " marked. mdl and bicv fit standard NMF (HALS), elbo and ard variational NMF, stability either.",
            "",
            "mdl: the rank with the shortest description of the data, in bits: those of the basis, of the coefficients,"
                    + " and of the error that is left.",
            "bicv: the least rank whose error at entries that were held out (a tenth of all, anywhere) is within one"
                    + " standard error of the least.",
            "",
            "elbo: the least rank whose evidence lower bound is within 10 nats of the greatest.",
            "ard: how many components variational NMF keeps of --max, as it leaves out those that the data do not ask for.",
            "",
            "stability: the greatest rank whose components come out again from other seeds. Those of all restarts are matched"
                    + " with the best one's, and their silhouettes, by cosines, must be 0.8 on average and 0.2 for each at least,"
                    + " as SigProfilerExtractor asks for; where no rank has that, it says so and takes the"
                    + " greatest mean. The mean is what cNMF calls stability. The relative error of the best"
                    + " is drawn beside it, or its evidence lower bound with --algorithm vb.",
            "",
            "They answer different questions: what compresses the data, what predicts them, what is probable if the data are"
                    + " such a sum and noise, and what does not depend on the start. Where they agree, the data have a rank. Several, as in --method mdl,bicv,elbo, are"
                    + " shown one after the other, and drawn above each other.",
            "",
            "With --checkpoint the fits that are done are kept, and --resume makes the others; of several methods each has a"
                    + " file of its own, such as FILE.mdl.",
            "",
            "With --missing allow or --zeros-missing only what is observed is fitted: mdl describes that alone, and bicv holds"
                    + " out a tenth of it.",
        },
        footer = {
            "",
            "Examples:",
            "  paenmf rank counts.csv",
            "  paenmf rank counts.csv --max 60 --method bicv --restarts 5 -o rank.svg",
            "  paenmf rank counts.csv --method bicv,elbo --max 20 -o rank.svg",
            "  paenmf rank counts.csv --method stability,bicv --max 12 -o rank.svg",
            "  paenmf rank ratings.mtx --zeros-missing --method bicv --max 20",
            "  paenmf rank large.mtx --method stability --max 40 --checkpoint rank.ckpt",
            "  paenmf rank counts.csv --json > rank.json"
        })
final class RankCommand extends Subcommand {

    private static final int USUAL_MAX = 30;
    private static final double KILO = 1e3;
    private static final Set<Method> VARIATIONAL = EnumSet.of(Method.ELBO, Method.ARD);

    @Parameters(index = "0", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(names = "--min", paramLabel = "R", defaultValue = "1", description = "Least rank, at least 1.")
    private int min;

    @Option(
            names = "--max",
            paramLabel = "R",
            description = "Greatest rank, at most the smaller side of the data; " + USUAL_MAX
                    + ", or the smaller side if that is less, unless given.")
    private Integer max;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            defaultValue = "mdl",
            split = ",",
            completionCandidates = Names.RankMethods.class,
            description = "By what to choose: ${COMPLETION-CANDIDATES}, or several of them with commas between.")
    private List<Method> methods;

    @Option(
            names = "--algorithm",
            paramLabel = "NAME",
            defaultValue = "nmf-hals",
            description = "For stability: what to fit, vb, nmf-hals, nmf-mu or nmf-kl; nmf-hals unless given.")
    private Algorithm algorithm;

    @Option(
            names = "--likelihood",
            paramLabel = "NAME",
            defaultValue = "gaussian",
            completionCandidates = Names.Likelihoods.class,
            description =
                    "For elbo and ard, and stability of vb: how data vary around the fit, ${COMPLETION-CANDIDATES}; poisson is for counts.")
    private Likelihood likelihood;

    @Option(
            names = "--restarts",
            paramLabel = "N",
            description =
                    "Fits of each rank, at least 1: for mdl, elbo and ard from other starts, of which the best counts; for"
                            + " bicv with other entries held out; 3 unless given. For stability at least 2, from other starts; 10"
                            + " unless given.")
    private Integer restarts;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "200",
            description = "Updates of both factors in each fit, at least 1.")
    private int epochs;

    @Option(
            names = "--resolution",
            paramLabel = "STEP",
            description = "For mdl: the step between values that the data can take; 1 for whole numbers, else that of"
                    + " float32, unless given. It hardly changes the choice while it is small beside the noise.")
    private Double resolution;

    @Option(names = "--seed", paramLabel = "SEED", defaultValue = "0", description = "Seed of all random numbers.")
    private long seed;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Fits at the same time, each on one thread of the CPU; one for each processor unless given."
                    + " Does not change the result.")
    private Integer threads;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Draw the curve: .png or .svg; a file that is there is replaced.")
    private Path output;

    @Option(
            names = {"--row-weights", "--feature-weights"},
            paramLabel = "FILE",
            hidden = true,
            description = "Known from fit, and refused with a reason.")
    private String weights;

    @Option(names = "--json", description = "Print the result as one JSON object on stdout, and nothing else.")
    private boolean json;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private ScalingOptions scaling;

    @Mixin
    private CheckpointOptions checkpoints;

    @Override
    public Integer call() throws IOException {
        requireEffects();
        List<Method> chosenBy = List.copyOf(new LinkedHashSet<>(methods));
        if (weights != null) {
            throw usage(
                    "rank counts every row and feature once: a description sends each row, and an entry is held out or"
                            + " not; leave --row-weights and --feature-weights out");
        }
        if (output != null) {
            OutputFile.requireExtension(spec.commandLine(), output, ".png", ".svg");
            AtomicFile.requireWritable(output);
        }
        List<RankSelection> selections = selections(chosenBy);
        Input data = scaling.applyTo(reader.read(input));
        List<Result> results = checkpoints.run(this, Thread.currentThread()::interrupt, () -> {
            List<Result> found = new ArrayList<>();
            for (RankSelection selection : selections) {
                found.add(
                        data.use(v -> selection.select(scaling.scaling().fit(v).apply(v))));
            }
            return found;
        });
        results.forEach(this::warn);
        if (json) {
            JsonLine.print(out(), json(results));
        } else {
            results.forEach(this::print);
        }
        if (output != null) {
            RankFile.of(json(results)).figure().save(output);
            if (!json) {
                closing("curve: " + output);
            }
        }
        checkpoints.delete();
        return ExitCode.DONE;
    }

    /** What one of the methods heeds has an effect. */
    private void requireEffects() {
        if (resolution != null) {
            require(
                    resolution > 0 && resolution < Double.POSITIVE_INFINITY,
                    "--resolution",
                    "a number above 0",
                    resolution);
            requireEffect("--resolution", methods.contains(Method.MDL));
        }
        if (likelihood != Likelihood.GAUSSIAN) {
            String option = "--likelihood " + Names.of(likelihood);
            requireEffect(option, methods.stream().anyMatch(this::isVariational));
            requireUnscaled(option);
        }
        if (algorithm != Algorithm.NMF_HALS) {
            String option = "--algorithm " + Names.of(algorithm);
            requireEffect(option, methods.contains(Method.STABILITY));
            if (algorithm == Algorithm.NMF_KL) {
                requireUnscaled(option);
            }
        }
    }

    private void requireUnscaled(String option) {
        if (!scaling.scaling().isNone()) {
            throw usage("counts stay as they are with " + option + "; leave the scaling out");
        }
    }

    /** Whether the fits are of variational NMF. */
    private boolean isVariational(Method method) {
        return method == Method.STABILITY ? algorithm == Algorithm.VB : VARIATIONAL.contains(method);
    }

    private void requireEffect(String option, boolean effective) {
        if (!effective) {
            String names = methods.stream().map(Names::of).collect(Collectors.joining(","));
            throw usage(option + " has no effect with --method " + names + "; leave it out");
        }
    }

    private List<RankSelection> selections(List<Method> chosenBy) throws IOException {
        List<RankSelection.Builder> builders =
                chosenBy.stream().map(this::builder).toList();
        builders.forEach(this::build); // which refuses what is out of range before any file is looked at
        List<CheckpointFile> files =
                checkpoints.open(chosenBy.stream().map(Names::of).toList());
        List<RankSelection> selections = new ArrayList<>();
        for (int i = 0; i < builders.size(); i++) {
            if (files.get(i) != null) {
                builders.get(i).checkpoints(files.get(i));
            }
            selections.add(build(builders.get(i)));
        }
        return selections;
    }

    private RankSelection build(RankSelection.Builder builder) {
        return Settings.apply(spec.commandLine(), builder::build);
    }

    private RankSelection.Builder builder(Method method) {
        RankSelection.Builder builder =
                RankSelection.builder().method(method).epochs(epochs).seed(seed).listener(this::progress);
        if (resolution != null && method == Method.MDL) {
            builder.resolution(resolution);
        }
        if (restarts != null) {
            builder.restarts(restarts);
        }
        if (method == Method.STABILITY) {
            builder.algorithm(algorithm);
        }
        if (isVariational(method)) {
            builder.likelihood(likelihood);
        }
        Missing missing = reader.missing(Missing.NONE);
        builder.missing(missing == Missing.NAN).zerosMissing(missing == Missing.ZEROS);
        if (threads != null) {
            builder.threads(threads);
        }
        return max == null ? builder.ranksFrom(min) : builder.ranks(min, max);
    }

    private boolean progress(int done, int of) {
        if (main().terminal() && !common.quiet()) {
            err().printf("\r%d of %d fits%s", done, of, done == of ? System.lineSeparator() : "");
            err().flush();
        }
        return true;
    }

    private void warn(Result result) {
        if (result.method() == Method.STABILITY && result.candidates().stream().noneMatch(Candidate::isStable)) {
            Failures.say(
                    err(),
                    "warning: components come out again from other seeds at none of these ranks; rank "
                            + result.chosenRank() + " is the most stable");
        } else if (result.isAtTheEdge()) {
            Failures.say(
                    err(),
                    "warning: rank " + result.chosenRank()
                            + (methods.size() > 1 ? ", by " + Names.of(result.method()) + "," : "")
                            + " is at the edge of the ranks that were tried; one beyond might be better");
        }
    }

    private static Map<String, Object> json(List<Result> results) {
        List<Map<String, Object>> objects =
                results.stream().map(RankCommand::json).collect(Collectors.toList());
        return objects.size() == 1 ? objects.get(0) : Map.of(RankFile.CHOICES, objects);
    }

    private static Map<String, Object> json(Result result) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("method", Names.of(result.method()));
        object.put("chosenRank", result.chosenRank());
        object.put("ranks", result.candidates().stream().map(RankCommand::json).collect(Collectors.toList()));
        return object;
    }

    private static Map<String, Object> json(Candidate candidate) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("rank", candidate.rank());
        DescriptionLength length = candidate.length();
        if (!Double.isNaN(candidate.silhouette())) {
            object.put("silhouette", candidate.silhouette());
            object.put("leastSilhouette", candidate.leastSilhouette());
            if (!Double.isNaN(candidate.elbo())) {
                object.put("elbo", candidate.elbo());
            }
            object.put("relativeError", candidate.error());
        } else if (!Double.isNaN(candidate.elbo())) {
            object.put("elbo", candidate.elbo());
            object.put("relativeError", candidate.error());
        } else if (length == null) {
            object.put("heldOutError", candidate.error());
            object.put("standardError", candidate.standardError());
        } else {
            object.put("total", length.total());
            object.put("w", length.basis());
            object.put("h", length.coefficients());
            object.put("e", length.error());
            object.put("relativeError", candidate.error());
        }
        return object;
    }

    private void print(Result result) {
        if (methods.size() > 1) {
            out().println(Names.of(result.method()) + ":");
        }
        Table table = switch (result.method()) {
            case MDL -> ofLengths(result.candidates());
            case BICV -> ofHeldOutErrors();
            case ELBO, ARD -> ofEvidence(result.candidates());
            case STABILITY -> ofStability(algorithm == Algorithm.VB);
        };
        out().println(table.heads().stream()
                .map(head -> String.format("%16s", head))
                .collect(Collectors.joining()));
        for (Candidate candidate : result.candidates()) {
            out().println(table.line().apply(candidate)
                    + (candidate.rank() == result.chosenRank() ? "  <- chosen" : ""));
        }
        out().flush();
    }

    /** Titles of columns, 16 wide, and the line of a rank. */
    private record Table(List<String> heads, Function<Candidate, String> line) {}

    private static Table ofLengths(List<Candidate> candidates) {
        // thousands only where nothing would be rounded to none of them
        boolean small = candidates.stream()
                .map(Candidate::length)
                .flatMapToDouble(each -> DoubleStream.of(each.basis(), each.coefficients(), each.error()))
                .anyMatch(bits -> bits != 0 && Math.abs(bits) < KILO / 20);
        double unit = small ? 1 : KILO;
        String name = small ? "bit" : "kbit";
        return new Table(
                List.of("rank", "total/" + name, "basis", "coefficients", "error/" + name, "relative error"),
                candidate -> {
                    DescriptionLength length = candidate.length();
                    return String.format(
                            Locale.ROOT,
                            "%16d%16.1f%16.1f%16.1f%16.1f%16.4f",
                            candidate.rank(),
                            length.total() / unit,
                            length.basis() / unit,
                            length.coefficients() / unit,
                            length.error() / unit,
                            candidate.error());
                });
    }

    private static Table ofHeldOutErrors() {
        return new Table(
                List.of("rank", "held-out error", "standard error"),
                candidate -> String.format(
                        Locale.ROOT,
                        "%16d%16.4f%16.4f",
                        candidate.rank(),
                        candidate.error(),
                        candidate.standardError()));
    }

    private static Table ofStability(boolean isVariational) {
        List<String> heads = new ArrayList<>(List.of("rank", "mean silhouette", "least", "relative error"));
        if (isVariational) {
            heads.add("ELBO/nat");
        }
        return new Table(
                heads,
                candidate -> String.format(
                                Locale.ROOT,
                                "%16d%16.3f%16.3f%16.4f",
                                candidate.rank(),
                                candidate.silhouette(),
                                candidate.leastSilhouette(),
                                candidate.error())
                        + (isVariational ? String.format(Locale.ROOT, "%16.1f", candidate.elbo()) : ""));
    }

    private static Table ofEvidence(List<Candidate> candidates) {
        double best = candidates.stream().mapToDouble(Candidate::elbo).max().orElseThrow();
        return new Table(
                List.of("rank", "ELBO/nat", "below the best", "relative error"),
                candidate -> String.format(
                        Locale.ROOT,
                        "%16d%16.1f%16.1f%16.4f",
                        candidate.rank(),
                        candidate.elbo(),
                        best - candidate.elbo(),
                        candidate.error()));
    }
}
