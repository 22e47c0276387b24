package io.github.paenmf.cli;

import io.github.paenmf.DescriptionLength;
import io.github.paenmf.RankSelection;
import io.github.paenmf.RankSelection.Candidate;
import io.github.paenmf.RankSelection.Method;
import io.github.paenmf.RankSelection.Result;
import io.github.paenmf.data.Missing;
import io.github.paenmf.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
            "Chooses a rank for INPUT: fits standard NMF (HALS) of every rank from --min to --max, and prints what each"
                    + " comes to, with the choice marked.",
            "",
            "mdl: the rank with the shortest description of the data, in bits: those of the basis, of the coefficients,"
                    + " and of the error that is left.",
            "bicv: the least rank whose error at entries that were held out (a tenth of all, anywhere) is within one"
                    + " standard error of the least.",
            "",
            "The two answer different questions, what compresses the data and what predicts them. Where they agree, the"
                    + " data have a rank.",
            "",
            "With --missing allow or --zeros-missing only what is observed is fitted: mdl describes that alone, and bicv holds"
                    + " out a tenth of it.",
        },
        footer = {
            "",
            "Examples:",
            "  paenmf rank counts.csv",
            "  paenmf rank counts.csv --max 60 --method bicv --restarts 5 -o rank.svg",
            "  paenmf rank ratings.mtx --zeros-missing --method bicv --max 20",
            "  paenmf rank counts.csv --json > rank.json"
        })
final class RankCommand extends Subcommand {

    private static final int USUAL_MAX = 30;
    private static final double KILO = 1e3;

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
            completionCandidates = Names.RankMethods.class,
            description = "By what to choose: ${COMPLETION-CANDIDATES}.")
    private Method method;

    @Option(
            names = "--restarts",
            paramLabel = "N",
            defaultValue = "3",
            description =
                    "Fits of each rank, at least 1: for mdl from other starts, of which the best counts; for bicv with"
                            + " other entries held out.")
    private int restarts;

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

    @Override
    public Integer call() throws IOException {
        RankSelection.Builder builder = RankSelection.builder()
                .method(method)
                .restarts(restarts)
                .epochs(epochs)
                .seed(seed);
        if (resolution != null) {
            require(
                    resolution > 0 && resolution < Double.POSITIVE_INFINITY,
                    "--resolution",
                    "a number above 0",
                    resolution);
            if (method != Method.MDL) {
                throw usage("--resolution has no effect with --method " + Names.of(method) + "; leave it out");
            }
            builder.resolution(resolution);
        }
        Missing missing = reader.missing(Missing.NONE);
        builder.missing(missing == Missing.NAN).zerosMissing(missing == Missing.ZEROS);
        if (threads != null) {
            builder.threads(threads);
        }
        Settings.apply(spec.commandLine(), (max == null ? builder.ranksFrom(min) : builder.ranks(min, max))::build);
        if (weights != null) {
            throw usage(
                    "rank counts every row and feature once: a description sends each row, and an entry is held out or"
                            + " not; leave --row-weights and --feature-weights out");
        }
        if (output != null) {
            OutputFile.requireExtension(spec.commandLine(), output, ".png", ".svg");
            AtomicFile.requireWritable(output);
        }
        Input data = scaling.applyTo(reader.read(input));
        RankSelection selection = builder.listener(this::progress).build();
        Result result = data.use(v -> selection.select(scaling.scaling().fit(v).apply(v)));
        report(result);
        if (output != null) {
            RankFile.of(json(result)).figure().save(output);
            if (!json) {
                closing("curve: " + output);
            }
        }
        return ExitCode.DONE;
    }

    private boolean progress(int done, int of) {
        if (main().terminal() && !common.quiet()) {
            err().printf("\r%d of %d fits%s", done, of, done == of ? System.lineSeparator() : "");
            err().flush();
        }
        return true;
    }

    private void report(Result result) {
        if (result.isAtTheEdge()) {
            Failures.say(
                    err(),
                    "warning: rank " + result.chosenRank() + " is at the edge of the ranks that were tried; one beyond"
                            + " might be better");
        }
        if (json) {
            JsonLine.print(out(), json(result));
        } else {
            print(result);
        }
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
        if (length == null) {
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
        boolean mdl = result.method() == Method.MDL;
        // thousands only where nothing would be rounded to none of them
        boolean small = result.candidates().stream()
                .map(Candidate::length)
                .filter(Objects::nonNull)
                .flatMapToDouble(each -> DoubleStream.of(each.basis(), each.coefficients(), each.error()))
                .anyMatch(bits -> bits != 0 && Math.abs(bits) < KILO / 20);
        double unit = small ? 1 : KILO;
        String name = small ? "bit" : "kbit";
        List<String> heads = mdl
                ? List.of("rank", "total/" + name, "basis", "coefficients", "error/" + name, "relative error")
                : List.of("rank", "held-out error", "standard error");
        out().println(heads.stream().map(head -> String.format("%16s", head)).collect(Collectors.joining()));
        for (Candidate candidate : result.candidates()) {
            DescriptionLength length = candidate.length();
            String line = mdl
                    ? String.format(
                            Locale.ROOT,
                            "%16d%16.1f%16.1f%16.1f%16.1f%16.4f",
                            candidate.rank(),
                            length.total() / unit,
                            length.basis() / unit,
                            length.coefficients() / unit,
                            length.error() / unit,
                            candidate.error())
                    : String.format(
                            Locale.ROOT,
                            "%16d%16.4f%16.4f",
                            candidate.rank(),
                            candidate.error(),
                            candidate.standardError());
            out().println(line + (candidate.rank() == result.chosenRank() ? "  <- chosen" : ""));
        }
        out().flush();
    }
}
