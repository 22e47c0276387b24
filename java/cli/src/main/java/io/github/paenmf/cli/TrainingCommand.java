package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.NmfModel;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.Score;
import io.github.paenmf.TrainingDivergedException;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.backend.cuda.CudaFatalException;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.train.EpochReport;
import io.github.paenmf.train.FitListener;
import io.github.paenmf.train.ReplicateReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Option;

/** A command that trains a model, saves it and says how well it explains its data. */
abstract class TrainingCommand extends Subcommand {

    @Option(names = "--json", description = "Print the result as one JSON object on stdout, and nothing else.")
    private boolean json;

    final boolean json() {
        return json;
    }

    /** Checks before anything is read that the model can be saved. */
    final void requireModelFile(Path file) throws IOException {
        if (!AtomicFile.isDevice(file)) {
            OutputFile.requireExtension(spec.commandLine(), file, ".npz");
        }
        AtomicFile.requireWritable(file);
    }

    /** An estimator with all settings but the listener. */
    interface Training {
        FactorisationModel run(RowSource data, FitListener listener);
    }

    /**
     * Trains, saves and reports. What was learnt is saved also if the user stops training, or it diverges.
     *
     * @param probabilistic whether the objective has a KL divergence to show
     * @param training checked before; its listener is that of this command
     * @param file where to save the model
     * @param checkpoints where the training keeps its state, if anywhere; removed once the model of all of it is saved
     */
    final Result train(boolean probabilistic, Training training, Input input, Path file, CheckpointOptions checkpoints)
            throws IOException {
        Interruption interruption = main().interruption();
        interruption.defer(() -> Failures.say(err(), "stopping after this epoch, then saving " + file));
        long start = System.nanoTime();
        FactorisationModel model;
        TrainingDivergedException divergence = null;
        try (ProgressDisplay progress = new ProgressDisplay(err(), main().terminal(), probabilistic)) {
            FitListener listener = new FitListener() {

                @Override
                public boolean onEpoch(EpochReport report) {
                    if (!common.quiet()) {
                        progress.show(report);
                    }
                    return !interruption.requested();
                }

                @Override
                public boolean onReplicates(ReplicateReport report) {
                    if (!common.quiet()) {
                        progress.show(report);
                    }
                    return !interruption.requested();
                }
            };
            try {
                model = input.use(data -> training.run(data, listener));
            } catch (TrainingDivergedException e) {
                model = e.lastGoodModel();
                divergence = e;
            } catch (CudaFatalException e) {
                if (checkpoints.areThere()) {
                    throw new InterruptedByDeviceException(e, checkpoints.command());
                }
                throw e;
            }
        }
        FactorisationModel trained = model;
        interruption.defer(() -> Failures.say(err(), "stopping after saving " + file));
        trained.save(file);
        double seconds = (System.nanoTime() - start) * 1e-9;
        boolean interrupted = trained.history().stopReason() == StopReason.LISTENER;
        if (!interrupted) {
            checkpoints.delete();
        }
        interruption.release();
        if (interruption.requested() && !interrupted) {
            throw new CancellationException("stopped; " + file + " is saved, its fit to the data was not measured");
        }
        Result result = new Result(
                trained,
                input.use(trained::score),
                seconds,
                divergence != null ? ExitCode.INTERNAL : interrupted ? ExitCode.INTERRUPTED : ExitCode.DONE);
        measure(trained);
        report(result, input, file);
        if (checkpoints.areThere()) {
            Failures.say(err(), "go on with: " + checkpoints.command());
        }
        return result;
    }

    /**
     * What came of training.
     *
     * @param seconds of training and saving
     */
    record Result(FactorisationModel model, Score score, double seconds, int exitCode) {}

    private void report(Result result, Input input, Path file) {
        for (String warning : warnings(result)) {
            Failures.say(err(), "warning: " + warning);
        }
        if (json) {
            JsonLine.print(out(), json(result, input, file));
        } else if (!common.quiet()) {
            print(result, input, file);
        }
    }

    private static List<String> warnings(Result result) {
        List<String> warnings = new ArrayList<>(result.model.warnings());
        ScoreReport.warning(result.score).ifPresent(warnings::add);
        return warnings;
    }

