#!/usr/bin/env python3
"""The training step of PAE-NMF in NumPy and float32, in Gram form as paenmf has it, with SciPy's special functions.

  numpy_peer.py PROBLEM.npz   steps on demand of benchmarks/run-peers, of what oracle.py wrote
"""
import math
import sys

import numpy as np
import oracle
import serving
from scipy.special import gammaln, psi

f = np.float32
EULER_GAMMA = f(oracle.EULER_GAMMA)


class Training:
    def __init__(self, problem):
        self.v = problem["v"]
        (self.n, m), self.r = self.v.shape, problem["W_f"].shape[1]
        self.lambda_min, self.lambda_max, self.shape_min = (problem[x] for x in ("lambda_min", "lambda_max", "shape_min"))
        self.variance = problem["sigma"].item() ** 2
        self.input_scale = f(1 / math.sqrt(m))
        self.squared_norm = float(np.sum(np.square(self.v), dtype=np.float64))
        self.w = np.vstack([problem[name].T for name in ("W_lambda", "W_k", "W_f")])
        self.b = np.concatenate([problem["b_lambda"], problem["b_k"]])
        decoder_rates = (problem["decoder_rate"] * problem["decoder_scale"])[:, 0]
        self.rate_w = np.vstack([np.broadcast_to(problem["encoder_rate"], (2 * self.r, m)),
                                 np.broadcast_to(decoder_rates, (self.r, m))])
        self.moments = [(np.zeros_like(x), np.zeros_like(x)) for x in (self.w, self.b)]
        self.rates = [self.rate_w, problem["bias_rate"]]
        self.random = np.random.Generator(np.random.SFC64(0))
        self.steps = 0

    def step(self, eps=None):
        r, n, w_f = self.r, self.n, self.w[2 * self.r:]
        p = self.v @ self.w.T
        a = self.input_scale * p[:, :2 * r] + self.b
        c = p[:, 2 * r:]
        scale = np.clip(a[:, :r], self.lambda_min, self.lambda_max)
        k = np.maximum(a[:, r:], self.shape_min)
        if eps is None:
            eps = np.maximum(self.random.random((n, r), dtype=f), f(2.0 ** -24))
        e = -np.log(eps)
        inverse = 1 / k
        power = e ** inverse
        h = scale * power
        d_h = h @ (w_f @ w_f.T) - c
        # In double precision, as the terms nearly cancel where the fit is good.
        squared_error = self.squared_norm + float(np.sum(h * (d_h - c), dtype=np.float64))
        d_h *= f(1 / self.variance)
        gamma = np.exp(gammaln(1 + inverse))
        kl = float(np.sum(np.log(k) - np.log(scale) + EULER_GAMMA * inverse + scale * gamma))
        s = np.empty((n, 3 * r), f)
        s[:, :r] = (d_h * power + gamma - 1 / scale) * (scale == a[:, :r])
        s[:, r:2 * r] = (inverse - (d_h * h * np.log(e) + EULER_GAMMA + scale * gamma * psi(1 + inverse))
                         * (inverse * inverse)) * (k == a[:, r:])
        s[:, 2 * r:] = h
        d_w = s.T @ self.v
        d_w[:2 * r] *= self.input_scale / f(n)
        d_w[2 * r:] = ((h.T @ h) @ w_f - d_w[2 * r:]) * f(1 / (self.variance * n))
        self.adam(d_w, s[:, :2 * r].sum(0) / f(n))
        np.maximum(w_f, 0, out=w_f)
        return squared_error / (2 * self.variance * n), kl / n - r * (oracle.EULER_GAMMA + 1)

    def adam(self, *gradients):
        self.steps += 1
        for values, gradient, (mean, square), rate in zip((self.w, self.b), gradients, self.moments, self.rates):
            mean += f(0.1) * (gradient - mean)
            square += f(0.001) * (gradient * gradient - square)
            denominator = np.sqrt(square) * f(1 / math.sqrt(1 - 0.999 ** self.steps)) + f(1e-8)
            values -= rate * f(1 / (1 - 0.9 ** self.steps)) * mean / denominator


with np.load(sys.argv[1]) as arrays:
    problem_ = dict(arrays)
training = Training(problem_)
first_losses = [training.step(noise) for noise in problem_["noise"]]
serving.serve(first_losses, f"NumPy {np.__version__}", training.step)
