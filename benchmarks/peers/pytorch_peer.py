#!/usr/bin/env python3
"""The training step of PAE-NMF in PyTorch, as a user of PyTorch would write it: autograd, torch.optim.Adam, full batch.

It starts from the parameters that paenmf starts from, trains with the same rates, and before it is timed its losses
on given noise are held against the NumPy oracle and, where a model file of paenmf is given, against that fit's own.

  pytorch_peer.py DATA.npy:RANK ... [--device cpu|cuda] [--mode eager compiled ...] [--precision fp32 tf32] [--seconds N]
  pytorch_peer.py DATA.npy:RANK --model fit.npz [--initial before.npz]
  pytorch_peer.py PROBLEM.npz --serve --mode MODE   steps on demand of benchmarks/run-peers, of what oracle.py wrote

Modes:
  eager            the step as written
  two-layers       the same with a linear layer for each head
  manual           a backward pass by hand and adam on one buffer, without autograd
  gram             the same in Gram form, in which V enters two products rather than five
  graph            the same step, captured whole in one CUDA graph (cuda only)
  compiled         forward and backward by torch.compile, on cuda with mode="reduce-overhead" (its own CUDA graphs)
  compiled-graph   forward and backward by torch.compile, and the whole step in one CUDA graph (cuda only)

Prints one JSON object per line. Times are of steps back to back, as training runs them, so V is in the L2 cache where
it fits; CUDA events on cuda, the wall clock on the CPU. What fails is a line with "error"; the rest goes on.
"""
import argparse
import json
import math
import os
import platform
import statistics
import sys
import time
import traceback

CPU_ENVIRONMENT = {  # glibc gives freed memory back by default, and PyTorch on the CPU then pays for page faults
    "MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000", "MALLOC_TOP_PAD_": "67108864"}
MODES = ("eager", "two-layers", "manual", "gram", "graph", "compiled", "compiled-graph")
STEPS_CHECKED = 10
STEPS_CHECKED_LARGE = 3
LARGE = 5e7  # elements of V
BLOCKS = 25  # of steps, each timed as one; the quartiles are over blocks


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", metavar="DATA.npy:RANK", help="float32, samples x features, and the rank")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--mode", nargs="+", choices=MODES, default=["eager"])
    parser.add_argument("--precision", nargs="+", choices=["fp32", "tf32"], default=["fp32"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=math.inf, help="start nothing new after so many seconds")
    parser.add_argument("--block-ms", type=float, default=20, help="length of a timed block of steps")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the CPU")
    parser.add_argument("--model", help="a fit of paenmf on this data, whose losses are compared too")
    parser.add_argument("--initial", help="the model that fit went on from, where it was an update")
    parser.add_argument("--serve", action="store_true", help="answer RUN STEPS on stdin with milliseconds")
    return parser.parse_args()


options = arguments()
if options.device == "cpu" and any(os.environ.get(name) != value for name, value in CPU_ENVIRONMENT.items()):
    # Settings of OpenBLAS that are meant for other programs on this machine do not hold PyTorch back.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    os.execve(sys.executable, [sys.executable, *sys.argv], {**inherited, **CPU_ENVIRONMENT})
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, str(options.threads))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy as np  # noqa: E402  (the environment above must be settled before these load)
import oracle  # noqa: E402
import serving  # noqa: E402
import torch  # noqa: E402
from pytorch_manual import ManualTraining  # noqa: E402
from torch import nn  # noqa: E402

started = time.perf_counter()
device = torch.device(options.device)
cuda = options.device == "cuda"


