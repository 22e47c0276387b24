package io.github.paenmf.backend.cuda;

import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.CPU;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.CUDA;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.PERTURBED;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.compare;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.data;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.doubles;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.withZeros;
import static io.github.paenmf.testing.Spread.perturbed;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.HiddenLayersContractTest;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.train.PaeTrainer;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Initialiser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("cuda")
class CudaHiddenLayersTest extends HiddenLayersContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem) {
        return CurrentContext.watched(Solver.class, CudaSolvers.pae(problem, Execution.auto(), RowBlocks.serial()));
    }

    /** Of {@code 128,64}; none of an empty text. */
    static int[] units(String layers) {
        return Stream.of(layers.split(","))
                .filter(text -> !text.isEmpty())
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    private static PaeConfiguration configuration(int rank, String layers, int batchRows, double sigma, int epochs) {
        return PaeNmf.builder()
                .rank(rank)
                .hidden(units(layers))
                .batchRows(batchRows)
                .sigma(sigma)
                .epochs(epochs)
                .seed(7)
                .build()
                .configuration();
    }

    private static Map<String, double[]> blocks(PaeParameters p, double objective) {
        List<Float> encoder = new ArrayList<>();
        List<Float> decoder = new ArrayList<>();
        for (int e = 0; e < p.weights().length; e++) {
            (e % p.columns() < p.firstUnits() ? encoder : decoder).add(p.weights()[e]);
        }
        Map<String, double[]> blocks = new LinkedHashMap<>();
        blocks.put("W₁", encoder.stream().mapToDouble(Float::doubleValue).toArray());
        blocks.put("Wf", decoder.stream().mapToDouble(Float::doubleValue).toArray());
        blocks.put("b₁", doubles(p.biases()));
        for (EncoderLayer layer : p.layers()) {
            blocks.put("U " + blocks.size(), doubles(layer.weights()));
            blocks.put("b " + blocks.size(), doubles(layer.biases()));
        }
        blocks.put("objective", new double[] {objective});
        return blocks;
    }

    private static Map<String, double[]> fit(PaeConfiguration c, Matrix data, boolean sparse, Execution execution) {
        FittedPae model = new PaeTrainer(c, execution, report -> true)
                .fit(sparse ? SparseMatrix.of(data) : data)
                .model();
        double[] reconstruction = model.history().reconstruction();
        double[] kl = model.history().kl();
        int last = kl.length - 1;
        return blocks(model.parameters(), reconstruction[last] + kl[last]);
    }

    /** As far from the CPU's as data that are off by their rounding carry that, and not much farther. */
    @ParameterizedTest
    @CsvSource({
        "300, 31, 3, '10,7', 0, 0, 0, false, false",
        "601, 31, 3, '8', 250, .1, 0, false, true",
        "601, 31, 5, '6,5,7', 0, .1, 256, true, true"
    })
    void aFitIsThatOfTheCpu(
            int n,
            int m,
            int r,
            String layers,
            int batchRows,
            double sigma,
            int chunkRows,
            boolean sparse,
            boolean graph) {
        Matrix dense = data(n, m, r, 0.2);
        Matrix data = sparse ? withZeros(dense) : dense;
        for (int epochs : new int[] {1, 12}) {
            PaeConfiguration c = configuration(r, layers, batchRows, sigma, epochs);
            List<Map<String, double[]>> others = new ArrayList<>();
            for (int seed = 0; seed < PERTURBED; seed++) {
                others.add(fit(c, perturbed(data, 2 * ErrorReport.U, seed), sparse, CPU));
            }
            compare(
                    n + " x " + m + ", rank " + r + ", hidden " + layers + ", " + epochs + " epochs:",
                    fit(c, data, sparse, CPU),
                    others,
                    fit(c, data, sparse, CUDA.withChunkRows(chunkRows).withGraph(graph)));
        }
    }

    private static CudaSession<PaeParameters> session(PaeProblem problem) {
        return CudaSolvers.pae(problem, CUDA, false, RowBlocks.serial());
    }

    private static PaeProblem problem(Matrix data, PaeParameters[] start, int rank, String layers) {
        PaeConfiguration c = configuration(rank, layers, 0, 0.1, 1);
        DataStatistics statistics = DataStatistics.of(data, 0);
        start[0] = Initialiser.parameters(c, statistics);
        return Initialiser.problem(c, data, statistics);
    }

    /** Twice what it has read: all of it, as each number is doubled. */
    @Test
    void itAddsSumsWhereItHasReadThem() {
        Matrix data = data(67, 13, 3, 0.2);
        PaeParameters[] start = new PaeParameters[1];
        try (CudaSession<PaeParameters> session = session(problem(data, start, 3, "10,7"))) {
            session.setParameters(start[0]);
            Sums sums = VbPartsTest.sums(session, data, 3);
            session.addSums(sums);
            Sums twice = session.readSums();
            assertArrayEquals(Arrays.stream(sums.ofRows()).map(x -> 2 * x).toArray(), twice.ofRows());
            assertArrayEquals(Arrays.stream(doubles(sums.q())).map(x -> 2 * x).toArray(), doubles(twice.q()));
        }
    }

    /** What a plan counts for each row of a chunk is what is allocated for it. */
    @Test
    void memoryOfRowsIsThatOfThePlan() {
        Matrix data = data(67, 13, 3, 0.2);
        try (CudaSession<PaeParameters> session = session(problem(data, new PaeParameters[1], 3, "10,7"))) {
            long ofRows = session.deviceBytes().entrySet().stream()
                    .filter(entry -> entry.getKey().endsWith("of 67 rows"))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
            // P and S of 12 + 4 columns, theirs of the heads of 3 parts of 4, z of 12 and 8, and gradients of the
            // latter
            assertEquals(4 * 67 * (2 * 16 + 2 * 12 + 12 + 8 + 8), ofRows);
            long each = 2 * Parts.of(3, List.of(10, 7)).bytes(1)
                    + 2 * Parts.of(3, List.of()).bytes(1)
                    + HiddenLayerTraining.rowBytes(List.of(10, 7));
            assertEquals(67 * each, ofRows);
        }
    }
}