    private Map<String, Object> json(Result result, Input input, Path file) {
        FactorisationModel model = result.model;
        History history = model.history();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("model", file.toString());
        object.put("rows", input.data().rows());
        object.put("columns", input.data().columns());
        object.put("format", input.format());
        object.put("algorithm", Names.of(model.algorithm()));
        if (model instanceof VariationalModel vb) {
            object.put("likelihood", Names.of(vb.configuration().likelihood()));
        }
        if (model instanceof PaeNmfModel pae) {
            object.put("likelihood", Names.of(pae.configuration().likelihood()));
        }
        object.put("rank", model.rank());
        object.put("epochs", history.epochs());
        object.put("totalEpochs", model.totalEpochs());
        object.put("stopReason", stopReason(history.stopReason()));
        object.put("backend", model.trainedOn().orElseThrow());
        object.put("training", lastEpoch(model));
        if (model instanceof NmfModel nmf && !nmf.scales().isEmpty()) {
            object.put("scales", nmf.scales());
        }
        object.put("score", ScoreReport.json(model, result.score));
        if (model instanceof VariationalModel vb) {
            object.put("intervals", intervals(vb));
        }
        ReplicatesReport.addTo(model, object);
        object.put("warnings", warnings(result));
        object.put("seconds", result.seconds);
        OptionalLong peak = PeakMemory.bytes();
        object.put("peakMemoryBytes", peak.isPresent() ? peak.getAsLong() : null);
        addTo(object);
        return object;
    }

    private static Map<String, Object> intervals(VariationalModel model) {
        Map<String, Object> intervals = new LinkedHashMap<>();
        intervals.put("method", Names.of(model.intervalMethod()));
        if (measuresNoise(model)) {
            intervals.put("noise", Names.of(model.noiseKind()));
            intervals.put("noiseVariance", model.noiseVariance());
        }
        if (model.effectiveSize() > 0) {
            intervals.put("effectiveSize", model.effectiveSize());
        }
        return intervals;
    }

    /**
     * Whether a fit knows more of the noise than σ: intervals of coefficients by themselves take nothing of the rows, and
     * counts have the noise of their likelihood.
     */
    private static boolean measuresNoise(VariationalModel model) {
        return model.intervalMethod() != IntervalMethod.MEAN_FIELD
                && !model.configuration().isPoisson();
    }

    /** Measures what this command has to say beyond the fit, before anything is reported. */
    void measure(FactorisationModel model) {}

    /** Adds what this command has to say beyond the fit. */
    void addTo(Map<String, Object> object) {}

    /** Prints it. */
    void printMore() {}

    /** The parts of the objective in the last epoch, or null if there was none. */
    private static Map<String, Object> lastEpoch(FactorisationModel model) {
        History history = model.history();
        int last = history.epochs() - 1;
        if (last < 0) {
            return null;
        }
        double reconstruction = history.reconstruction()[last];
        double kl = history.kl()[last];
        Map<String, Object> parts = new LinkedHashMap<>();
        parts.put("objective", model.hasKl() ? reconstruction + kl : reconstruction);
        parts.put("reconstruction", reconstruction);
        if (model.algorithm().isProbabilistic()) {
            parts.put("kl", kl);
        }
        return parts;
    }

    private void print(Result result, Input input, Path file) {
        FactorisationModel model = result.model;
        out().printf(
                        Locale.ROOT,
                        "%s: %s, rank %d, %d epochs in %.1f s (%s)%s%n",
                        file,
                        Names.of(model.algorithm()),
                        model.rank(),
                        model.history().epochs(),
                        result.seconds,
                        why(model.history().stopReason()),
                        PeakMemory.bytes().isPresent()
                                ? String.format(
                                        Locale.ROOT,
                                        ", peak memory %.0f MiB",
                                        PeakMemory.bytes().getAsLong() / 0x1p20)
                                : "");
        if (!input.format().isEmpty()) {
            out().println("  of " + input.summary());
        }
        out().println("  on " + model.trainedOn().orElseThrow());
        UnusedDevice.reason().ifPresent(reason -> out().println("  not on CUDA: " + reason));
        ScoreReport.print(out(), model, result.score);
        ReplicatesReport.print(out(), model);
        printMore();
        if (model instanceof VariationalModel vb) {
            out().printf(
                            Locale.ROOT,
                            "  %-28s %s%n",
                            "intervals",
                            vb.intervalMethod().title());
            if (measuresNoise(vb)) {
                out().printf(
                                Locale.ROOT,
                                "  %-28s %s%n",
                                "noise",
                                vb.noiseKind().words());
            }
            out().flush();
        }
    }

    private static String stopReason(StopReason reason) {
        return reason == StopReason.LISTENER ? "interrupted" : Names.of(reason);
    }

    private static String why(StopReason reason) {
        return switch (reason) {
            case EPOCHS -> "all that were asked for";
            case CONVERGED -> "converged";
            case LISTENER -> "interrupted";
            case DIVERGED -> "diverged; the last good parameters are saved";
        };
    }
}
