package io.github.paenmf.benchmarks;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.github.paenmf.backend.Objective;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The training step of PAE-NMF in PyTorch from Java, through DJL: autograd, DJL's Adam, full batch. It is the step of
 * {@code benchmarks/peers/pytorch_peer.py}, with both heads in one product and the basis as U·(mean_j(V)/r).
 */
public final class DjlPeer implements AutoCloseable {

    private static final float EULER_GAMMA = 0.57721566f;
    private static final float SMALLEST_UNIFORM = 0x1p-24f;

    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final Map<String, NDArray> problem = new LinkedHashMap<>();
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private final Map<String, Optimizer> optimisers = new LinkedHashMap<>();
    private final NDArray v;
    private final NDArray input;
    private final long rows;
    private final float lambdaMin;
    private final float lambdaMax;
    private final float shapeMin;
    private final float precision;

    private DjlPeer(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            for (NDArray array : NDList.decode(manager, in)) {
                problem.put(array.getName(), array);
            }
        }
        v = problem.get("v");
        rows = v.getShape().get(0);
        input = v.mul(1 / Math.sqrt((double) v.getShape().get(1)));
        lambdaMin = setting("lambda_min");
        lambdaMax = setting("lambda_max");
        shapeMin = setting("shape_min");
        precision = 1 / (2 * setting("sigma") * setting("sigma"));
        NDArray heads = problem.get("W_lambda").concat(problem.get("W_k"), 1);
        NDArray biases = problem.get("b_lambda").concat(problem.get("b_k"));
        add("heads", heads, setting("encoder_rate"));
        add("biases", biases, setting("bias_rate"));
        add("decoder", problem.get("decoder"), setting("decoder_rate"));
    }

    /** Serves steps: {@code PROBLEM.npz}, as {@code oracle.py} writes it. */
    public static void main(String[] args) throws IOException {
        try (DjlPeer peer = new DjlPeer(Path.of(args[0]))) {
            List<Objective> losses = new ArrayList<>();
            NDArray noise = peer.problem.get("noise");
            for (long step = 0; step < noise.getShape().get(0); step++) {
                losses.add(peer.step(noise.get(step)));
            }
            StepServer.serve(losses, "PyTorch " + Engine.getEngine("PyTorch").getVersion(), steps -> {
                for (int i = 0; i < steps; i++) {
                    peer.step(null);
                }
            });
        }
    }

    private float setting(String name) {
        return problem.get(name).toFloatArray()[0];
    }

    private void add(String name, NDArray start, float rate) {
        start.setRequiresGradient(true);
        parameters.put(name, start);
        optimisers.put(
                name,
                Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(rate))
                        .build());
    }

    /**
     * A step.
     *
     * @param noise null for fresh noise
     */
    private Objective step(NDArray noise) {
        try (NDManager scope = manager.newSubManager();
                GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            scope.tempAttachAll(v, input, problem.get("decoder_scale"));
            scope.tempAttachAll(parameters.values().toArray(NDArray[]::new));
            NDArray activations = input.matMul(parameters.get("heads")).add(parameters.get("biases"));
            NDList halves = activations.split(2, 1);
            NDArray lambda = halves.get(0).clip(lambdaMin, lambdaMax);
            NDArray k = halves.get(1).maximum(shapeMin);
            NDArray u = noise == null ? scope.randomUniform(SMALLEST_UNIFORM, 1 - SMALLEST_UNIFORM, k.getShape()) : noise;
            NDArray inverse = k.pow(-1);
            NDArray h = lambda.mul(u.log().neg().pow(inverse));
            NDArray basis = parameters.get("decoder").mul(problem.get("decoder_scale"));
            NDArray reconstruction =
                    v.sub(h.matMul(basis.transpose())).square().sum().mul(precision / rows);
            NDArray kl = k.log()
                    .sub(lambda.log())
                    .add(inverse.mul(EULER_GAMMA))
                    .add(lambda.mul(inverse.add(1).gammaln().exp()))
                    .sub(EULER_GAMMA + 1)
                    .sum()
                    .div(rows);
            collector.backward(reconstruction.add(kl));
            parameters.forEach(this::update);
            return new Objective(reconstruction.getFloat(), kl.getFloat());
        }
    }

    private void update(String name, NDArray parameter) {
        try (NDArray gradient = parameter.getGradient()) {
            // In place, which PyTorch refuses on what requires a gradient.
            parameter.setRequiresGradient(false);
            optimisers.get(name).update(name, parameter, gradient);
            if (name.equals("decoder")) {
                parameter.muli(parameter.gt(0).toType(parameter.getDataType(), false));
            }
            parameter.setRequiresGradient(true);
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
