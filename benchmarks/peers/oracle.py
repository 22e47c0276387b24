"""PAE-NMF in NumPy and float64: the same start, noise, rates and steps as paenmf, to hold losses against.

Written from the equations in docs/architecture.md and in residual form (V - H Wf^T is formed), so that it shares no
derivation with the Gram form of paenmf. Default prior (k0 = lambda0 = 1), ReLU heads, adam on all rows.
Symbols and shapes: V n x m; Wl, Wk, Wf m x r; bl, bk r; lambda, k, eps, h n x r.

  oracle.py DATA.npy RANK STEPS PROBLEM.npz   writes what a peer starts from, and prints the losses of the first steps
"""
import json
import math
import sys

import numpy as np

EULER_GAMMA = 0.57721566490153286
LAMBDA_MAX = 1e3
DEFAULTS = {"encoder_rate": 0.1, "bias_rate": 0.02, "decoder_rate": 0.05, "sigma": 0.1, "lambda_min": 1e-3,
            "shape_min": 0.3, "train_on": "sample", "seed": 0}
TRAINING, INITIALISATION = 0, 1  # what a stream of noise is for


def philox(seed, rows, step, purpose, count):
    """Uniforms in (0, 1), rows x count: Philox4x32-10, counter = (row, column block, step, purpose), key = seed."""
    blocks = -(-count // 4)
    row, block = np.meshgrid(np.asarray(rows, np.uint64), np.arange(blocks, dtype=np.uint64), indexing="ij")
    low = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    x0, x1 = row & low, block
    x2 = np.full_like(row, step)
    x3 = ((row >> shift) << np.uint64(8)) & low | np.uint64(purpose)
    key0, key1 = seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF
    for _ in range(10):
        product0, product1 = np.uint64(0xD2511F53) * x0, np.uint64(0xCD9E8D57) * x2
        x0, x1, x2, x3 = (product1 >> shift) ^ x1 ^ np.uint64(key0), product1 & low, \
            (product0 >> shift) ^ x3 ^ np.uint64(key1), product0 & low
        key0, key1 = (key0 + 0x9E3779B9) & 0xFFFFFFFF, (key1 + 0xBB67AE85) & 0xFFFFFFFF
    words = np.stack([x0, x1, x2, x3], axis=2).reshape(len(row), -1)[:, :count]
    return ((words >> np.uint64(9)).astype(np.float64) + 0.5) * 2.0 ** -23


def gamma_digamma(x):
    """Gamma(1 + x) and psi(1 + x) for x > 0, by the asymptotic series at 9 + x."""
    z = x + 9
    logs, inverses = np.zeros_like(x), np.zeros_like(x)
    for i in range(1, 9):
        logs += np.log(x + i)
        inverses += 1 / (x + i)
    w = 1 / (z * z)
    series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w / 1680))) / z
    log_gamma = (z - 0.5) * np.log(z) - z + 0.5 * math.log(2 * math.pi) + series - logs
    digamma = np.log(z) - 0.5 / z - w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w / 240))) - inverses
    return np.exp(log_gamma), digamma


class Statistics:
    """What start and rates need of the data; scale is their root mean square unless a model has its own."""

    def __init__(self, data, scale=None):
        squares = sum(float(np.einsum("ij,ij->", block, block, dtype=np.float64)) for block in row_blocks(data))
        self.scale = scale or math.sqrt(squares / data.size)
        self.feature_means = data.mean(axis=0, dtype=np.float64) / self.scale
        self.mean_input_norm = self.feature_means.sum() / math.sqrt(data.shape[1])


def row_blocks(data, rows=4096):
    return (data[i:i + rows] for i in range(0, len(data), rows))


def initial_parameters(rank, statistics, seed):
    """Wl, Wk ~ N(0, 0.1^2), Wf ~ U(0, 2) mean_j(V)/r, biases 1: as paenmf starts with this seed."""
    means = statistics.feature_means
    uniforms = philox(seed, np.arange(len(means)), 0, INITIALISATION, 5 * rank)
    radius = np.sqrt(-2 * np.log(uniforms[:, 0:4 * rank:2]))
    heads = 0.1 * radius * np.cos(2 * np.pi * uniforms[:, 1:4 * rank:2])
    decoder = 2 * uniforms[:, 4 * rank:] * means[:, None] / rank
    parameters = {"W_lambda": heads[:, :rank], "W_k": heads[:, rank:], "W_f": decoder,
                  "b_lambda": np.ones(rank), "b_k": np.ones(rank)}
    return {name: value.astype(np.float32) for name, value in parameters.items()}


def noise(settings, rows, rank, step):
    """eps of one step, n x r."""
    if settings["train_on"] == "median":
        return np.full((rows, rank), 0.5)
    return philox(settings["seed"], np.arange(rows), step, TRAINING, rank)


def rates(settings, statistics, rank):
    """Learning rates: of the head weights, of the biases, and of Wf, one a feature."""
    return (settings["encoder_rate"] / statistics.mean_input_norm, settings["bias_rate"],
            settings["decoder_rate"] * statistics.feature_means / rank)


