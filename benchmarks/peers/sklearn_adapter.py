"""paenmf's standard NMF by scikit-learn's interface: NMF, MiniBatchNMF and non_negative_factorization with the
parameters of scikit-learn 1.2.1.

A translation only. What is factorised, and every number that comes back, is by a resident Java process (NmfServer),
which starts with the first fit; of scikit-learn there are the base classes and the validation that all its estimators
share. What paenmf does not have raises Unsupported with its reason. How the interfaces differ:

  - scikit-learn's W, samples x components, are paenmf's coefficients, and its components_ the transposed basis
  - paenmf divides data by their root mean square s; its factors, V / s = H W^T, are given the same share of the unit,
    so that W = sqrt(s) H and components_ = basis^T / sqrt(s)
  - beside a divergence beta of V / s, which is that of V over s^beta, alpha_W rho on sum(W) is alpha_W rho
    s^(1/2 - beta) on sum(H), and alpha_W (1 - rho) on sum(W^2) is alpha_W (1 - rho) s^(1 - beta) on sum(H^2), rho =
    l1_ratio; both sides multiply by the number of features; alpha_H likewise
  - with the Kullback-Leibler divergence, beta 1, paenmf leaves data in their unit, s = 1, and has no penalties
  - solver "cd" is HALS, which makes the same updates; zeros of NNDSVD stay in it, which leaves them by itself, and
    become the mean of the data with "mu": there init "nndsvd" is "nndsvda"
  - init "custom" is paenmf's start from a given basis and coefficients
  - tol is the share of the objective that must be gained in 10 iterations
  - MiniBatchNMF is nmf-mu with --batch-rows and --forget-factor, whose batches are drawn anew in each epoch. Where a batch
    has all samples there is nothing to forget, and forget_factor has no effect. Its coefficients of given components are
    exact, and the limits of their iterations have none either
  - partial_fit is an epoch of fit with all rows that it is given, and after that of update, with exact first
    coefficients. What update goes on from is the model's file, which the estimator keeps
  - results are those of float32, in the type of the data
"""
import atexit
import json
import pathlib
import shutil
import sys
import tempfile
import warnings
from numbers import Integral, Real

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, check_non_negative

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from running import Server, java_at_hand, paenmf  # noqa: E402

LOSSES = {"frobenius": 2, "kullback-leibler": 1, "itakura-saito": 0}
PATIENCE = 10  # epochs
SHUFFLED = "paenmf updates components in their order (shuffle=True)"
BETAS = (-1, 3)
BETA = "paenmf takes a beta_loss in [-1, 3]"
PENALISED_KL = "paenmf has no penalties with the Kullback-Leibler divergence"


class Unsupported(NotImplementedError):
    """What paenmf does not have, which scikit-learn has."""


