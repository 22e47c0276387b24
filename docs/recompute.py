#!/usr/bin/env python3
"""Computes with NumPy what paenmf computes, from a model file and the data alone.

    recompute.py MODEL.npz DATA.npy [LATENT.npz]

prints a JSON object with errors, KL divergence and, of variational NMF, objective and ELBO as `paenmf evaluate` does;
with LATENT.npz, which `paenmf transform MODEL DATA -o LATENT.npz` wrote, also the largest difference to each array in
it. It takes models of pae with ReLU heads and of vb without known weights, with a Gaussian likelihood, of dense data
without missing values, scaling, weights or covariates; intervals by rotation or sampling are not among what it computes.
Equations are those of docs/architecture.md and the paper, arrays those of ModelFile.
"""

import json
import sys

import numpy as np

EULER_GAMMA = 0.5772156649015329


def log_gamma(x):
    """Stirling's series at x + 10, taken back to x > 0."""
    product = np.ones_like(x)
    for i in range(10):
        product = product * (x + i)
    z = x + 10
    series = 1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5)
    return (z - 0.5) * np.log(z) - z + 0.5 * np.log(2 * np.pi) + series - np.log(product)


def gamma(x):
    return np.exp(log_gamma(x))


def weibull_mean(scale, k):
    return scale * gamma(1 + 1 / k)


def weibull_quantile(scale, k, q):
    return scale * (-np.log1p(-q)) ** (1 / k)


# PAE-NMF: one pass through the encoder, and the objective of equations 1 to 4.


def encode(model, settings, data_scale, data):
    """Scale and shape of every coefficient, samples × components: equation 4."""
    x = data / (data_scale * np.sqrt(data.shape[1]))
    scale = np.maximum(x @ model["W_lambda"] + model["b_lambda"], settings["lambda_min"])
    k = np.maximum(x @ model["W_k"] + model["b_k"], settings["shape_min"])
    return scale, k


def weibull_divergence(scale, k, prior_scale, prior_k):
    """KL of Weibull(k, scale) from Weibull(prior_k, prior_scale), in nats: equation 3."""
    return (np.log(k) - k * np.log(scale) - np.log(prior_k) + prior_k * np.log(prior_scale)
            + (k - prior_k) * (np.log(scale) - EULER_GAMMA / k)
            + (scale / prior_scale) ** prior_k * gamma(prior_k / k + 1) - 1)


# Variational NMF: coordinate ascent over the coefficients of each row, W being known.


def best_posterior(beta):
    """Of one coefficient, in units of 1/√A: y and k that minimise f, and f itself; by golden section in ln k."""

    def cost(log_k):
        k = np.exp(log_k)
        g1, g2 = gamma(1 + 1 / k), gamma(1 + 2 / k)
        y = (beta * g1 + np.sqrt((beta * g1) ** 2 + 4 * g2)) / (2 * g2)
        return y * y * g2 / 2 - beta * y * g1 + log_k - np.log(y) + EULER_GAMMA / k, y

    ratio = (np.sqrt(5) - 1) / 2
    low, high = np.zeros_like(beta), np.log(2 + 2 * np.abs(beta))
    for _ in range(45):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        left = cost(a)[0] < cost(b)[0]
        low, high = np.where(left, low, a), np.where(left, b, high)
    f, y = cost((low + high) / 2)
    return y, np.exp((low + high) / 2), f


class RowPosterior:
    """λ, k and the probability p not to be 0 of every coefficient of rows."""

    def __init__(self, model, metadata, data):
        w = model["W_f"].astype(float)
        self.v = data / metadata["data_scale"]
        self.noise = metadata["squared_sigma"]
        self.gram = w.T @ w + np.diag(model["W_variance"].sum(0, dtype=float))
        projection = self.v @ w
        share = model["coefficient_inclusion"] if metadata["zeros"] else None
        log_odds = np.log(share / (1 - share)) if metadata["zeros"] else np.full(w.shape[1], np.inf)
        n, r = projection.shape
        self.scale, self.k, self.p, self.divergence = np.empty((4, n, r))
        self.mean = np.repeat(projection.sum(1, keepdims=True) / self.gram.sum(), r, 1)
        for _ in range(500):
            before = self.mean.copy()
            for j in range(r):
                self.update(j, projection[:, j], log_odds[j])
            if np.all(np.abs(self.mean - before).max(1) <= 1e-7 * self.mean.max(1)):
                break
        second = self.p * self.scale**2 * gamma(1 + 2 / self.k)
        self.variance = second - self.mean**2

    def update(self, j, projection, log_odds):
        others = self.mean @ self.gram[:, j] - self.mean[:, j] * self.gram[j, j]
        root = np.sqrt(self.gram[j, j] / self.noise)
        y, self.k[:, j], f = best_posterior(((projection - others) / self.noise - 1) / root)
        self.scale[:, j] = y / root
        p = self.p[:, j] = 1 / (1 + np.exp(f + np.log(root) - EULER_GAMMA - 1 - log_odds))
        self.mean[:, j] = p * weibull_mean(self.scale[:, j], self.k[:, j])
        slab = weibull_divergence(self.scale[:, j], self.k[:, j], 1, 1)
        share = 1 / (1 + np.exp(-log_odds))
        self.divergence[:, j] = mixture_divergence(p, slab, share)


def mixture_divergence(p, slab, share):
    """KL of (1 - p)·δ₀ + p·Weibull from (1 - π)·δ₀ + π·exponential, in nats; `slab` is that of the Weibull alone."""
    with np.errstate(divide="ignore", invalid="ignore"):
        zero = np.where(p < 1, (1 - p) * np.log((1 - p) / (1 - share)), 0)
        other = np.where(p > 0, p * (np.log(p / share) + slab), 0)
    return zero + other


