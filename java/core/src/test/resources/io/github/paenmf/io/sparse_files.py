"""Writes the files of sparse data beside this file: one matrix as SciPy, scikit-learn and R's Matrix save it, and itself
as counts.csv. Names say what is in a file: format, type of the values (f4 and f8: a quarter of the counts; b1: whether
they are 0), type of the indices. Needs scipy 1.10, scikit-learn 1.2, R 4.2 with Matrix 1.5. Run: python3 sparse_files.py
"""

import gzip
import pathlib
import subprocess

import numpy as np
import scipy.io
import scipy.sparse as sp
from sklearn.datasets import dump_svmlight_file

folder = pathlib.Path(__file__).parent
generator = np.random.default_rng(14)
counts = generator.poisson(0.3, (23, 17)) * generator.integers(1, 400, (23, 17))
counts[[0, 5, 22]] = 0
counts[:, [3, 9]] = 0
np.savetxt(folder / "counts.csv", counts, fmt="%d", delimiter=",")


def values(kind):
    return (counts != 0) if kind == "b1" else counts * 0.25 if kind[0] == "f" else counts


def save(form, kind, indices, **options):
    matrix = sp.csr_matrix(values(kind).astype(kind)).asformat(form)
    names = ["row", "col"] if form == "coo" else ["indptr", "indices"]
    for name in names:
        setattr(matrix, name, getattr(matrix, name).astype(indices))
    sp.save_npz(folder / f"{form}_{kind}_{indices}.npz", matrix, **options)


save("csr", "f4", "i4", compressed=False)
save("csr", "f8", "i8")
save("csr", "b1", "i4")
save("csc", "i8", "i8")
save("csc", "u2", "i4")
save("coo", "i4", "i4")
save("coo", "f4", "i8")

shuffled = sp.csr_matrix(counts.astype("i4"))
order = np.concatenate([generator.permutation(np.arange(a, b)) for a, b in zip(shuffled.indptr, shuffled.indptr[1:])])
doubled = np.repeat(order, 2)  # each value in two parts, of which one may be 0
first = generator.integers(0, shuffled.data[order] + 1)
parts = np.stack([first, shuffled.data[order] - first], 1).ravel().astype("i4")
sp.save_npz(
    folder / "csr_i4_duplicates.npz", sp.csr_matrix((parts, shuffled.indices[doubled], 2 * shuffled.indptr), counts.shape)
)
sp.save_npz(folder / "bsr.npz", sp.csr_matrix(np.kron(np.eye(3), np.ones((2, 2)))).tobsr((2, 2)))

scipy.io.mmwrite(folder / "integer.mtx", sp.coo_matrix(counts))
scipy.io.mmwrite(folder / "real.mtx", sp.csc_matrix(counts * 0.25))
scipy.io.mmwrite(folder / "pattern.mtx", sp.coo_matrix(counts != 0), field="pattern")
scipy.io.mmwrite(folder / "symmetric.mtx", sp.coo_matrix(counts.T @ counts), symmetry="symmetric")
with gzip.GzipFile(folder / "integer.mtx.gz", "wb", mtime=0) as packed:
    packed.write((folder / "integer.mtx").read_bytes())
code = "library(Matrix); m <- as.matrix(read.csv('counts.csv', header = FALSE)); invisible(writeMM(Matrix(m, sparse = TRUE), 'r.mtx'))"
subprocess.run(["Rscript", "-e", code], cwd=folder, check=True)

labels = generator.integers(0, 2, len(counts))
dump_svmlight_file(counts * 0.25, labels, str(folder / "one.svmlight"), zero_based=False, comment="written from 1")
dump_svmlight_file(counts * 0.25, labels, str(folder / "zero.svmlight"), zero_based=True, query_id=labels)
