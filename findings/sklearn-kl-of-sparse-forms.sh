#!/usr/bin/env bash
# scikit-learn's NMF with the Kullback-Leibler loss depends on how a sparse matrix is stored: CSC is fitted wrongly without
# a word, and a stored zero is an error.
#
# NMF accepts CSR and CSC (check_array, accept_sparse=("csr", "csc")), and SciPy matrices may hold zeros that are stored,
# as after X.data[...] = 0. The multiplicative updates and the divergence in sklearn/decomposition/_nmf.py divide X.data
# by the values that W·H has at X.nonzero(). These are in the order of CSR, whatever X is, and without stored zeros. With
# scikit-learn 1.2.1 (Debian 12's python3-sklearn, 2026-11-29) 500 updates of the same 30 × 20 counts from the same start
# reach a root of twice the divergence of 22.789 as an array and as CSR. As CSC they reach 27.853, report 26.200, and no
# warning; with one zero stored, CSR raises an IndexError. Both are valid input by the documentation.
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

cat >fit.py <<'PYTHON'
import warnings
import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

assert sklearn.__version__ == "1.2.1" and "packages" in sklearn.__file__
warnings.simplefilter("ignore", ConvergenceWarning)  # all updates are made, by tol=0
random = np.random.RandomState(0)
counts = random.poisson(4 * random.rand(30, 2) @ random.rand(2, 20)).astype(float)
csr = sp.csr_matrix(counts)
zero = sp.csr_matrix(counts + (counts == 0) * (np.cumsum(counts == 0).reshape(counts.shape) == 1))
zero.data[(counts[zero.nonzero()] == 0)] = 0
assert (zero != csr).nnz == 0 and zero.nnz == csr.nnz + 1


def fit(data):
    model = NMF(2, beta_loss="kullback-leibler", solver="mu", init="random", random_state=0, max_iter=500, tol=0)
    decoded = model.fit_transform(data) @ model.components_
    seen = counts > 0
    divergence = (counts[seen] * np.log(counts[seen] / decoded[seen])).sum() - counts.sum() + decoded.sum()
    return f"reached {np.sqrt(2 * divergence):.3f}, reported {model.reconstruction_err_:.3f}"


for name, data in ("array", counts), ("CSR", csr), ("CSC", csr.tocsc()), ("CSR with a stored zero", zero):
    try:
        print(f"{name}: {fit(data)}")
    except IndexError as error:
        print(f"{name}: IndexError: {error}")
PYTHON
/usr/bin/python3 fit.py | tee output

expected='array: reached 22.789, reported 22.789
CSR: reached 22.789, reported 22.789
CSC: reached 27.853, reported 26.200
CSR with a stored zero: IndexError: boolean index did not match indexed array along dimension 0; dimension is 423 but corresponding boolean dimension is 424'
[[ $(cat output) == "$expected" ]] || { echo "not as described" >&2; exit 1; }
echo "as described"
