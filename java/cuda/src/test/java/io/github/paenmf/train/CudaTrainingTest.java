package io.github.paenmf.train;

import static io.github.paenmf.testing.Spread.distance;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.StepOracle;
import io.github.paenmf.backend.UpdateOracle;
import io.github.paenmf.backend.cpu.CpuBackends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.testing.Spread;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Initialiser;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole fits on CUDA against the same fits on the CPU: digits, and real data where a variable names their folder. */
@Tag("cuda")
class CudaTrainingTest {

    /** A folder with the files of benchmarks/quality. */
    private static final String DATA = "PAENMF_DATA";

    private static final Execution CPU =
            Execution.auto().withBackend(Choice.CPU).withThreads(2);
    private static final Execution CUDA = Execution.auto().withBackend(Choice.CUDA);
    private static final Logger LOG = System.getLogger(CudaTrainingTest.class.getName());

    /**
     * How many starts are perturbed, and how many times as far as the farthest fit CUDA may be. What grows from a
     * perturbation is its share in the directions that grow, where there is one a normal number ξ. The largest of
     * five such is below |ξ|/8 with odds of at most (√(2/π)/8)⁵ · E|ξ|⁵ = 6e-5.
     */
    private static final int PERTURBED = 4;

    private static final double MULTIPLE = 8;

    /**
     * What a KL term may be off, relative to its parts, by its own evaluation: 2 for the logarithm and 6 for the other
     * operations, as HeadOracle counts. All fits of the CPU are off by the same, so their spread does not show it, and a
     * device with fused multiply-adds is off by another.
     */
    private static final double KL_EVALUATION = 8 * ErrorReport.U;

    private static Matrix data(String name, int rows) throws IOException {
        String file = MatrixReader.DEMO_DIGITS;
        if (!name.equals("digits")) {
            String folder = System.getenv(DATA);
            assumeTrue(
                    folder != null && Files.exists(Path.of(folder, name + ".npy")),
                    "to run this, set " + DATA + " to a folder with " + name
                            + ".npy, as benchmarks/quality describes it");
            file = Path.of(folder, name + ".npy").toString();
        }
        Matrix data = MatrixReader.read(file);
        return rows == 0 ? data : data.selectRows(IntStream.range(0, rows).toArray());
    }

    private static PaeConfiguration configuration(
            int rank, Optimiser optimiser, int batchRows, int epochs, double sigma) {
        return PaeNmf.builder()
                .rank(rank)
                .sigma(sigma)
                .optimiser(optimiser)
                .batchRows(batchRows)
                .epochs(epochs)
                .seed(7)
                .build()
                .configuration();
    }

    /** The fit of these data from these parameters. */
    private static FittedPae fit(
            Matrix data,
            PaeConfiguration c,
            PaeParameters start,
            Execution execution,
            BiFunction<Execution, PaeProblem, Solver<PaeParameters>> opener) {
        FittedPae model = new FittedPae(
                c,
                start,
                DataStatistics.of(data, 0).scale(),
                List.of(),
                new History(new double[0], new double[0], StopReason.EPOCHS),
                0,
                List.of());
        FittedPae fitted = new PaeTrainer(c, execution, report -> true, opener, System::nanoTime)
                .update(model, data)
                .model();
        assertEquals(c.epochs(), fitted.history().epochs());
        return fitted;
    }

    /** One step, on the CPU and on CUDA, within the bounds of float32 roundings around that in double. */
    @ParameterizedTest
    @CsvSource({
        "digits, 0, 16, ADAM",
        "digits, 0, 16, GD",
        "genes, 0, 3, ADAM",
        "genes, 0, 3, GD",
        "prices, 0, 9, ADAM",
        "prices, 0, 9, GD",
        "faces, 500, 9, ADAM",
        "faces, 500, 9, GD",
        "faces, 500, 81, ADAM"
    })
    void theFirstStepIsTheSame(String name, int rows, int rank, Optimiser optimiser) throws IOException {
        Matrix data = data(name, rows);
        PaeConfiguration c = configuration(rank, optimiser, 0, 1, 0.1);
        DataStatistics statistics = DataStatistics.of(data, 0);
        PaeParameters initial = Initialiser.parameters(c, statistics);
        PaeProblem problem = Initialiser.problem(c, data, statistics);
        StepOracle.Result step = new StepOracle(problem, initial, Precision.FP32).run(data, null, 0);
        UpdateOracle update = new UpdateOracle(problem);
        update.run(step, initial);
        double perSample = 2 * c.sigma() * c.sigma() * data.rows();
        for (Execution execution : new Execution[] {CPU, CUDA}) {
            ErrorReport report = new ErrorReport(
                    execution.backend() + ", " + name + ", rank " + rank + ", " + optimiser + ": 1 step");
            FittedPae model = fit(data, c, initial, execution, Backends::open);
            report.compare("weights", update.weights, model.parameters().weights(), update.weightBounds);
            report.compare("biases", update.biases, model.parameters().biases(), update.biasBounds);
            report.compare(
                    "reconstruction",
                    step.squaredError / perSample,
                    model.history().reconstruction()[0],
                    step.squaredErrorBound / perSample);
            report.compare("KL", step.kl / data.rows(), model.history().kl()[0], step.klBound / data.rows());
            report.log();
        }
    }

