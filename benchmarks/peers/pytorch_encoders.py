"""The encoders of paenmf with hidden layers, in PyTorch: a training step of PAE-NMF, and the encoder of posteriors of vb.

  pytorch_encoders.py step MODEL.npz LATENT.npz DATA.npy [--compile]      steps from the parameters of a fit of pae
  pytorch_encoders.py encode MODEL.npz LATENT.npz DATA.npy ROWS           the encoder of a fit of vb, over so many rows
  pytorch_encoders.py betas MODEL.npz LATENT.npz DATA.npy ROWS            the same without what follows from its output

Serves as serving.py says. What it makes of the data first is held against LATENT.npz, which `paenmf transform` (of vb with
--encoder) has written: λ and k, and of vb the probability p not to be 0.
"""
import json
import math
import pathlib
import re
import sys

import numpy as np
import serving
import torch
from torch import nn

mode, model_file, latent_file, data_file, *rest = sys.argv[1:]
model, latent = np.load(model_file), np.load(latent_file)
settings = json.loads(str(model["metadata"]))
data = torch.from_numpy(np.load(data_file))
v = data / np.float32(settings["data_scale"])
basis = torch.from_numpy(model["W_f"])
rank = basis.shape[1]


# rows of β that are turned into posteriors at once
AT_ONCE = 4096
SOURCE = pathlib.Path(__file__).resolve().parents[2] / "java/core/src/main/java/io/github/paenmf/math/PosteriorCoefficients.java"
POLYNOMIALS = {name: np.array([float(value.rstrip("f")) for value in values.replace(",", " ").split()])
               for name, values in re.findall(r"float\[\] (\w+) = \{(.*?)\}", SOURCE.read_text(), re.DOTALL)}


def layer(weights, biases):
    """A linear layer of weights, inputs × units."""
    made = nn.Linear(*weights.shape)
    with torch.no_grad():
        made.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights.T)))
        made.bias.copy_(torch.from_numpy(biases))
    return made


