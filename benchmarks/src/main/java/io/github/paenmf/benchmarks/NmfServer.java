package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.Nmf;
import io.github.paenmf.NmfModel;
import io.github.paenmf.TrainingDivergedException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.MatrixWriter;
import io.github.paenmf.io.ModelFile;
import io.github.paenmf.io.ReadOptions;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.History;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.SettingException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Standard NMF on demand for {@code benchmarks/peers/sklearn_adapter.py}. Says {@code READY} and answers each line of
 * stdin, a JSON object, with one. Matrices travel in files that the other side names. {@code do} is
 *
 * <ul>
 *   <li>{@code fit}: {@code data} into {@code coefficients} and {@code basis} of the file {@code out}; the answer has
 *       {@code epochs}, whether it {@code converged}, and {@code divergence}, the β divergence of V from
 *       H·basisᵀ; of β 2 half the squared error
 *       {@code model}, if it is there, names a file for the model
 *   <li>{@code update}: the model in the file {@code from} goes on with {@code data} for an epoch; else as {@code fit}
 *   <li>{@code transform}: {@code coefficients} of {@code data} for the matrix in the file {@code basis}, m × r, of data
 *       whose root mean square was {@code scale}
 * </ul>
 *
 * The other fields are settings, by the names of {@link NmfConfiguration}. What paenmf refuses is answered with {@code
 * error}, its message.
 */
public final class NmfServer {

    private NmfServer() {}