class PaeNmf(nn.Module):
    """Two encoder heads side by side in one linear layer, a Weibull sample, a non-negative linear decoder.

    Wf = U * (mean_j(V)/r): U is what adam changes, with one rate, so that Wf moves by its own rate in each feature.
    """

    def __init__(self, parameters, settings, decoder_scale):
        super().__init__()
        m, self.rank = parameters["W_f"].shape
        self.heads = nn.Linear(m, 2 * self.rank)
        decoder_scale = decoder_scale[:, None]
        start = np.divide(parameters["W_f"], decoder_scale, out=np.zeros_like(parameters["W_f"]),
                          where=decoder_scale > 0)
        with torch.no_grad():
            self.heads.weight.copy_(torch.from_numpy(np.hstack([parameters["W_lambda"], parameters["W_k"]]).T))
            self.heads.bias.copy_(torch.from_numpy(np.hstack([parameters["b_lambda"], parameters["b_k"]])))
        self.decoder = nn.Parameter(torch.from_numpy(start))
        self.register_buffer("decoder_scale", torch.from_numpy(decoder_scale))
        self.lambda_min, self.shape_min = settings["lambda_min"], settings["shape_min"]
        self.precision = 1 / (2 * settings["sigma"] ** 2)
        self.input_scale = 1 / math.sqrt(m)

    def encode(self, v):
        return self.heads(v).split(self.rank, dim=1)

    def forward(self, v, eps=None):
        """Reconstruction and KL per sample; draws its noise where none is given."""
        scale, k = self.encode(v * self.input_scale)
        scale = scale.clamp(self.lambda_min, oracle.LAMBDA_MAX)
        k = k.clamp(min=self.shape_min)
        if eps is None:
            eps = torch.rand_like(scale).clamp(min=2.0 ** -24, max=1 - 2.0 ** -24)
        h = scale * (-torch.log(eps)) ** (1 / k)
        reconstructed = h @ (self.decoder * self.decoder_scale).t()
        reconstruction = (v - reconstructed).square().sum() * (self.precision / len(v))
        kl = (torch.log(k) - torch.log(scale) + oracle.EULER_GAMMA / k + scale * torch.exp(torch.lgamma(1 + 1 / k))
              - oracle.EULER_GAMMA - 1).sum() / len(v)
        return reconstruction, kl


class PaeNmfTwoLayers(PaeNmf):
    """The same with a layer for each head."""

    def __init__(self, parameters, settings, decoder_scale):
        super().__init__(parameters, settings, decoder_scale)
        layers = []
        for weight, bias in zip(self.heads.weight.chunk(2), self.heads.bias.chunk(2)):
            layer = nn.Linear(weight.shape[1], self.rank)
            layer.weight, layer.bias = (nn.Parameter(value.detach().clone()) for value in (weight, bias))
            layers.append(layer)
        self.heads = nn.ModuleList(layers)

    def encode(self, v):
        return (layer(v) for layer in self.heads)


class Training:
    """A model, its optimiser and one step of both; with eps for given noise, without for fresh noise."""

    def __init__(self, v, parameters, settings, rates, mode, eps=None):
        encoder, bias, decoder = rates
        network = PaeNmfTwoLayers if mode == "two-layers" else PaeNmf
        self.model = network(parameters, settings, (decoder / settings["decoder_rate"]).astype(np.float32)).to(device)
        self.forward = self.model
        if mode.startswith("compiled"):
            if not hasattr(torch, "compile"):
                raise RuntimeError(f"torch.compile needs PyTorch 2, this is {torch.__version__}")
            torch._dynamo.reset()  # each training compiles afresh: beyond a few, recompilation ends in eager mode
            for fixed in (v, eps):
                if fixed is not None and hasattr(torch._dynamo, "mark_static_address"):
                    torch._dynamo.mark_static_address(fixed)  # spares its copy into the CUDA graph in every step
            graphs = {"mode": "reduce-overhead"} if cuda and mode == "compiled" else {}
            self.forward = torch.compile(self.model, dynamic=False, fullgraph=True, **graphs)
            self.mark_step = getattr(getattr(torch, "compiler", None), "cudagraph_mark_step_begin", self.mark_step)
        fused = {"fused": True, "capturable": True} if cuda else {}
        heads = dict(self.model.heads.named_parameters())
        self.optimiser = torch.optim.Adam([
            {"params": [value for name, value in heads.items() if name.endswith("weight")], "lr": encoder},
            {"params": [value for name, value in heads.items() if name.endswith("bias")], "lr": bias},
            {"params": [self.model.decoder], "lr": settings["decoder_rate"]}], **fused)
        self.v, self.eps = v, eps
        self.losses = None
        self.run = self.step
        self.graph = None
        if mode in ("graph", "compiled-graph"):
            self.capture()

    def mark_step(self):
        """Tells the CUDA graphs of torch.compile that the results of the last step may be overwritten."""

    def step(self):
        self.mark_step()
        self.optimiser.zero_grad(set_to_none=True)
        reconstruction, kl = self.forward(self.v, self.eps)
        (reconstruction + kl).backward()
        self.optimiser.step()
        with torch.no_grad():
            self.model.decoder.clamp_(min=0)
        self.losses = reconstruction.detach(), kl.detach()

    def capture(self):
        """Captures a step; the steps that warm up for it are undone."""
        saved = [p.detach().clone() for p in self.model.parameters()]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(side)
        self.optimiser.zero_grad(set_to_none=True)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.step()
        with torch.no_grad():
            for p, value in zip(self.model.parameters(), saved):
                p.copy_(value)
            for state in self.optimiser.state.values():
                for value in state.values():
                    value.zero_()
        self.run = self.graph.replay

    def synchronise(self):
        if cuda:
            torch.cuda.synchronize()


