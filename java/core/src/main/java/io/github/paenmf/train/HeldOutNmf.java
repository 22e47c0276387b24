package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;

/**
 * How well NMF predicts entries that it has not seen. Entries anywhere in the data are hidden, a speckled pattern
 * (Wold 1978; for NMF Kanagal and Sindhwani 2010), and HALS fits the rest by expectation maximisation: after each
 * epoch the hidden entries become what the factors make of them.
 */
public final class HeldOutNmf {

    /** The share of the entries that is hidden. */
    public static final double SHARE = 0.1;

    private final Matrix data;
    private final long seed;
    private final int pattern;

    /**
     * @param data n × m, finite and ≥ 0; not written to
     * @param seed of all random numbers
     * @param pattern which entries are hidden, at least 0; entries for different patterns are independent
     */
    public HeldOutNmf(Matrix data, long seed, int pattern) {
        this.data = data;
        this.seed = seed;
        this.pattern = pattern;
    }

    /**
     * Fits what is not hidden, on one thread.
     *
     * @return the norm of the error at the hidden entries divided by the norm of those entries
     * @throws DataException if nothing is hidden, all that is hidden is 0, or the data cannot be factorised
     * @throws java.util.concurrent.CancellationException if the thread is interrupted, within an epoch
     */
    public double relativeError(int rank, int epochs) {
        Matrix filled = Matrix.zeros(data.rows(), data.columns());
        int[][] hidden = hide(filled);
        requireHidden(hidden);
        DataStatistics statistics = DataStatistics.of(filled, 0);
        NmfConfiguration configuration =
                new NmfConfiguration(rank, NmfAlgorithm.HALS, NmfInit.NNDSVD, epochs, 0, 1, Missing.NONE, seed);
        NmfProblem problem = NmfTrainer.problem(filled, statistics, configuration);
        // the CPU reads the data where they lie, and so as they are in each epoch
        Execution execution = Execution.auto().withBackend(Backends.Choice.CPU).withThreads(1);
        try (Solver<NmfParameters> solver = Backends.openNmf(execution, problem)) {
            NmfParameters factors = NmfInitialiser.parameters(configuration, statistics, solver.products(filled));
            solver.setParameters(factors);
            Epochs pass = new Epochs(solver, problem.shape(), seed, filled, statistics.rowNorms(), 0);
            for (int epoch = 0; epoch < epochs; epoch++) {
                pass.run(epoch, 1);
                pass.takeObjectives(); // nobody asks for them: the norms of the rows change, too
                solver.readParameters(factors);
                fill(filled, hidden, factors.w(), factors.h(), statistics.scale());
            }
        }
        return relativeError(filled, hidden);
    }

    /** Copies the data with the means of what can be seen of each feature for what is hidden; its columns by rows. */
    private int[][] hide(Matrix filled) {
        int m = data.columns();
        int[][] hidden = new int[data.rows()][];
        double[] sums = new double[m];
        int[] counts = new int[m];
        int[] words = new int[Philox.WORDS];
        float[] noise = new float[m];
        int[] columns = new int[m];
        for (int i = 0; i < data.rows(); i++) {
            data.copyRow(i, filled.storage(i), filled.offset(i));
            Philox.uniforms(seed, i, pattern, Purpose.HOLD_OUT, words, noise, 0, m);
            int count = 0;
            for (int j = 0; j < m; j++) {
                if (noise[j] < SHARE) {
                    columns[count++] = j;
                } else {
                    sums[j] += data.get(i, j);
                    counts[j]++;
                }
            }
            hidden[i] = Arrays.copyOf(columns, count);
        }
        for (int i = 0; i < hidden.length; i++) {
            for (int j : hidden[i]) {
                filled.storage(i)[filled.offset(i) + j] = (float) (sums[j] / Math.max(1, counts[j]));
            }
        }
        return hidden;
    }

    private void requireHidden(int[][] hidden) {
        if (Arrays.stream(hidden).allMatch(columns -> columns.length == 0)) {
            throw new DataException("cross-validation holds out a tenth of the entries at random, and of these "
                    + data.size() + " none was held out: the data are too small for it; choose the rank by description"
                    + " length (mdl)");
        }
    }

    private static void fill(Matrix filled, int[][] hidden, Matrix w, Matrix h, double scale) {
        int r = w.columns();
        for (int i = 0; i < hidden.length; i++) {
            float[] coefficients = h.storage(i);
            int row = h.offset(i);
            float[] target = filled.storage(i);
            for (int j : hidden[i]) {
                float[] basis = w.storage(j);
                int feature = w.offset(j);
                double sum = 0;
                for (int c = 0; c < r; c++) {
                    sum += (double) coefficients[row + c] * basis[feature + c];
                }
                target[filled.offset(i) + j] = (float) (sum * scale);
            }
        }
    }

    private double relativeError(Matrix filled, int[][] hidden) {
        double errors = 0;
        double squares = 0;
        for (int i = 0; i < hidden.length; i++) {
            for (int j : hidden[i]) {
                double value = data.get(i, j);
                double error = value - filled.get(i, j);
                errors += error * error;
                squares += value * value;
            }
        }
        if (squares == 0) {
            throw new DataException("all entries that were held out are 0; there are too few others to choose a rank");
        }
        return Math.sqrt(errors / squares);
    }
}