    /**
     * Many steps: as far as the roundings of the CPU's own arithmetic carry its fit, by another order of every sum and
     * by starts that are off by one unit in the last place, and not much farther.
     */
    @ParameterizedTest
    @CsvSource({
        "digits, 500, 16, ADAM, 0, 0.1",
        "digits, 500, 16, GD, 0, 0.1",
        "digits, 500, 16, ADAM, 167, 0.1",
        "digits, 500, 16, ADAM, 0, 0",
        "digits, 500, 16, ADAM, 167, 0",
        "genes, 0, 3, ADAM, 0, 0.1",
        "genes, 0, 3, ADAM, 0, 0",
        "genes, 0, 3, GD, 0, 0.1",
        "prices, 0, 9, ADAM, 0, 0.1",
        "prices, 0, 9, ADAM, 0, 0",
        "prices, 0, 9, GD, 0, 0.1",
        "faces, 500, 9, ADAM, 0, 0.1",
        "faces, 500, 9, ADAM, 0, 0",
        "faces, 500, 9, GD, 0, 0.1",
        "faces, 500, 81, ADAM, 0, 0.1"
    })
    void manyStepsStayWithinTheSpreadOfRoundings(
            String name, int rows, int rank, Optimiser optimiser, int batchRows, double sigma) throws IOException {
        Matrix data = data(name, rows);
        int stepsPerEpoch = batchRows == 0 ? 1 : (data.rows() - 1) / batchRows + 1;
        for (int steps : new int[] {10, 100}) {
            PaeConfiguration c = configuration(rank, optimiser, batchRows, steps / stepsPerEpoch, sigma);
            PaeParameters initial = Initialiser.parameters(c, DataStatistics.of(data, 0));
            FittedPae cpu = fit(data, c, initial, CPU, Backends::open);
            List<FittedPae> others = new ArrayList<>();
            others.add(fit(data, c, initial, CPU, CpuBackends::lastTermFirst));
            for (int seed = 0; seed < PERTURBED; seed++) {
                others.add(fit(data, c, perturbed(initial, seed), CPU, Backends::open));
            }
            FittedPae cuda = fit(data, c, initial, CUDA, Backends::open);
            String what =
                    name + ", rank " + rank + ", " + optimiser + (batchRows == 0 ? "" : ", batches of " + batchRows)
                            + (sigma == 0 ? ", σ learned" : "")
                            + ", " + steps + " steps: CUDA from the CPU (spread of the CPU):";
            compare(what, cpu, others, cuda);
        }
    }

    private static void compare(String what, FittedPae cpu, List<FittedPae> others, FittedPae cuda) {
        StringBuilder line = new StringBuilder(what);
        double worst = 0;
        Map<String, double[]> onCuda = blocks(cuda);
        List<Map<String, double[]>> onCpu =
                others.stream().map(CudaTrainingTest::blocks).toList();
        for (Map.Entry<String, double[]> block : blocks(cpu).entrySet()) {
            String name = block.getKey();
            double spread = Spread.of(block.getValue(), onCpu.stream().map(other -> other.get(name)));
            if (name.equals("KL")) {
                spread = Math.max(spread, KL_EVALUATION);
            }
            double distance = distance(block.getValue(), onCuda.get(name));
            line.append(String.format(Locale.ROOT, " %s %.1e (%.1e)", name, distance, spread));
            worst = Math.max(worst, distance / spread);
        }
        line.append(String.format(Locale.ROOT, "; at most %.2f times the spread", worst));
        LOG.log(Level.INFO, line);
        assertTrue(worst <= MULTIPLE, () -> line + ", may be " + MULTIPLE);
    }

    /** One unit in the last place up or down, each. */
    private static PaeParameters perturbed(PaeParameters parameters, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        PaeParameters perturbed = parameters.copy();
        for (float[] values : new float[][] {perturbed.weights(), perturbed.biases()}) {
            for (int i = 0; i < values.length; i++) {
                // what is exactly 0 stays: Wf is not negative
                values[i] += values[i] == 0 ? 0 : (random.nextBoolean() ? 1 : -1) * Math.ulp(values[i]);
            }
        }
        return perturbed;
    }

    /** What a fit learns and reports, part by part. */
    private static Map<String, double[]> blocks(FittedPae model) {
        Map<String, double[]> blocks = new LinkedHashMap<>();
        PaeParameters parameters = model.parameters();
        int r = parameters.rank();
        for (String name : List.of("Wλ", "Wk", "Wf")) {
            int part = blocks.size();
            blocks.put(
                    name,
                    IntStream.range(0, r * parameters.features())
                            .mapToDouble(i -> parameters.weights()[(3 * (i / r) + part) * r + i % r])
                            .toArray());
        }
        for (String name : List.of("bλ", "bk")) {
            int first = name.equals("bλ") ? 0 : r;
            blocks.put(
                    name,
                    IntStream.range(first, first + r)
                            .mapToDouble(j -> parameters.biases()[j])
                            .toArray());
        }
        if (model.configuration().learnsSigma()) {
            blocks.put("σ²", new double[] {model.squaredSigma()});
        }
        blocks.put("reconstruction", model.history().reconstruction());
        blocks.put("KL", model.history().kl());
        return blocks;
    }
}