def training_of(v, parameters, settings, rates, mode, eps=None):
    if mode in ("manual", "gram"):
        return ManualTraining(v, parameters, settings, rates, mode == "gram", eps)
    return Training(v, parameters, settings, rates, mode, eps)


class Problem:
    """A data set and a rank, with what paenmf derives from them and the losses to hold a peer against."""

    def __init__(self, argument):
        file, _, rank = argument.rpartition(":")
        if not file or not rank.isdigit() or int(rank) < 1:
            raise SystemExit(f"DATA.npy:RANK expected, not {argument}")
        self.file, self.rank = file, int(rank)
        self.data = np.load(file)
        if self.data.ndim != 2 or self.data.dtype != np.float32:
            raise SystemExit(f"{file}: a float32 matrix expected, not {self.data.dtype} {self.data.shape}")
        self.settings = {**oracle.DEFAULTS, "seed": options.seed}
        parameters, scale, self.first_step, self.history = None, None, 0, []
        if options.model:
            self.settings, _, scale, self.first_step, self.history = oracle.read_model(options.model)
            if options.initial:
                _, parameters, *_ = oracle.read_model(options.initial)
            elif self.first_step:
                raise SystemExit(f"{options.model} went on from another model; name that one with --initial")
        statistics_ = oracle.Statistics(self.data, scale)
        self.parameters = parameters or oracle.initial_parameters(self.rank, statistics_, self.settings["seed"])
        self.rates = oracle.rates(self.settings, statistics_, self.rank)
        self.scale = statistics_.scale
        steps = STEPS_CHECKED if self.data.size < LARGE else STEPS_CHECKED_LARGE
        self.expected = oracle.train(self.data, self.rank, steps, self.settings, self.parameters, self.scale,
                                     self.first_step)
        self.v = torch.from_numpy(self.data / np.float32(self.scale)).to(device)

    def noise(self, step):
        eps = oracle.noise(self.settings, len(self.data), self.rank, self.first_step + step)
        return torch.from_numpy(eps.astype(np.float32)).to(device)


def tolerance(precision):
    """Largest relative difference of a loss over the steps checked, where adam turns the rounding of small gradients
    into steps. The oracle itself with the factors of its products rounded to TF32 is off by up to 1e-4 on faces, 2e-4
    on genes and 7e-3 on prices; float32 rounds 2^13 times finer, but also the sums: off by up to 2e-5 here."""
    return 1e-4 if precision == "fp32" else 2e-2


def check(problem, mode, precision):
    """Trains on given noise from the common start; the largest relative differences from the oracle and from paenmf."""
    eps = problem.noise(0)
    training = training_of(problem.v, problem.parameters, problem.settings, problem.rates, mode, eps)
    worst = {}
    for step, expected in enumerate(problem.expected):
        eps.copy_(problem.noise(step))
        training.run()
        losses = [float(loss) for loss in training.losses]
        own = problem.history[step] if step < len(problem.history) else None
        for name, reference in (("oracle", expected), ("paenmf", own)):
            if reference:
                # A KL near the prior is a difference of large terms: an absolute floor for each component.
                error = max(abs(losses[0] - reference[0]) / reference[0],
                            abs(losses[1] - reference[1]) / (reference[1] + 1e-2 * problem.rank))
                worst[name] = max(worst.get(name, 0), error)
    return worst


def warm_up(training):
    """Steps until what is compiled on first use is there."""
    for _ in range(5):
        training.run()
    training.synchronise()


def time_blocks(training):
    """ms per step of each block of steps."""
    start = time.perf_counter()
    training.run()
    training.synchronise()
    steps, elapsed = 1, (time.perf_counter() - start) * 1e3
    while elapsed < options.block_ms and steps < 100_000:
        steps = max(steps + 1, min(10 * steps, round(1.2 * steps * options.block_ms / elapsed)))
        elapsed = block(training, steps) * steps
    return steps, [block(training, steps) for _ in range(BLOCKS)]


def block(training, steps):
    if not cuda:
        start = time.perf_counter()
        for _ in range(steps):
            training.run()
        return (time.perf_counter() - start) * 1e3 / steps
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    for _ in range(steps):
        training.run()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / steps