def gradients(v, parameters, eps, settings):
    """Reconstruction and KL per sample, and the gradient of their sum by each parameter; v in units of its scale."""
    n, m = v.shape
    w_lambda, w_k, w_f = (parameters[name] for name in ("W_lambda", "W_k", "W_f"))
    input_scale = 1 / math.sqrt(m)
    a_lambda = input_scale * (v @ w_lambda) + parameters["b_lambda"]
    a_k = input_scale * (v @ w_k) + parameters["b_k"]
    scale, k = np.clip(a_lambda, settings["lambda_min"], LAMBDA_MAX), np.maximum(a_k, settings["shape_min"])
    log_e = np.log(-np.log(eps))
    power = np.exp(log_e / k)
    h = scale * power
    residual = h @ w_f.T - v
    gamma, digamma = gamma_digamma(1 / k)
    variance = settings["sigma"] ** 2
    reconstruction = float(np.einsum("ij,ij->", residual, residual)) / (2 * variance * n)
    kl = float(np.sum(np.log(k) - np.log(scale) + EULER_GAMMA / k + scale * gamma - EULER_GAMMA - 1)) / n
    d_h = residual @ w_f / variance
    d_lambda = (d_h * power + gamma - 1 / scale) * (scale == a_lambda)
    d_k = (-d_h * h * log_e / k ** 2 + 1 / k - (EULER_GAMMA + scale * gamma * digamma) / k ** 2) * (k == a_k)
    return reconstruction, kl, {
        "W_lambda": input_scale / n * (v.T @ d_lambda), "W_k": input_scale / n * (v.T @ d_k),
        "W_f": residual.T @ h / (variance * n), "b_lambda": d_lambda.sum(0) / n, "b_k": d_k.sum(0) / n}


def train(data, rank, steps, settings, parameters=None, scale=None, first_step=0):
    """Losses of `steps` steps of adam on all rows: a list of (reconstruction, KL) before each update."""
    statistics = Statistics(data, scale)
    encoder_rate, bias_rate, decoder_rate = rates(settings, statistics, rank)
    rate = {"W_lambda": encoder_rate, "W_k": encoder_rate, "b_lambda": bias_rate, "b_k": bias_rate,
            "W_f": decoder_rate[:, None]}
    start = parameters or initial_parameters(rank, statistics, settings["seed"])
    values = {name: np.array(value, np.float64) for name, value in start.items()}
    v = data.astype(np.float64) / statistics.scale
    mean = {name: np.zeros_like(value) for name, value in values.items()}
    square = {name: np.zeros_like(value) for name, value in values.items()}
    losses = []
    for t in range(1, steps + 1):
        eps = noise(settings, len(v), rank, first_step + t - 1)
        reconstruction, kl, gradient = gradients(v, values, eps, settings)
        losses.append((reconstruction, kl))
        for name, g in gradient.items():
            mean[name] += 0.1 * (g - mean[name])
            square[name] += 0.001 * (g * g - square[name])
            values[name] -= rate[name] * mean[name] / (1 - 0.9 ** t) / (np.sqrt(square[name] / (1 - 0.999 ** t)) + 1e-8)
        np.maximum(values["W_f"], 0, out=values["W_f"])
    return losses


def read_model(file):
    """A model of paenmf: settings, parameters, data scale, steps done before its history, and that history."""
    with np.load(file) as arrays:
        metadata = json.loads(str(arrays["metadata"]))
        configuration = metadata["configuration"]
        if (configuration["optimiser"], configuration["heads"], configuration["decoder_update"]) != \
                ("adam", "relu", "projected") or not configuration["kl"] or configuration["batch_rows"] \
                or (configuration["prior_shape"], configuration["prior_scale"]) != (1, 1):
            raise SystemExit(f"{file}: only adam on all rows with relu heads, projected Wf and the default prior")
        settings = {name: configuration[name] for name in DEFAULTS}
        parameters = {name: arrays[name] for name in ("W_lambda", "W_k", "W_f", "b_lambda", "b_k")}
        history = list(zip(arrays["history_reconstruction"].tolist(), arrays["history_kl"].tolist()))
        return settings, parameters, metadata["data_scale"], metadata["previous_epochs"], history


def write_problem(data, rank, steps, file):
    """Scaled data, start, rates, constants and the noise of the first steps, in float32, for peers in any language; the
    losses of those steps. Peers with one rate a parameter hold Wf as decoder * decoder_scale."""
    settings = DEFAULTS
    statistics = Statistics(data)
    parameters = initial_parameters(rank, statistics, settings["seed"])
    encoder_rate, bias_rate, decoder_rates = rates(settings, statistics, rank)
    decoder_scale = (decoder_rates / settings["decoder_rate"]).astype(np.float32)[:, None]
    decoder = np.divide(parameters["W_f"], decoder_scale, out=np.zeros_like(parameters["W_f"]), where=decoder_scale > 0)
    scalars = {"encoder_rate": encoder_rate, "bias_rate": bias_rate, "decoder_rate": settings["decoder_rate"],
               "sigma": settings["sigma"], "lambda_min": settings["lambda_min"], "lambda_max": LAMBDA_MAX,
               "shape_min": settings["shape_min"]}
    np.savez(file, v=data / np.float32(statistics.scale), decoder=decoder, decoder_scale=decoder_scale,
             noise=np.stack([noise(settings, len(data), rank, step) for step in range(steps)]).astype(np.float32),
             **parameters, **{name: np.array([value], np.float32) for name, value in scalars.items()})
    return train(data, rank, steps, settings, parameters)


if __name__ == "__main__":
    data_file, rank_, steps_, problem_file = sys.argv[1:]
    print(json.dumps(write_problem(np.load(data_file), int(rank_), int(steps_), problem_file)))
