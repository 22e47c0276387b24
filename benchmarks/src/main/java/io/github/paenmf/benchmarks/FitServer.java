package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.NmfModel;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.Score;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.ReadOptions;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.train.FitListener;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Whole fits on demand for {@code benchmarks/run-nmf} and {@code run-sparse}: {@code DATA RANK THREADS ALGORITHM
 * [random]}, the algorithm {@code nmf-hals}, {@code nmf-mu}, {@code nmf-kl}, {@code vb}, {@code vb-poisson}, or {@code
 * pae}, which starts from a short run of standard NMF; with {@code random} all others start from random factors. Warms
 * up, says {@code READY} and answers each line of stdin with a JSON object, as {@code benchmarks/peers/sklearn_peer.py}
 * does:
 *
 * <ul>
 *   <li>{@code STEPS <epochs>}: milliseconds of an epoch, without the start
 *   <li>{@code FIT <epochs>}: seconds of a fit, start included
 *   <li>{@code ERROR <epochs>}: its relative error, ‖V − V̂‖/‖V‖, by the residual in double
 *   <li>{@code REACH <error> <most epochs> <most seconds>}: the fewest epochs after which the relative error is at most
 *       that (for {@code pae} and {@code vb} to 5 % of them), or null
 * </ul>
 */
public final class FitServer {

    private static final double MAX_WARM_UP_MILLISECONDS = 20_000;

    private final RowSource data;
    private final int rank;
    private final Execution execution;
    private final String algorithm;
    private final boolean random;

    private FitServer(String[] args) throws IOException {
        data = MatrixReader.readData(args[0], ReadOptions.defaults());
        rank = Integer.parseInt(args[1]);
        execution = Execution.auto().withBackend(Backends.Choice.CPU).withThreads(Integer.parseInt(args[2]));
        algorithm = args[3];
        random = args.length > 4;
    }

    public static void main(String[] args) throws IOException {
        new FitServer(args).serve();
    }

    private void serve() throws IOException {
        StepServer.warmUp(epochs -> fit(epochs, report -> true), MAX_WARM_UP_MILLISECONDS);
        String backend = fit(1, report -> true).trainedOn().orElse("?");
        System.out.println(
                "READY " + JSON.std.asString(Map.of("library", "Java " + Runtime.version() + ", " + backend)));
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            System.out.println(JSON.std.asString(answer(line.split(" "))));
        }
    }

    private Map<String, Object> answer(String[] words) {
        Map<String, Object> answer = new LinkedHashMap<>();
        switch (words[0]) {
            case "STEPS" -> answer.put("ms", milliseconds(Integer.parseInt(words[1])));
            case "FIT" -> answer.put("seconds", seconds(Integer.parseInt(words[1])));
            case "ERROR" -> answer.put("error", error(Integer.parseInt(words[1])));
            case "REACH" -> {
                double target = Double.parseDouble(words[1]);
                int most = Integer.parseInt(words[2]);
                OptionalInt epochs = isProbabilistic()
                        ? reachByFits(target, most, Double.parseDouble(words[3]))
                        : reach(target, most, Double.parseDouble(words[3]));
                answer.put("epochs", epochs.isPresent() ? epochs.getAsInt() : null);
            }
            default -> throw new IllegalArgumentException("no such command: " + words[0]);
        }
        return answer;
    }

    private FactorisationModel fit(int epochs, FitListener listener) {
        if (algorithm.equals("pae")) {
            return PaeNmf.builder()
                    .rank(rank)
                    .epochs(epochs)
                    .init(Init.NMF)
                    .execution(execution)
                    .listener(listener)
                    .build()
                    .fit(data);
        }
        if (algorithm.startsWith("vb")) {
            VariationalNmf.Builder builder = VariationalNmf.builder()
                    .rank(rank)
                    .epochs(epochs)
                    .likelihood(algorithm.equals("vb") ? Likelihood.GAUSSIAN : Likelihood.POISSON)
                    .intervals(IntervalMethod.MEAN_FIELD)
                    .execution(execution)
                    .listener(listener);
            return (random ? builder.init(VbInit.RANDOM) : builder).build().fit(data);
        }
        return Nmf.builder()
                .rank(rank)
                .algorithm(NmfAlgorithm.valueOf(
                        algorithm.substring("nmf-".length()).toUpperCase(Locale.ROOT)))
                .init(random ? NmfInit.RANDOM : NmfInit.NNDSVD)
                .epochs(epochs)
                .execution(execution)
                .listener(listener)
                .build()
                .fit(data);
    }

    private boolean isProbabilistic() {
        return algorithm.equals("pae") || algorithm.startsWith("vb");
    }

    private double seconds(int epochs) {
        long start = System.nanoTime();
        fit(epochs, report -> true);
        return (System.nanoTime() - start) * 1e-9;
    }

    /** Between the ends of the first epoch and of the last. */
    private double milliseconds(int epochs) {
        double[] at = new double[2];
        fit(epochs + 1, report -> {
            at[report.epoch() == 1 ? 0 : 1] = report.seconds();
            return true;
        });
        return (at[1] - at[0]) * 1e3 / epochs;
    }

    private double error(int epochs) {
        FactorisationModel model = fit(epochs, report -> true);
        if (model instanceof NmfModel nmf) {
            return residual(nmf.trainingCoefficients().orElseThrow(), nmf.basis());
        }
        Score score = model.score(data);
        return algorithm.equals("vb") ? score.relativeErrorMean() : score.relativeError();
    }

    private double residual(Matrix h, Matrix basis) {
        double error = 0;
        double norm = 0;
        float[] row = new float[data.columns()];
        for (int i = 0; i < data.rows(); i++) {
            data.copyRow(i, row, 0);
            for (int f = 0; f < data.columns(); f++) {
                double decoded = 0;
                for (int j = 0; j < rank; j++) {
                    decoded += (double) h.get(i, j) * basis.get(f, j);
                }
                double value = row[f];
                error += (value - decoded) * (value - decoded);
                norm += value * value;
            }
        }
        return Math.sqrt(error / norm);
    }

    /** The scaled data have a mean square of 1, so that the share of the error is ‖v − v̂‖²/m. */
    private OptionalInt reach(double target, int most, double seconds) {
        int[] reached = new int[1];
        fit(most, report -> {
            if (Math.sqrt(2 * report.reconstruction() / data.columns()) <= target) {
                reached[0] = report.epoch();
            }
            return reached[0] == 0 && report.seconds() < seconds;
        });
        return reached[0] > 0 ? OptionalInt.of(reached[0]) : OptionalInt.empty();
    }

    /** The error from medians or means is that of a model, not of an epoch: doubles the epochs and then halves the interval. */
    private OptionalInt reachByFits(double target, int most, double seconds) {
        int below = 0;
        int epochs = 1;
        while (error(epochs) > target) {
            if (2 * epochs > most || seconds(epochs) > seconds / 2) {
                return OptionalInt.empty();
            }
            below = epochs;
            epochs *= 2;
        }
        while (epochs - below > Math.max(1, epochs / 20)) {
            int middle = (below + epochs) / 2;
            if (error(middle) <= target) {
                epochs = middle;
            } else {
                below = middle;
            }
        }
        return OptionalInt.of(epochs);
    }
}