    public static void main(String[] args) throws IOException {
        System.out.println("READY " + JSON.std.asString(Map.of("library", "Java " + Runtime.version())));
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            System.out.println(JSON.std.asString(answer(new Request(JSON.std.mapFrom(line)))));
        }
    }

    private static Map<String, Object> answer(Request request) throws IOException {
        try {
            return switch (request.text("do")) {
                case "fit" -> fit(request);
                case "update" -> update(request);
                case "transform" -> transform(request);
                default -> throw new IllegalArgumentException("no such request: " + request.text("do"));
            };
        } catch (DataException | SettingException | TrainingDivergedException refusal) {
            return Map.of("error", refusal.getMessage());
        }
    }

    private static Map<String, Object> fit(Request request) throws IOException {
        RowSource data = data(request);
        Nmf.Builder builder = Nmf.builder()
                .rank(request.integer("rank"))
                .algorithm(request.algorithm())
                .beta(request.number("beta"))
                .epochs(request.integer("epochs"))
                .seed(request.integer("seed"))
                .coefficientPenalty(request.penalty("Coefficients"))
                .basisPenalty(request.penalty("Basis"))
                .backend(Backends.Choice.CPU);
        if (request.has("initialBasis")) {
            builder.initialBasis(MatrixReader.read(request.text("initialBasis")))
                    .initialCoefficients(MatrixReader.read(request.text("initialCoefficients")));
        } else {
            builder.init(NmfInit.valueOf(request.text("init").toUpperCase(Locale.ROOT)));
        }
        if (request.has("tolerance")) {
            builder.tolerance(request.number("tolerance")).patience(request.integer("patience"));
        }
        if (request.has("batchRows")) {
            builder.batchRows(request.integer("batchRows")).forgetFactor(request.number("forgetFactor"));
        }
        return answer(request, data, builder.build().fit(data));
    }

    private static Map<String, Object> update(Request request) throws IOException {
        RowSource data = data(request);
        NmfModel before = NmfModel.load(request.file("from"));
        Nmf nmf = Nmf.builder()
                .configuration(before.configuration())
                .epochs(1)
                .batchRows(0)
                .forgetFactor(request.number("forgetFactor"))
                .backend(Backends.Choice.CPU)
                .build();
        return answer(request, data, nmf.update(before, data));
    }

    private static Map<String, Object> answer(Request request, RowSource data, NmfModel model) throws IOException {
        if (request.has("model")) {
            model.save(request.file("model"));
        }
        Matrix h = model.trainingCoefficients().orElseThrow();
        Matrix basis = model.basis();
        MatrixWriter.write(request.file("out"), Map.of("coefficients", h, "basis", basis));
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("epochs", model.history().epochs());
        answer.put("converged", model.history().stopReason() == History.StopReason.CONVERGED);
        answer.put("divergence", divergence(request.number("beta"), data, h, basis));
        return answer;
    }

    /** A model of the basis alone, as a program that knows the format of model files would make it. */
    private static Map<String, Object> transform(Request request) throws IOException {
        Matrix basis = MatrixReader.read(request.text("basis"));
        double scale = request.number("scale");
        Matrix w = Matrix.zeros(basis.rows(), basis.columns());
        for (int f = 0; f < basis.rows(); f++) {
            for (int j = 0; j < basis.columns(); j++) {
                w.storage(f)[w.offset(f) + j] = (float) (basis.get(f, j) / scale);
            }
        }
        NmfConfiguration configuration = new NmfConfiguration(
                basis.columns(),
                request.algorithm(),
                NmfInit.RANDOM,
                1,
                0,
                1,
                Missing.NONE,
                0,
                new Penalties(request.penalty("Coefficients"), request.penalty("Basis")),
                request.number("beta"));
        History none = new History(new double[0], new double[0], History.StopReason.EPOCHS);
        Path file = Files.createTempFile("nmf-server", ".npz");
        try {
            ModelFile.write(new FittedNmf(configuration, w, scale, List.of(), none, List.of()), file);
            Matrix h = NmfModel.load(file).transform(data(request));
            MatrixWriter.write(request.file("out"), Map.of("coefficients", h));
        } finally {
            Files.delete(file);
        }
        return Map.of();
    }

    private static RowSource data(Request request) throws IOException {
        return MatrixReader.readData(request.text("data"), ReadOptions.defaults());
    }

    private static double divergence(double beta, RowSource data, Matrix h, Matrix basis) {
        double sum = 0;
        float[] row = new float[data.columns()];
        for (int i = 0; i < data.rows(); i++) {
            data.copyRow(i, row, 0);
            for (int f = 0; f < data.columns(); f++) {
                double decoded = 0;
                for (int j = 0; j < h.columns(); j++) {
                    decoded += (double) h.get(i, j) * basis.get(f, j);
                }
                sum += divergence(beta, row[f], decoded);
            }
        }
        return sum;
    }

    /** Of a value from what it is decoded to, with 0·ln 0 = 0. */
    private static double divergence(double beta, double value, double decoded) {
        if (beta == 1) {
            return (value == 0 ? 0 : value * Math.log(value / decoded)) - value + decoded;
        }
        if (beta == 0) {
            return value / decoded - Math.log(value / decoded) - 1;
        }
        double cross = value == 0 ? 0 : beta * value * Math.pow(decoded, beta - 1);
        return (Math.pow(value, beta) + (beta - 1) * Math.pow(decoded, beta) - cross) / (beta * (beta - 1));
    }

    /** A JSON object; a field that is asked for must be there, and of its kind. */
    private record Request(Map<String, Object> fields) {

        boolean has(String name) {
            return fields.get(name) != null;
        }

        private Object field(String name) {
            Object value = fields.get(name);
            if (value == null) {
                throw new IllegalArgumentException("the request has no " + name);
            }
            return value;
        }

        String text(String name) {
            return (String) field(name);
        }

        Path file(String name) {
            return Path.of(text(name));
        }

        double number(String name) {
            return ((Number) field(name)).doubleValue();
        }

        int integer(String name) {
            return ((Number) field(name)).intValue();
        }

        NmfAlgorithm algorithm() {
            return NmfAlgorithm.valueOf(text("algorithm").toUpperCase(Locale.ROOT));
        }

        Penalty penalty(String factor) {
            return new Penalty(number("l1" + factor), number("l2" + factor));
        }
    }
}