class _Process:
    """The Java process, which starts when it is first asked, and files to exchange matrices by."""

    def __init__(self):
        self.server = None

    def start(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sklearn-adapter"))
        atexit.register(shutil.rmtree, self.folder)
        self.server = Server("paenmf", paenmf(java_at_hand(), "512m", "NmfServer"), {}, self.folder / "log")
        atexit.register(self.server.close)

    def file(self, name):
        if self.server is None:
            self.start()
        return self.folder / name

    def write(self, name, matrix):
        if sp.issparse(matrix):
            file = self.folder / f"{name}.npz"
            sp.save_npz(file, matrix, compressed=False)
        else:
            file = self.folder / f"{name}.npy"
            np.save(file, matrix)
        return str(file)

    def ask(self, do, matrices, **settings):
        """The answer, and the matrices that come with it."""
        if self.server is None:
            self.start()
        out = self.folder / "out.npz"
        files = {name: self.write(name, matrix) for name, matrix in matrices.items()}
        answer = self.server.ask(json.dumps({"do": do, "out": str(out), **files, **settings}))
        if "error" in answer:
            raise ValueError(answer["error"])
        with np.load(out) as file:
            return answer, {name: file[name].astype(float) for name in ("coefficients", "basis") if name in file}


_PROCESS = _Process()


def _root_mean_square(X):
    values = X.data if sp.issparse(X) else X
    return float(np.sqrt(np.square(values, dtype=float).sum() / (X.shape[0] * X.shape[1])))


def _check_factor(factor, shape, whom, dtype):
    factor = check_array(factor)
    if factor.shape != shape:
        raise ValueError(f"Array with wrong shape passed to {whom}. Expected {shape}, but got {factor.shape}")
    check_non_negative(factor, whom)
    if not factor.any():
        raise ValueError(f"Array passed to {whom} is full of zeros.")
    if factor.dtype != dtype:
        raise TypeError(f"{whom} should have the same dtype as X, {dtype}, and has {factor.dtype}.")
    return factor


class _Factorisation(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What both estimators have in common."""

    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "init": [StrOptions({"random", "nndsvd", "nndsvda", "nndsvdar", "custom"}), None],
        "beta_loss": [StrOptions(set(LOSSES)), Real],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "alpha_W": [Interval(Real, 0, None, closed="left")],
        "alpha_H": [Interval(Real, 0, None, closed="left"), StrOptions({"same"})],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "verbose": ["verbose"],
    }

    def fit(self, X, y=None, **params):
        self.fit_transform(X, **params)
        return self

    def fit_transform(self, X, y=None, W=None, H=None):
        self._validate_params()
        X = self._validate_data(X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32])
        self._check(X)
        W, H = self._fitted(X, W, H)
        self._keep(H)
        if self.verbose:
            print(f"{self.n_iter_} epochs of {self._algorithm()}, reconstruction error {self.reconstruction_err_}")
        if self.n_iter_ == self.max_iter and self.tol > 0:
            warnings.warn(f"Maximum number of iterations {self.max_iter} reached. Increase it to improve convergence.",
                          ConvergenceWarning)
        return W

    def transform(self, X):
        check_is_fitted(self)
        X = self._validate_data(X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], reset=False)
        check_non_negative(X, f"{type(self).__name__} (input X)")
        return self._coefficients(X, self.components_, self._scale)

    def inverse_transform(self, W):
        check_is_fitted(self)
        return W @ self.components_

    def _keep(self, H):
        self.components_ = H
        self.n_components_ = H.shape[0]

    def _loss(self):
        return float(LOSSES.get(self.beta_loss, self.beta_loss))

    def _check(self, X):
        check_non_negative(X, f"{type(self).__name__} (input X)")
        self._check_solver()
        self._rank = X.shape[1] if self.n_components is None else self.n_components
        if self._loss() <= 0 and X.min() == 0:
            raise ValueError("When beta_loss <= 0 and X contains zeros, the solver may diverge. Please add small values "
                             "to X, or use a positive beta_loss.")
        if not BETAS[0] <= self._loss() <= BETAS[1]:
            raise Unsupported(BETA)
        if self._loss() == 1 and any(self._penalties(1.0).values()):
            raise Unsupported(PENALISED_KL)

    def _start(self, X, W, H):
        """The name of paenmf's start, and the matrices that belong to it."""
        if self.init == "custom":
            root = np.sqrt(self._scale)
            H = _check_factor(H, (self._rank, X.shape[1]), "NMF (input H)", X.dtype)
            W = _check_factor(W, (X.shape[0], self._rank), "NMF (input W)", X.dtype)
            return "given", {"initialBasis": H.T * root, "initialCoefficients": W / root}
        fits = self._rank <= min(X.shape)
        if (self.init or "random").startswith("nndsvd") and not fits:
            raise ValueError(f"init = '{self.init}' can only be used when n_components <= min(n_samples, n_features)")
        default = "nndsvda" if fits else "random"
        return self.init or default, {}

    def _divergence(self):
        return {"algorithm": "kl" if self._loss() == 1 else self._algorithm(), "beta": self._loss()}

    def _unit(self, X):
        """What paenmf divides X by."""
        return 1.0 if self._loss() == 1 else _root_mean_square(X) or 1.0

    def _penalties(self, scale):
        of_w, of_h = self.alpha_W, self.alpha_W if self.alpha_H == "same" else self.alpha_H
        penalties = {}
        for factor, alpha in (("Coefficients", of_w), ("Basis", of_h)):
            penalties[f"l1{factor}"] = alpha * self.l1_ratio * scale ** (0.5 - self._loss())
            penalties[f"l2{factor}"] = alpha * (1 - self.l1_ratio) * scale ** (1 - self._loss())
        return penalties

    def _stop(self):
        return {"tolerance": float(self.tol), "patience": self._patience()} if self.tol else {}

    def _batches(self, X):
        return {}

    def _fitted(self, X, W, H):
        """W and components_ of a fit."""
        return self._first(X, W, H, epochs=int(self.max_iter), **self._stop(), **self._batches(X))

    def _first(self, X, W, H, **settings):
        self._scale = self._unit(X)
        start, given = self._start(X, W, H)
        answer, factors = _PROCESS.ask(
            "fit", {"data": X, **given}, rank=int(self._rank), **self._divergence(), init=start,
            seed=int(check_random_state(self.random_state).randint(2**31 - 1)), **self._penalties(self._scale), **settings)
        return self._taken(X, answer, factors)

    def _taken(self, X, answer, factors):
        self.n_iter_ = answer["epochs"]
        self.reconstruction_err_ = float(np.sqrt(2 * answer["divergence"]))
        root = np.sqrt(self._scale)
        return ((factors["coefficients"] * root).astype(X.dtype),
                np.ascontiguousarray(factors["basis"].T / root, dtype=X.dtype))

    def _coefficients(self, X, H, scale):
        root = np.sqrt(scale)
        _, factors = _PROCESS.ask("transform", {"data": X, "basis": H.T * root}, scale=scale,
                                  **self._divergence(), **self._penalties(scale))
        return (factors["coefficients"] * root).astype(X.dtype)

    @property
    def _n_features_out(self):
        return self.components_.shape[0]

    def _more_tags(self):
        return {"requires_positive_X": True, "preserves_dtype": [np.float64, np.float32]}


class NMF(_Factorisation):
    """fit --algorithm nmf-hals for solver "cd", nmf-mu for "mu"."""

    _parameter_constraints = {
        **_Factorisation._parameter_constraints, "solver": [StrOptions({"mu", "cd"})], "shuffle": ["boolean"]}

    def __init__(self, n_components=None, *, init=None, solver="cd", beta_loss="frobenius", tol=1e-4, max_iter=200,
                 random_state=None, alpha_W=0.0, alpha_H="same", l1_ratio=0.0, verbose=0, shuffle=False):
        self.n_components = n_components
        self.init = init
        self.solver = solver
        self.beta_loss = beta_loss
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.alpha_W = alpha_W
        self.alpha_H = alpha_H
        self.l1_ratio = l1_ratio
        self.verbose = verbose
        self.shuffle = shuffle

    def _algorithm(self):
        return "hals" if self.solver == "cd" else "mu"

    def _patience(self):
        return PATIENCE

    def _check_solver(self):
        if self.solver == "cd" and self.beta_loss not in (2, "frobenius"):
            raise ValueError(f"Invalid beta_loss parameter: solver 'cd' does not handle beta_loss = {self.beta_loss!r}")
        if self.shuffle:
            raise Unsupported(SHUFFLED)


class MiniBatchNMF(_Factorisation):
    """fit --algorithm nmf-mu --batch-rows, and update."""

    _parameter_constraints = {
        **_Factorisation._parameter_constraints,
        "max_no_improvement": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "forget_factor": [Interval(Real, 0, 1, closed="both")],
        "fresh_restarts": ["boolean"],
        "fresh_restarts_max_iter": [Interval(Integral, 1, None, closed="left")],
        "transform_max_iter": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, n_components=None, *, init=None, batch_size=1024, beta_loss="frobenius", tol=1e-4,
                 max_no_improvement=10, max_iter=200, alpha_W=0.0, alpha_H="same", l1_ratio=0.0, forget_factor=0.7,
                 fresh_restarts=False, fresh_restarts_max_iter=30, transform_max_iter=None, random_state=None,
                 verbose=0):
        self.n_components = n_components
        self.init = init
        self.batch_size = batch_size
        self.beta_loss = beta_loss
        self.tol = tol
        self.max_no_improvement = max_no_improvement
        self.max_iter = max_iter
        self.alpha_W = alpha_W
        self.alpha_H = alpha_H
        self.l1_ratio = l1_ratio
        self.forget_factor = forget_factor
        self.fresh_restarts = fresh_restarts
        self.fresh_restarts_max_iter = fresh_restarts_max_iter
        self.transform_max_iter = transform_max_iter
        self.random_state = random_state
        self.verbose = verbose

    def partial_fit(self, X, y=None, W=None, H=None):
        first = not hasattr(self, "components_")
        if first:
            self._validate_params()
        X = self._validate_data(X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], reset=first)
        if first:
            self._check(X)
            self.n_steps_ = 0
        else:
            check_non_negative(X, "MiniBatchNMF (input X)")
        file = _PROCESS.file("model.npz")
        if first:
            _, H = self._first(X, W, H, epochs=1, model=str(file))
        else:
            file.write_bytes(self._model)
            answer, factors = _PROCESS.ask("update", {"data": X}, **{"from": str(file)}, model=str(file),
                                           **self._divergence(), forgetFactor=float(self.forget_factor))
            _, H = self._taken(X, answer, factors)
        self._model = file.read_bytes()
        self._keep(H)
        self.n_steps_ += 1
        return self

    def _algorithm(self):
        return "mu"

    def _check_solver(self):
        pass

    def _patience(self):
        return self.max_no_improvement or PATIENCE

    def _batches(self, X):
        file = {"model": str(_PROCESS.file("model.npz"))}
        if self.batch_size >= X.shape[0]:
            return file
        return {"batchRows": int(self.batch_size), "forgetFactor": float(self.forget_factor), **file}

    def _fitted(self, X, W, H):
        W, H = super()._fitted(X, W, H)
        self._model = _PROCESS.file("model.npz").read_bytes()
        self.n_steps_ = self.n_iter_ * -(-X.shape[0] // self.batch_size)
        return self._coefficients(X, H, self._scale) if self.fresh_restarts else W, H


def non_negative_factorization(X, W=None, H=None, n_components=None, *, init=None, update_H=True, solver="cd",
                               beta_loss="frobenius", tol=1e-4, max_iter=200, alpha_W=0.0, alpha_H="same",
                               l1_ratio=0.0, random_state=None, verbose=0, shuffle=False):
    """W, H and the number of iterations; with update_H=False W alone is new, exactly, in one."""
    X = check_array(X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32])
    model = NMF(n_components=n_components, init=init, solver=solver, beta_loss=beta_loss, tol=tol, max_iter=max_iter,
                random_state=random_state, alpha_W=alpha_W, alpha_H=alpha_H, l1_ratio=l1_ratio, verbose=verbose,
                shuffle=shuffle)
    if update_H:
        W = model.fit_transform(X, W=W, H=H)
        return W, model.components_, model.n_iter_
    model._validate_params()
    model._check(X)
    H = _check_factor(H, (model._rank, X.shape[1]), "NMF (input H)", X.dtype)
    return model._coefficients(X, H, model._unit(X)), H, 1
