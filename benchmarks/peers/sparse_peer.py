#!/usr/bin/env python3
"""Iterations of peers in Python on sparse data for benchmarks/run-sparse; "STEPS n" is that of FitServer.java.

  sparse_peer.py DATA.npz RANK THREADS cd|kl|gensim

cd and kl are scikit-learn's coordinate descent and its multiplicative updates for the Kullback-Leibler divergence;
gensim is its online NMF, of which an iteration is a pass over the corpus. From random factors, without a tolerance.
"""
import json
import sys
import time
import warnings

import numpy as np
import scipy.sparse
from threadpoolctl import threadpool_limits

from serving import blas

SOLVERS = {"cd": ("cd", "frobenius"), "kl": ("mu", "kullback-leibler")}


class Sklearn:
    def __init__(self, v, rank, solver):
        import sklearn
        from sklearn.decomposition import non_negative_factorization
        self.v, self.rank, self.factorise = v, rank, non_negative_factorization
        self.solver, self.loss = SOLVERS[solver]
        self.library = f"scikit-learn {sklearn.__version__}"

    def run(self, iterations):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it did not converge
            done = self.factorise(self.v, n_components=self.rank, init="random", solver=self.solver,
                                  beta_loss=self.loss, tol=0, max_iter=iterations, random_state=0)[2]
        assert done == iterations, f"it ended after {done} iterations"


class Gensim:
    def __init__(self, v, rank):
        import gensim
        from gensim.models.nmf import Nmf
        self.corpus, self.rank, self.model = v.T.tocsc(), rank, Nmf
        self.library = f"gensim {gensim.__version__}"

    def run(self, iterations):
        self.model(self.corpus, num_topics=self.rank, id2word={j: str(j) for j in range(self.corpus.shape[0])},
                   passes=iterations, eval_every=None, random_state=0)


def seconds(run, iterations):
    start = time.perf_counter()
    run(iterations)
    return time.perf_counter() - start


def main():
    file, rank, threads, solver = sys.argv[1:]
    v = scipy.sparse.load_npz(file)
    with threadpool_limits(limits=int(threads)):
        peer = Gensim(v, int(rank)) if solver == "gensim" else Sklearn(v, int(rank), solver)
        peer.run(1)
        print("READY", json.dumps({"library": f"{peer.library}, NumPy {np.__version__}; {blas()}"}), flush=True)
        for line in sys.stdin:
            iterations = int(line.split()[1])
            taken = seconds(peer.run, 1 + iterations) - seconds(peer.run, 1)  # without its start
            print(json.dumps({"ms": taken * 1e3 / iterations}), flush=True)


main()
