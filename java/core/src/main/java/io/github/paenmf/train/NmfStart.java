package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeVariance;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Initialiser;

/**
 * First parameters from a short run of standard NMF, or a given basis, V ≈ H·Wᵀ.
 *
 * <ul>
 *   <li>Wf is W, each column so long that the mean of its coefficients is the prior's.
 *   <li>Wλ and bλ are the linear map of the encoder's input that comes closest to the λ whose mean (median, λ itself:
 *       what a step decodes, on average) is H, in least squares.
 *   <li>Wk is 0, and bk makes k the same for all samples. A coefficient's variance is about π²h²/(6k²), which costs
 *       π²h²‖w‖²/(12σ²k²) in the error, and KL grows with ln k: their sum is least at k = (π/√6)·h‖w‖/σ.
 * </ul>
 *
 * <p>A component that NMF does not use starts at random.
 */
final class NmfStart {

    private static final int EPOCHS = 50;
    private static final double SHAPE_MAX = 100;

    private final PaeConfiguration configuration;
    /** σ, where it is learned that of the error of NMF. */
    private double sigma;

    private final PaeParameters parameters;
    private final int r;

    private NmfStart(PaeConfiguration configuration, PaeParameters parameters) {
        this.configuration = configuration;
        this.parameters = parameters;
        this.sigma = configuration.sigma();
        this.r = configuration.rank();
    }

    /**
     * @param given in the order of the data and in their units; or null
     */
    static PaeParameters parameters(
            PaeConfiguration c, GivenFactors given, RowSource data, DataStatistics statistics, Execution execution) {
        NmfConfiguration nmf = HalsStart.configuration(c.rank(), EPOCHS, c.seed());
        NmfStart start = new NmfStart(c, Initialiser.parameters(c, statistics));
        try (Solver<NmfParameters> solver = Backends.openNmf(execution, NmfTrainer.problem(data, statistics, nmf))) {
            HalsStart hals = given == null
                    ? HalsStart.run(solver, nmf, data, statistics)
                    : GivenStart.start(given, c.rank(), c.seed(), false, data, statistics, execution);
            start.takeSigma(hals.squaredError() / statistics.entries());
            start.take(hals.factors(), solver.products(data), data.mask());
        }
        return start.parameters;
    }

    private void takeSigma(double meanSquaredError) {
        if (configuration.learnsSigma()) {
            parameters.setSquaredSigma(Math.max(PaeVariance.LEAST, meanSquaredError));
            sigma = Math.sqrt(parameters.squaredSigma());
        }
    }

    private void take(NmfParameters factors, DataProducts products, Mask mask) {
        Matrix w = factors.w();
        Matrix h = factors.h();
        Matrix targets = Matrix.zeros(h.rows(), r);
        boolean[] used = new boolean[r];
        for (int j = 0; j < r; j++) {
            used[j] = take(w, h, targets, j);
        }
        EncoderFit.set(parameters, 0, products, mask, targets, j -> used[j]);
    }

    /**
     * Sets the decoder and k of one component.
     *
     * @param targets receives what λ's head should give for each sample
     * @return whether NMF uses the component
     */
    private boolean take(Matrix w, Matrix h, Matrix targets, int j) {
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < h.rows(); i++) {
            sum += h.get(i, j);
            squares += (double) h.get(i, j) * h.get(i, j);
        }
        double basisSquares = 0;
        for (int f = 0; f < w.rows(); f++) {
            basisSquares += (double) w.get(f, j) * w.get(f, j);
        }
        if (sum == 0 || basisSquares == 0) {
            return false;
        }
        double length = sum / h.rows() / Weibull.mean(configuration.priorShape(), configuration.priorScale());
        double k = shape(Math.sqrt(squares / h.rows() * basisSquares));
        for (int f = 0; f < w.rows(); f++) {
            parameters.weights()[3 * r * f + r + j] = 0;
            parameters.weights()[3 * r * f + 2 * r + j] = (float) (w.get(f, j) * length);
        }
        parameters.biases()[r + j] = (float) EncoderFit.output(configuration.heads(), k);
        double toLambda = 1 / (length * decodedFromUnitScale(k));
        for (int i = 0; i < h.rows(); i++) {
            targets.storage(i)[targets.offset(i) + j] =
                    (float) EncoderFit.output(configuration.heads(), h.get(i, j) * toLambda);
        }
        return true;
    }

    /**
     * @param size root mean square of h‖w‖
     */
    private double shape(double size) {
        PaeConfiguration c = configuration;
        double least = Math.max(c.priorShape(), c.shapeMin());
        return switch (c.trainOn()) {
            case SAMPLE -> Math.max(least, Math.min(SHAPE_MAX, Math.PI / Math.sqrt(6) * size / sigma));
            case MEDIAN, SCALE -> least; // no noise to make small
        };
    }

    /** What a step decodes of a latent with λ = 1, on average. */
    private double decodedFromUnitScale(double k) {
        return switch (configuration.trainOn()) {
            case SAMPLE -> Weibull.mean(k, 1);
            case MEDIAN -> Weibull.median(k, 1);
            case SCALE -> 1;
        };
    }
}
