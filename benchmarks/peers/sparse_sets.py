#!/usr/bin/env python3
"""Makes the data of benchmarks/run-sparse: sparse counts, float32, as SciPy's uncompressed .npz and for R as raw arrays.

  sparse_sets.py NAME FOLDER [--data DIR]    writes FOLDER/NAME.npz and FOLDER/NAME.raw/, unless they are there

  text        package descriptions of Debian, `apt-cache dumpavail`: a row a package, words of two letters or more in at
              least 5 of them, how often each occurs. What is in it goes by the system's package lists
  pbmc        pbmc.npy of --data, without its zeros
  medium      generated, 20 000 x 20 000, 5 %: 2e7 nonzeros
  large       generated, 100 000 x 20 000, 5 %: 1e8 nonzeros
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import scipy.sparse

GENERATED = {"medium": (20_000, 20_000), "large": (100_000, 20_000)}
DENSITY = 0.05
LEAST_PACKAGES = 5


def text():
    try:
        listed = subprocess.run(["apt-cache", "dumpavail"], stdout=subprocess.PIPE, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as problem:
        sys.exit(f"no package descriptions: {problem}. The set needs a Debian system with package lists (apt update)")
    rows = []
    for package in listed.split("\n\n"):
        description = re.search(r"^Description(?:-en)?: (.*(?:\n .*)*)", package, re.M)
        if description:
            rows.append(collections.Counter(re.findall("[a-z]{2,}", description.group(1).lower())))
    packages = collections.Counter(word for row in rows for word in row)
    kept = sorted(word for word, count in packages.items() if count >= LEAST_PACKAGES)
    if not kept:
        sys.exit("apt-cache dumpavail has no descriptions: update the package lists")
    column = {word: j for j, word in enumerate(kept)}
    rows = [sorted((column[word], count) for word, count in row.items() if word in column) for row in rows]
    starts = np.cumsum([0] + [len(row) for row in rows])
    entries = [entry for row in rows for entry in row]
    return scipy.sparse.csr_matrix(([count for _, count in entries], [j for j, _ in entries], starts),
                                   shape=(len(rows), len(kept)), dtype=np.float32)


def generated(n, m):
    """As many nonzeros in each row, at columns drawn at random, geometric counts."""
    random = np.random.default_rng(0)
    each = int(m * DENSITY)
    columns = np.empty((n, each), np.int32)
    for row in columns:
        row[:] = np.sort(random.choice(m, each, replace=False, shuffle=False))
    counts = random.geometric(0.5, n * each).astype(np.float32)
    return scipy.sparse.csr_matrix((counts, columns.ravel(), np.arange(0, n * each + 1, each)), shape=(n, m))


def pbmc(folder):
    if folder is None or not (folder / "pbmc.npy").exists():
        sys.exit("needs --data DIR with pbmc.npy")
    return scipy.sparse.csr_matrix(np.load(folder / "pbmc.npy").astype(np.float32))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["text", "pbmc", *GENERATED])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    options = parser.parse_args()
    raw = options.folder / f"{options.name}.raw"
    if (raw / "shape.json").exists():
        return
    matrix = (text() if options.name == "text" else pbmc(options.data) if options.name == "pbmc"
              else generated(*GENERATED[options.name]))
    scipy.sparse.save_npz(options.folder / f"{options.name}.npz", matrix, compressed=False)
    raw.mkdir(exist_ok=True)
    for part in ("indptr", "indices"):
        getattr(matrix, part).astype("<i4").tofile(raw / part)
    matrix.data.astype("<f4").tofile(raw / "data")
    shape = {"rows": matrix.shape[0], "columns": matrix.shape[1], "nonzeros": matrix.nnz}
    (raw / "shape.json").write_text(json.dumps(shape))  # last: what is there is whole


main()
