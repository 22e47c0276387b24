#!/usr/bin/env bash
# scikit-learn's NMF with init="custom" writes its result into the start that was given, so a second fit from "the same start"
# is not one.
#
# fit_transform(X, W=W, H=H) takes the arrays of the caller without a copy where their type fits the data's, and updates them in
# place; of the start nothing is left, and components_ is the caller's H. With scikit-learn 1.2.1 (Debian 12's python3-sklearn,
# 2026-11-29) which arrays change depends on the solver: "cd" keeps H and overwrites W, "mu" overwrites both, MiniBatchNMF.fit
# overwrites both and MiniBatchNMF.partial_fit H alone. The parameters' documentation calls them initial guesses and does not
# speak of writing. What follows: ten updates twice from the same variables give another result than the first time, and two
# models that were given the same H share components_. Whoever compares solvers from one start has to copy it for each.
#
# Needs Debian 12 with python3-scipy, from which it takes scikit-learn without installing it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

apt-get -o APT::Sandbox::User=root download -qq python3-sklearn=1.2.1+dfsg-1 python3-sklearn-lib=1.2.1+dfsg-1 \
    python3-joblib=1.2.0-4+deb12u1 python3-threadpoolctl=3.1.0-1
for package in *.deb; do dpkg -x "$package" packages; done
export PYTHONPATH=$PWD/packages/usr/lib/python3/dist-packages

cat >start.py <<'PYTHON'
import warnings
import numpy as np
import sklearn
from sklearn.decomposition import NMF, MiniBatchNMF
from sklearn.exceptions import ConvergenceWarning

assert sklearn.__version__ == "1.2.1" and "packages" in sklearn.__file__
warnings.simplefilter("ignore", ConvergenceWarning)  # the updates are to be few
random = np.random.RandomState(0)
data = random.rand(30, 8)
start = random.rand(30, 3), random.rand(3, 8)


def kept(given, first):
    return "kept" if np.array_equal(given, first) else "overwritten"


for name, model, method in (
    ("cd", NMF(3, init="custom", solver="cd", max_iter=10), "fit_transform"),
    ("mu", NMF(3, init="custom", solver="mu", max_iter=10), "fit_transform"),
    ("mini-batches", MiniBatchNMF(3, init="custom", max_iter=10), "fit_transform"),
    ("partial_fit", MiniBatchNMF(3, init="custom"), "partial_fit"),
):
    w, h = (factor.copy() for factor in start)
    getattr(model, method)(data, W=w, H=h)
    shared = "is" if np.shares_memory(model.components_, h) else "is not"
    print(f"{name}: W {kept(w, start[0])}, H {kept(h, start[1])}, components_ {shared} H")

w, h = (factor.copy() for factor in start)
errors = [NMF(3, init="custom", solver="mu", max_iter=10).fit(data, W=w, H=h).reconstruction_err_ for _ in range(2)]
print("error after ten updates, twice: %.3f, %.3f" % tuple(errors))
PYTHON
/usr/bin/python3 start.py | tee output

expected='cd: W overwritten, H kept, components_ is not H
mu: W overwritten, H overwritten, components_ is H
mini-batches: W overwritten, H overwritten, components_ is H
partial_fit: W kept, H overwritten, components_ is H
error after ten updates, twice: 3.343, 3.110'
[[ $(cat output) == "$expected" ]] || { echo "not as described" >&2; exit 1; }
echo "as described"
