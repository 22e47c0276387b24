"""The training step of PAE-NMF in PyTorch without autograd: the backward pass by hand, all parameters in one buffer.

Residual form makes V - H Wf^T, as a user would; Gram form, which paenmf has, never does: P = V [Wl Wk Wf] and
Q = V^T [dl dk H] are the only products with V.
"""
import math

import oracle
import torch


class ManualTraining:
    """As Training of pytorch_peer.py: run() makes a step, on given noise where there is eps."""

    def __init__(self, v, parameters, settings, rates, gram, eps):
        self.v, self.gram, self.eps = v, gram, eps
        (self.n, m), self.r = v.shape, parameters["W_f"].shape[1]
        self.lambda_min, self.shape_min = settings["lambda_min"], settings["shape_min"]
        self.variance = settings["sigma"] ** 2
        self.input_scale = 1 / math.sqrt(m)
        self.squared_norm = float(v.double().square().sum())
        self.values = torch.empty(3 * self.r * m + 2 * self.r, device=v.device)
        self.gradient, self.rate = torch.empty_like(self.values), torch.empty_like(self.values)
        self.mean, self.square = torch.zeros_like(self.values), torch.zeros_like(self.values)
        self.w, self.b = self.split(self.values)
        self.d_w, self.d_b = self.split(self.gradient)
        for rows, name in zip(self.w.split(self.r), ("W_lambda", "W_k", "W_f")):
            rows.copy_(torch.from_numpy(parameters[name]).t())
        for part, name in zip(self.b.split(self.r), ("b_lambda", "b_k")):
            part.copy_(torch.from_numpy(parameters[name]))
        encoder, bias, decoder = rates
        rate_w, rate_b = self.split(self.rate)
        rate_w[:2 * self.r] = encoder
        rate_w[2 * self.r:] = torch.as_tensor(decoder, dtype=torch.float32)
        rate_b.fill_(bias)
        self.steps = 0
        self.losses = None

    def split(self, buffer):
        """[Wl; Wk; Wf], 3r x m, and [bl; bk] in a buffer."""
        return buffer[:-2 * self.r].view(3 * self.r, -1), buffer[-2 * self.r:]

    @torch.no_grad()
    def run(self):
        r, v, w, n = self.r, self.v, self.w, self.n
        w_f = w[2 * r:]
        if self.gram:
            p = v @ w.t()
            a = torch.add(self.b, p[:, :2 * r], alpha=self.input_scale)
        else:
            a = torch.addmm(self.b, v, w[:2 * r].t(), alpha=self.input_scale)
        scale = a[:, :r].clamp(self.lambda_min, oracle.LAMBDA_MAX)
        k = a[:, r:].clamp(min=self.shape_min)
        eps = torch.rand_like(scale).clamp_(2.0 ** -24, 1 - 2.0 ** -24) if self.eps is None else self.eps
        e = -torch.log(eps)
        inverse = 1 / k
        power = e ** inverse
        h = scale * power
        if self.gram:
            d_h = torch.addmm(p[:, 2 * r:], h, w_f @ w_f.t(), beta=-1)
            # In double precision, as the terms nearly cancel where the fit is good.
            squared_error = self.squared_norm + (h * (d_h - p[:, 2 * r:])).sum(dtype=torch.float64)
        else:
            residual = torch.addmm(v, h, w_f, beta=-1)
            # A dot product adds up in float32, 2e-4 off over 4e7 elements; in pieces it is as fast.
            squared_error = sum(torch.dot(piece, piece) for piece in residual.view(-1).split(1 << 20))
            d_h = residual @ w_f.t()
        d_h /= self.variance
        gamma = torch.exp(torch.lgamma(1 + inverse))
        kl = (torch.log(k) - torch.log(scale) + oracle.EULER_GAMMA * inverse + scale * gamma).sum()
        square = inverse * inverse
        d_lambda = d_h * power + gamma - 1 / scale
        d_k = inverse - (d_h * h * torch.log(e) + oracle.EULER_GAMMA
                         + scale * gamma * torch.digamma(1 + inverse)) * square
        d_a = torch.cat([d_lambda * (scale == a[:, :r]), d_k * (k == a[:, r:])], 1)
        if self.gram:
            torch.mm(torch.cat([d_a, h], 1).t(), v, out=self.d_w)
            self.d_w[:2 * r] *= self.input_scale / n
            d_f = self.d_w[2 * r:]
            d_f.addmm_(h.t() @ h, w_f, beta=-1).mul_(1 / (self.variance * n))
        else:
            torch.mm(d_a.t(), v, out=self.d_w[:2 * r]).mul_(self.input_scale / n)
            torch.mm(h.t(), residual, out=self.d_w[2 * r:]).mul_(1 / (self.variance * n))
        torch.sum(d_a, 0, out=self.d_b).div_(n)
        self.adam()
        w_f.clamp_(min=0)
        self.losses = squared_error / (2 * self.variance * n), kl / n - r * (oracle.EULER_GAMMA + 1)

    def adam(self):
        self.steps += 1
        self.mean.lerp_(self.gradient, 0.1)
        self.square.mul_(0.999).addcmul_(self.gradient, self.gradient, value=0.001)
        denominator = self.square.sqrt().div_(math.sqrt(1 - 0.999 ** self.steps)).add_(1e-8)
        self.values.addcdiv_(self.mean * self.rate, denominator, value=-1 / (1 - 0.9 ** self.steps))

    def synchronise(self):
        if self.v.is_cuda:
            torch.cuda.synchronize()