def hidden(names):
    """Linear layers with ReLU, as long as the model has them."""
    layers = []
    while names(len(layers) // 2 + 1)[0] in model:
        weights, biases = (model[name] for name in names(len(layers) // 2 + 1))
        layers += [layer(weights, biases), nn.ReLU()]
    return layers


class PaeNmf(nn.Module):
    """Hidden layers, heads, a Weibull sample, a non-negative linear decoder."""

    def __init__(self):
        super().__init__()
        heads = layer(np.hstack([model["W_lambda"], model["W_k"]]), np.hstack([model["b_lambda"], model["b_k"]]))
        self.encoder = nn.Sequential(*hidden(lambda l: (f"W_hidden_{l}", f"b_hidden_{l}")), heads)
        self.decoder = nn.Parameter(basis.clone())
        c = settings["configuration"]
        self.lambda_min, self.shape_min, self.precision = c["lambda_min"], c["shape_min"], 1 / (2 * c["sigma"] ** 2)

    def heads(self, x):
        scale, k = self.encoder(x).split(rank, dim=1)
        return scale.clamp(self.lambda_min, 1e3), k.clamp(min=self.shape_min)

    def forward(self, x):
        scale, k = self.heads(x / math.sqrt(x.shape[1]))
        eps = torch.rand_like(scale).clamp(min=2.0 ** -24, max=1 - 2.0 ** -24)
        h = scale * (-torch.log(eps)) ** (1 / k)
        error = (x - h @ self.decoder.t()).square().sum() * (self.precision / len(x))
        kl = (torch.log(k) - torch.log(scale) + 0.5772156649 / k + scale * torch.exp(torch.lgamma(1 + 1 / k))
              - 1.5772156649).sum() / len(x)
        return error, kl


def step():
    network = PaeNmf()
    with torch.no_grad():
        for name, found in zip(("lambda", "k"), network.heads(v / math.sqrt(v.shape[1]))):
            expected = torch.from_numpy(latent[name])
            off = ((found - expected).abs() / (1 + expected)).max()
            if not off < 1e-3:
                raise SystemExit(f"{name} is off by {off:.2g}")
    forward = network
    if "--compile" in rest:
        if not hasattr(torch, "compile"):
            raise SystemExit(f"torch.compile needs PyTorch 2, this is {torch.__version__}")
        forward = torch.compile(network, dynamic=False, fullgraph=True)
    optimiser = torch.optim.Adam([{"params": network.encoder.parameters(), "lr": 1e-3},
                                  {"params": [network.decoder], "lr": 1e-4}])

    def run():
        optimiser.zero_grad(set_to_none=True)
        error, kl = forward(v)
        (error + kl).backward()
        optimiser.step()
        with torch.no_grad():
            network.decoder.clamp_(min=0)
        return float(error), float(kl)

    return run


def encode():
    r"""β of rows, given V·W: u = A·c, s its root mean square, then hidden layers of [u/s, 0.1/s]."""
    whitening = torch.from_numpy(model["encoder_whitening"]).t().contiguous()
    layers = nn.Sequential(*[part for l in range(1, 9) if f"encoder_W_hidden_{l}" in model for part in (
        layer(model[f"encoder_W_hidden_{l}"].T, model[f"encoder_b_hidden_{l}"]), nn.ReLU())])
    output = torch.from_numpy(model["encoder_W_output"]).t().contiguous()
    bias = torch.from_numpy(model["encoder_b_output"])
    skip = torch.from_numpy(model["encoder_skip"]).t().contiguous()
    scale = np.float32(1 / settings["data_scale"])
    second_moments = (basis.double().square().sum(0) + torch.from_numpy(model["W_variance"]).double().sum(0))
    root = torch.sqrt(second_moments / settings["squared_sigma"])
    share = torch.from_numpy(model["coefficient_inclusion"]).double()
    mean_unit = (1 / root).float()
    odds = (torch.log(share / (1 - share)) - torch.log(root) + 0.5772156649 + 1).float()

    def betas(rows):
        c = (rows @ basis) * scale
        u = c @ whitening
        size = u.square().mean(dim=1, keepdim=True).sqrt() + 1e-3
        z = torch.cat([u / size, 0.1 / size], dim=1)
        return torch.addmm(size * (layers(z) @ output) + bias, u, skip)

    def posteriors(rows):
        """λ, k and p; of some rows at a time, so that what is between stays in a cache."""
        found = torch.empty(3, len(rows), rank)
        for beta, *target in zip(betas(rows).split(AT_ONCE), *(each.split(AT_ONCE) for each in found)):
            for values, into in zip(of_betas(beta, mean_unit, odds), target):
                into.copy_(values)
        return found

    with torch.inference_mode():
        for name, found in zip(("lambda", "k", "inclusion"), posteriors(data)):
            if name in latent:
                expected = torch.from_numpy(latent[name])
                off = ((found - expected).abs() / (1 + expected)).max()
                if not off < 1e-2:  # β is the sum of much larger numbers
                    raise SystemExit(f"{name} is off by {off:.2g}")
    many = data[torch.arange(int(rest[0])) % len(data)]
    what = posteriors if mode == "encode" else betas

    def run():
        with torch.inference_mode():
            return what(many)

    return run


def of_betas(beta, mean_unit, odds):
    """λ, k and p of coefficients by β, by the polynomials of paenmf."""
    beta = beta.clamp(-1e18, 1e18)
    middle, far = beta > 0.5, beta > 2.5
    w = math.sqrt(12) / (torch.sqrt(beta * beta + 12) + torch.where(middle, beta, -beta))
    inner = beta - 1.5

    def pieces(name):
        return [horner(part, z) for part, z in zip(POLYNOMIALS[name].reshape(3, -1), (w, inner, w))]

    first, second, third = pieces("MEAN")
    mean = torch.where(far, beta - third * w, torch.where(middle, beta - second, first * w))
    first, second, third = pieces("SHAPE")
    k = torch.where(far, third / w, torch.where(middle, second, first))
    first, second, third = pieces("COST")
    cost = torch.where(middle, torch.where(far, third, second) - 0.5 * beta * beta, first - torch.log(w))
    scale = mean / torch.exp(torch.lgamma(1 + 1 / k)) * mean_unit
    return scale, k, torch.sigmoid(odds - cost)


def horner(coefficients, z):
    total = torch.full_like(z, coefficients[-1].item())
    for coefficient in reversed(coefficients[:-1].tolist()):
        total.mul_(z).add_(coefficient)
    return total


if __name__ == "__main__":
    run = step() if mode == "step" else encode()
    losses = [run()] if mode == "step" else []
    for _ in range(5):
        run()
    serving.serve(losses, f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", run)
