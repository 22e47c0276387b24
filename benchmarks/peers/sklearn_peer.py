#!/usr/bin/env python3
"""Fits of scikit-learn's NMF on demand for benchmarks/run-nmf; the commands are those of FitServer.java.

  sklearn_peer.py DATA.npy RANK THREADS cd|mu

From NNDSVD, as paenmf: cd with zeros as they are, mu with the data's mean in their place. Neither has a tolerance, and
cd goes through its coordinates in order, as HALS does.
"""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.decomposition import non_negative_factorization
from sklearn.decomposition._nmf import _initialize_nmf
from threadpoolctl import threadpool_limits

from serving import blas

INIT = {"cd": "nndsvd", "mu": "nndsvda"}


class Fits:
    def __init__(self, file, rank, solver):
        self.v = np.load(file).astype(np.float32)
        self.rank, self.solver = rank, solver
        self.start = _initialize_nmf(self.v, rank, init=INIT[solver], random_state=0)

    def fit(self, iterations):
        return self.run(iterations, init=INIT[self.solver])[0]

    def go_on(self, factors, iterations):
        w, h = (factor.copy() for factor in factors)  # which scikit-learn writes to
        factors, self.iterations = self.run(iterations, init="custom", W=w, H=h)
        return factors

    def run(self, iterations, **how):
        w, h, done = non_negative_factorization(self.v, n_components=self.rank, solver=self.solver, tol=0,
                                                max_iter=iterations, shuffle=False, random_state=0, **how)
        assert w.dtype == h.dtype == np.float32
        return (w, h), done

    def error_of(self, factors):
        w, h = factors
        residual = self.v - w.astype(np.float64) @ h
        return float(np.linalg.norm(residual) / np.linalg.norm(self.v.astype(np.float64)))

    def steps(self, iterations):
        """Without a tolerance cd still ends where float32 changes no more, and then begins again."""
        done, start = 0, time.perf_counter()
        while done < int(iterations):
            self.go_on(self.start, int(iterations) - done)
            done += self.iterations
        return {"ms": (time.perf_counter() - start) * 1e3 / done}

    def seconds(self, iterations):
        start = time.perf_counter()
        self.fit(int(iterations))
        return {"seconds": time.perf_counter() - start}

    def error(self, iterations):
        return {"error": self.error_of(self.fit(int(iterations)))}

    def reach(self, target, most, seconds):
        """In strides of a tenth, and then one by one over the last stride."""
        deadline = time.monotonic() + float(seconds)
        factors, done, stride = self.start, 0, 1
        while done < int(most) and time.monotonic() < deadline:
            further = self.go_on(factors, stride)
            if self.error_of(further) > float(target):
                if self.iterations < stride:
                    break  # nothing changes any more
                factors, done = further, done + stride
                stride = max(1, done // 10) if stride > 1 or done >= 20 else 1
            elif stride == 1:
                return {"epochs": done + 1}
            else:
                stride = 1
                while self.error_of(factors := self.go_on(factors, 1)) > float(target):
                    done += 1
                return {"epochs": done + 1}
        return {"epochs": None}


def main():
    file, rank, threads, solver = sys.argv[1:]
    with threadpool_limits(limits=int(threads)):
        fits = Fits(file, int(rank), solver)
        fits.fit(3)
        library = f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}; {blas()}"
        print("READY", json.dumps({"library": library}), flush=True)
        commands = {"STEPS": fits.steps, "FIT": fits.seconds, "ERROR": fits.error, "REACH": fits.reach}
        for line in sys.stdin:
            command, *arguments = line.split()
            print(json.dumps(commands[command](*arguments)), flush=True)


main()