def measure(problem, mode, precision):
    n, m = problem.data.shape
    result = {"peer": "pytorch", "variant": mode, "precision": precision, "device": options.device,
              "data": os.path.basename(problem.file), "rows": n, "columns": m, "rank": problem.rank}
    try:
        if not cuda and (mode in ("graph", "compiled-graph") or precision == "tf32"):
            raise RuntimeError(f"{mode} in {precision} needs --device cuda")
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        start = time.perf_counter()
        worst = check(problem, mode, precision)
        result.update(stepsChecked=len(problem.expected), largestRelativeError=worst, tolerance=tolerance(precision),
                      checked=max(worst.values()) <= tolerance(precision))
        training = training_of(problem.v, problem.parameters, problem.settings, problem.rates, mode)
        warm_up(training)
        result["preparationSeconds"] = round(time.perf_counter() - start, 2)
        steps, blocks = time_blocks(training)
        quartiles = statistics.quantiles(blocks, n=4)
        result.update(msPerStep=statistics.median(blocks), msPerStepQuartiles=[quartiles[0], quartiles[2]],
                      msPerStepLeast=min(blocks), blocks=len(blocks), stepsPerBlock=steps,
                      objectiveAfter=float(sum(training.losses)))
    except Exception as error:  # noqa: BLE001  whatever one variant dies of, the next may work
        result["error"] = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        traceback.print_exc()
    print(json.dumps(result), flush=True)
    if cuda:
        torch.cuda.empty_cache()
    return "error" not in result and result["checked"]


def serve(file, mode):
    with np.load(file) as arrays:
        problem = dict(arrays)
    settings = {name: problem[name].item() for name in ("sigma", "lambda_min", "shape_min", "decoder_rate")}
    decoder_rates = (problem["decoder_rate"] * problem["decoder_scale"])[:, 0]
    rates = problem["encoder_rate"].item(), problem["bias_rate"].item(), decoder_rates
    noise = torch.from_numpy(problem["noise"])
    training = training_of(torch.from_numpy(problem["v"]), problem, settings, rates, mode, noise[0].clone())
    losses = []
    for eps in noise:
        training.eps.copy_(eps)
        training.run()
        losses.append([float(loss) for loss in training.losses])
    training.eps = None
    serving.serve(losses, f"PyTorch {torch.__version__}, {cpu_capability()}", training.run)


def cpu_capability():
    return next((line.strip(" -") for line in torch.__config__.show().splitlines() if "CPU capability" in line),
                "CPU capability unknown")


def machine():
    """What the figures were made with; the first line."""
    facts = {"peer": "pytorch", "torch": torch.__version__, "python": platform.python_version(), "numpy": np.__version__,
             "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "threads": torch.get_num_threads(),
             "l2": "not flushed: steps follow one another as in training", "command": " ".join(sys.argv)}
    if cuda:
        properties = torch.cuda.get_device_properties(device)
        facts.update(gpu=properties.name, cuda=torch.version.cuda, l2Bytes=getattr(properties, "L2_cache_size", None))
    else:
        facts.update(cpu=cpu_name())
    print(json.dumps(facts), flush=True)


def cpu_name():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def main():
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    if options.serve:
        serve(options.data[0], options.mode[0])
        return
    if cuda and not torch.cuda.is_available():
        raise SystemExit("PyTorch sees no CUDA device")
    if options.model and len(options.data) > 1:
        raise SystemExit("--model belongs to one data set")
    machine()
    good = True
    problems = {}
    # When time runs out, each set has a figure without the compiler, and then one with it, before any has more.
    modes = [mode for mode in options.mode if not mode.startswith("compiled")]
    runs = [(argument, mode, precision)
            for argument in options.data for mode in modes for precision in options.precision]
    runs += [(argument, mode, precision)
             for precision in options.precision for mode in options.mode if mode not in modes
             for argument in options.data]
    for argument, mode, precision in runs:
        problem = problems.get(argument)
        if time.perf_counter() - started > options.seconds:
            shape = {"rows": len(problem.data), "columns": problem.data.shape[1]} if problem else {}
            print(json.dumps({"peer": "pytorch", "variant": mode, "precision": precision, "data": argument, **shape,
                              "rank": int(argument.rpartition(":")[2]), "error": "not started: out of time"}),
                  flush=True)
            continue
        if problem is None:
            problem = problems[argument] = Problem(argument)
        good &= measure(problem, mode, precision)
    sys.exit(0 if good else 1)


main()