def weibull_of_moments(mean, second):
    """Scale and shape of the Weibull distribution with these moments: E[x²]/E[x]² falls as k grows."""
    low, high = np.full_like(mean, np.log(0.05)), np.full_like(mean, np.log(1e8))
    for _ in range(80):
        middle = (low + high) / 2
        k = np.exp(middle)
        above = log_gamma(1 + 2 / k) - 2 * log_gamma(1 + 1 / k) > np.log(second / mean**2)
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    k = np.exp((low + high) / 2)
    return mean / gamma(1 + 1 / k), k


def basis_divergence(model):
    """KL of every weight's posterior from its prior, of which the file has mean, variance and p."""
    mean, variance, p = (model[name].astype(float) for name in ("W_f", "W_variance", "W_inclusion"))
    scale, k = weibull_of_moments(mean / p, (variance + mean**2) / p)
    return mixture_divergence(p, weibull_divergence(scale, k, model["prior_mean"], 1), model["prior_inclusion"])


def interval_bounds(rows, model, metadata, level=0.9):
    """Bounds by the model's own method: mean-field, conditional or joint."""
    method = metadata["intervals"]
    variance = rows.variance.copy()
    if method in ("conditional", "joint"):  # what the coefficients of a row trade with each other
        information = rows.gram / rows.noise
        for row, own in zip(variance, rows.variance):
            stiffness = np.maximum(1 / own - np.diag(information), 1e-9 / own)
            row[:] = np.maximum(own, np.diag(np.linalg.inv(information + np.diag(stiffness))))
    if method == "joint":  # and what both factors trade
        variance += np.einsum("nk,jkl,nl->nj", rows.mean, model["coefficient_blocks"], rows.mean)
    mean = rows.mean / rows.p
    second = (rows.variance + rows.mean**2) / rows.p + variance - rows.variance
    scale, k = weibull_of_moments(mean, second)
    tail = (1 - level) / 2
    return [weibull_quantile(scale, k, np.maximum(0, (q - 1 + rows.p) / rows.p)) for q in (tail, 1 - tail)]


# Scores, as `paenmf evaluate` names them.


def relative_error(data, h, basis):
    return float(np.linalg.norm(data - h @ basis.T) / np.linalg.norm(data))


def of_encoder(model, metadata, data):
    settings = metadata["configuration"]
    scale, k = encode(model, settings, metadata["data_scale"], data)
    basis = model["W_f"] * metadata["data_scale"]
    median, mean = weibull_quantile(scale, k, 0.5), weibull_mean(scale, k)
    kl = weibull_divergence(scale, k, settings["prior_scale"], settings["prior_shape"]).sum(1).mean()
    latent = {"lambda": scale, "k": k, "median": median, "mean": mean}
    latent["lower"], latent["upper"] = (weibull_quantile(scale, k, q) for q in (0.05, 0.95))
    return latent, {
        "relativeErrorMedian": relative_error(data, median, basis),
        "relativeErrorMean": relative_error(data, mean, basis),
        "klPerSample": float(kl),
    }


def of_variational(model, metadata, data):
    rows = RowPosterior(model, metadata, data)
    n, m = data.shape
    w = model["W_f"].astype(float)
    squared_error = (np.sum((rows.v - rows.mean @ w.T) ** 2)
                     + np.sum(rows.variance @ (w**2 + model["W_variance"]).T)
                     + np.sum(rows.mean**2 @ model["W_variance"].T))
    noise = metadata["squared_sigma"]
    reconstruction = (squared_error / (2 * noise) + n * m / 2 * np.log(2 * np.pi * noise)) / n
    kl = rows.divergence.sum() / n
    latent = {"lambda": rows.scale, "k": rows.k, "mean": rows.mean}
    if metadata["zeros"]:
        latent["inclusion"] = rows.p
    if metadata["intervals"] in ("mean-field", "conditional", "joint"):
        latent["lower"], latent["upper"] = interval_bounds(rows, model, metadata)
    return latent, {
        "relativeErrorMean": relative_error(data, rows.mean, w * metadata["data_scale"]),
        "klPerSample": float(kl),
        "reconstructionPerSample": float(reconstruction),
        "objective": float(reconstruction + kl),
        "elbo": float(-(reconstruction + kl) / m),
        "klOfBasis": float(basis_divergence(model).sum()),
    }


def require_known(model, metadata):
    """Ends where a model is not among those that the head of this program names."""
    configuration = metadata.get("configuration", {})
    unknown = {
        f"of {metadata.get('algorithm')}": metadata.get("algorithm", "pae") not in ("pae", "vb"),
        "of counts": configuration.get("likelihood", "gaussian").lower() != "gaussian",
        "with softplus heads": configuration.get("heads", "relu").lower() != "relu",
        "with hidden layers": bool(configuration.get("hidden")),
        "with known weights": "fixed_basis" in model,
        "of data with missing values": configuration.get("missing", "none").lower() != "none",
        "with scaling, weights or covariates": metadata["version"] != 1,
    }
    for what, present in unknown.items():
        if present:
            sys.exit(f"recompute.py: knows no models {what}")


def main(model_file, data_file, latent_file=None):
    model = np.load(model_file)
    metadata = json.loads(str(model["metadata"]))
    require_known(model, metadata)
    data = np.load(data_file).astype(float)
    kind = of_variational if metadata.get("algorithm") == "vb" else of_encoder
    latent, result = kind(model, metadata, data)
    if latent_file:
        written = np.load(latent_file)
        result["differences"] = {name: float(np.abs(values - written[name]).max()) for name, values in latent.items()}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
