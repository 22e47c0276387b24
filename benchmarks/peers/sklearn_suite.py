"""scikit-learn's own tests of NMF, run against sklearn_adapter.py; benchmarks/run-sklearn-suite says more."""
import collections
import pathlib
import textwrap
import unittest
import warnings

import numpy as np
import pytest
import sklearn.decomposition
from sklearn.decomposition import _nmf
from sklearn.utils.estimator_checks import check_estimator

import sklearn_adapter
from running import Unavailable
from sklearn_adapter import Unsupported

PRIVATE = "tests private functions of scikit-learn alone"
ITSELF = "compares an array with itself: both estimators are to update the given H in place"
SAME = "both sides are the same fit of paenmf, with a batch of all samples"
DOES_NOT_APPLY = {
    "test_nmf_minibatchnmf_equivalence": SAME, "test_minibatch_nmf_partial_fit": ITSELF,
    "test_initialize_nn_output": PRIVATE, "test_initialize_close": PRIVATE, "test_initialize_variants": PRIVATE,
    "test_beta_divergence": PRIVATE, "test_special_sparse_dot": PRIVATE, "test_nmf_underflow": PRIVATE}
EXPECTED = {}
PENALTIES = ((0, 0, 0), (0.05, 0.02, 0), (0.05, 0.02, 1), (0.03, 0.1, 0.4))  # alpha_W, alpha_H and l1_ratio
# The error is at least a tenth of the norm of these data, and float32 rounds a value by 6e-8 of itself, and so the error by
# 6e-7, and its square by 1.2e-6: twice, since factors are rounded, too.
AGREEMENT = 2.4e-6
SOLVERS = ("_fit_coordinate_descent", "_fit_multiplicative_update", "_update_cdnmf_fast", "_multiplicative_update_w",
           "_multiplicative_update_h")


def replace_estimators():
    def refuse(*_, **__):
        raise AssertionError("scikit-learn's own solver is not what is tested here")

    for name in SOLVERS:
        setattr(_nmf, name, refuse)
    for name in ("NMF", "MiniBatchNMF", "non_negative_factorization"):
        setattr(sklearn.decomposition, name, getattr(sklearn_adapter, name))


class Suite:
    """A plugin of pytest that counts, and skips what is unsupported."""

    def __init__(self):
        self.passed, self.failed, self.skipped = [], {}, collections.defaultdict(list)
    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        if pyfuncitem.originalname in DOES_NOT_APPLY:
            pytest.skip(DOES_NOT_APPLY[pyfuncitem.originalname])
        names = pyfuncitem._fixtureinfo.argnames
        try:
            pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
        except Unsupported as reason:
            pytest.skip(str(reason))
        return True

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.split("::")[-1]
        if report.skipped:
            self.skipped[report.longrepr[2].removeprefix("Skipped: ")].append(name)
        elif report.failed:
            self.failed[name] = report.longrepr.reprcrash.message.splitlines()[0]
        elif report.when == "call":
            self.passed.append(name)


def check_estimators():
    """How many of scikit-learn's checks of estimators fail, by the parameters that it has for them; prints them."""
    failures = 0
    for estimator in (sklearn_adapter.NMF(max_iter=500), sklearn_adapter.MiniBatchNMF(max_iter=20, fresh_restarts=True)):
        counts = collections.Counter()
        reasons = collections.Counter()
        for instance, check in check_estimator(estimator, generate_only=True):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    check(instance)
                counts["passed"] += 1
            except (Unsupported, unittest.SkipTest) as reason:
                counts["skipped"] += 1
                reasons[str(reason)] += 1
            except Exception as problem:  # of whatever kind, it is a failure of this check alone
                counts["failed"] += 1
                print(f"  {check.func.__name__}: {type(problem).__name__}: {str(problem).splitlines()[0]}")
        for reason, count in reasons.items():
            print(f"  skipped, {count}: {reason}")
        print(f"check_estimator of {estimator}: {counts['passed']} passed, {counts['failed']} failed, "
              f"{counts['skipped']} skipped")
        failures += counts["failed"]
    return failures


def objective(model, X):
    """What scikit-learn 1.2.1 makes least, at a fit of the model."""
    (n, m), W = X.shape, model.fit_transform(X)
    value = np.square(X - W @ model.components_).sum() / 2
    for factor, others, alpha in ((W, m, model.alpha_W), (model.components_, n, model.alpha_H)):
        l1, l2 = alpha * model.l1_ratio, alpha * (1 - model.l1_ratio)
        value += others * (l1 * factor.sum() + l2 / 2 * np.square(factor).sum())
    return value


def compare_objectives():
    """The largest relative difference between the objectives of scikit-learn's coordinate descent and of HALS."""
    random, largest = np.random.RandomState(1), 0
    for unit in (0.01, 1, 30):
        X = random.gamma(1, size=(40, 6)) @ random.gamma(0.5, size=(6, 25)) * unit
        for of_w, of_h, l1_ratio in PENALTIES:
            same = unit ** (1 + l1_ratio / 2)  # about as strong in any unit
            settings = {"alpha_W": of_w * same, "alpha_H": of_h * same, "l1_ratio": l1_ratio, "init": "nndsvd", "tol": 0,
                        "max_iter": 3000, "random_state": 0}
            theirs, mine = (objective(kind(4, **settings), X) for kind in (sklearn.decomposition.NMF, sklearn_adapter.NMF))
            largest = max(largest, abs(mine / theirs - 1))
    print(f"objectives of coordinate descent and HALS with penalties differ by at most {largest:.1g} of themselves")
    return largest


def run(verbose):
    """Runs and reports all of it; whether everything is as expected."""
    difference = compare_objectives()
    replace_estimators()
    tests = pathlib.Path(sklearn.decomposition.__file__).parent / "tests/test_nmf.py"
    suite = Suite()
    detail = ["-vv"] if verbose else ["-q", "--no-header", "--no-summary"]
    status = pytest.main([str(tests), "-p", "no:cacheprovider", "-W", "ignore", *detail], plugins=[suite])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise Unavailable(f"pytest ended with {status!r}")
    for reason, names in suite.skipped.items():
        print(f"skipped, {len(names)}: {reason}")
        print(textwrap.fill(", ".join(names), 120, initial_indent="  ", subsequent_indent="  ", break_long_words=False))
    for name, message in suite.failed.items():
        print(f"failed: {name}: {EXPECTED.get(name, 'NOT EXPECTED')}\n  {message}")
    unexpected = [name for name in suite.failed if name not in EXPECTED]
    stale = [name for name in EXPECTED if name in suite.passed]
    for name in stale:
        print(f"passed, which was not expected: {name}")
    failures = check_estimators()
    skipped = sum(map(len, suite.skipped.values()))
    batches = sum("minibatch" in name.lower() or "mbnmf" in name for name in suite.passed)
    print(f"{batches} of those that passed are of MiniBatchNMF, with batches of all samples; "
          "test_nmf_true_reconstruction has some of 3, beside them")
    print(f"{len(suite.passed)} passed, {len(suite.failed)} failed, {skipped} skipped")
    return not (unexpected or stale or failures) and difference <= AGREEMENT
