package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Initialiser;

/**
 * First parameters from a short run of variational NMF, which is the same model except for the basis: no coefficient is 0,
 * and σ is that of the configuration, or learned as there.
 *
 * <ul>
 *   <li>Wf is the mean of W, divided by the prior mean λ₀ of coefficients, which is 1 in variational NMF.
 *   <li>The heads are the linear maps of the encoder's input that come closest to λ, times λ₀, and k of the posteriors
 *       of all rows, in least squares.
 * </ul>
 */
final class VbStart {

    private static final int EPOCHS = 100;

    private VbStart() {}

    static PaeParameters parameters(
            PaeConfiguration c, RowSource data, DataStatistics statistics, Execution execution) {
        FittedVb vb = new VbTrainer(configuration(c), execution, report -> true)
                .fit(data)
                .model();
        int r = c.rank();
        Matrix lambda = Matrix.zeros(data.rows(), r);
        Matrix k = Matrix.zeros(data.rows(), r);
        try (VbInference inference = Backends.openInference(execution, vb)) {
            inference.encode(data, lambda, k, null);
        }
        toOutputs(lambda, c.heads(), c.priorScale());
        toOutputs(k, c.heads(), 1);
        PaeParameters parameters = new PaeParameters(data.columns(), r);
        Initialiser.setInputMeans(parameters, statistics);
        for (int f = 0; f < data.columns(); f++) {
            for (int j = 0; j < r; j++) {
                parameters.weights()[(3 * f + 2) * r + j] = (float) (vb.basis(f, j) / c.priorScale());
            }
        }
        NmfConfiguration nmf = HalsStart.configuration(r, 1, c.seed());
        try (Solver<NmfParameters> solver = Backends.openNmf(execution, NmfTrainer.problem(data, statistics, nmf))) {
            DataProducts products = solver.products(data);
            EncoderFit.set(parameters, 0, products, data.mask(), lambda, j -> true);
            EncoderFit.set(parameters, 1, products, data.mask(), k, j -> true);
        }
        if (c.learnsSigma()) {
            parameters.setSquaredSigma(vb.parameters().squaredSigma());
        }
        return parameters;
    }

    private static VbConfiguration configuration(PaeConfiguration c) {
        double sigma = c.learnsSigma() ? 0 : Math.max(VbConfiguration.SIGMA_MIN, c.sigma());
        return new VbConfiguration(
                c.rank(),
                EPOCHS,
                c.batchRows(),
                Zeros.OFF,
                sigma,
                VbInit.NMF,
                0,
                1,
                IntervalMethod.MEAN_FIELD,
                NoiseVariance.CONSTANT,
                Likelihood.GAUSSIAN,
                c.missing(),
                c.seed());
    }

    /** What the heads have to give to make values, in place of them. */
    private static void toOutputs(Matrix values, Heads heads, double scale) {
        for (int i = 0; i < values.rows(); i++) {
            float[] row = values.storage(i);
            int offset = values.offset(i);
            for (int j = offset; j < offset + values.columns(); j++) {
                row[j] = (float) EncoderFit.output(heads, row[j] * scale);
            }
        }
    }
}
