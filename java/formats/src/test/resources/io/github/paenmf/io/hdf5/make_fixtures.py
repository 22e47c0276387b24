"""Makes the HDF5 files beside it, each compressed with gzip.

    apt-get install -y --no-install-recommends python3-h5py python3-anndata python3-loompy r-bioc-rhdf5
    /usr/bin/python3 make_fixtures.py

Made with anndata 0.8.0, h5py 3.7.0 (HDF5 1.10.8), loompy 3.0.7 and rhdf5 2.42.0. All but those that say otherwise
hold the matrix V below, 7 samples × 5 features. Samples are called cell0 to cell6, features ENS0 to ENS4.
"""

import gzip
import os
import shutil
import subprocess
import warnings

import anndata
import h5py
import loompy
import numpy as np
import pandas as pd
import scipy.sparse as sp

warnings.simplefilter("ignore")
os.chdir(os.path.dirname(os.path.abspath(__file__)))

# Row 2 and column 3 are empty.
V = np.array(
    [
        [1, 0, 0, 0, 2],
        [0, 3, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [4, 0, 5, 0, 0],
        [0, 0, 0, 0, 6],
        [0, 7, 0, 0, 0],
        [300, 0, 0, 0, 8.5],
    ],
    dtype="f4",
)
CELLS = [f"cell{i}" for i in range(7)]
GENES = [f"ENS{i}" for i in range(5)]


def annotated(x, **more):
    obs = pd.DataFrame({"batch": list("abaabba")}, index=CELLS)
    var = pd.DataFrame({"symbol": ["A", "B", "B", "C", "D"]}, index=GENES)
    return anndata.AnnData(x, obs=obs, var=var, **more)


def pack(name):
    with open(name, "rb") as plain, open(name + ".gz", "wb") as packed:
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as out:
            out.write(plain.read())
    os.remove(name)


def text(group, name, values):
    group.create_dataset(name, data=np.array(values, dtype=object), dtype=h5py.string_dtype())


def tables(f, index="_index"):
    """obs and var with nothing but names."""
    for name, values in ("obs", CELLS), ("var", GENES):
        group = f.create_group(name)
        group.attrs["encoding-type"] = "dataframe"
        group.attrs["_index"] = index
        text(group, index, values)


def compressed(f, name, matrix, format="csr", dtype=None, index_dtype="i4", **options):
    m = getattr(sp, format + "_matrix")(matrix)
    group = f.create_group(name)
    group.attrs["encoding-type"] = format + "_matrix"
    group.attrs["shape"] = m.shape
    group.create_dataset("data", data=m.data.astype(dtype or m.data.dtype), **options)
    group.create_dataset("indices", data=m.indices.astype(index_dtype), **options)
    group.create_dataset("indptr", data=m.indptr.astype(index_dtype), **options)
    return group


# By anndata itself.
a = annotated(sp.csr_matrix(V), layers={"counts": sp.csr_matrix(V * 2), "scaled": V * 3})
a.raw = annotated(sp.csr_matrix(V * 4))
a.write_h5ad("anndata_csr.h5ad")
annotated(sp.csc_matrix(V)).write_h5ad("anndata_csc.h5ad", compression="gzip")
annotated(V).write_h5ad("anndata_dense.h5ad", compression="lzf")  # names too
annotated(sp.csr_matrix(V.shape, dtype="f4")).write_h5ad("anndata_zeros.h5ad")
a.write_loom("anndata.loom")
named = annotated(sp.csr_matrix(V))
named.var.index = pd.Index(["A", "B", "B", "C", "D"], name="symbol")
named.var["id"] = GENES
named.write_h5ad("anndata_repeated_names.h5ad")
for name in "anndata_csr.h5ad", "anndata_csc.h5ad", "anndata_dense.h5ad", "anndata_zeros.h5ad", "anndata.loom":
    pack(name)
# A names' column that is categorical, which some programs write.
with h5py.File("anndata_repeated_names.h5ad", "r+") as f:
    del f["var/symbol"]
    column = f.create_group("var/symbol")
    column.attrs["encoding-type"] = "categorical"
    text(column, "categories", ["A", "B", "C", "D"])
    column.create_dataset("codes", data=np.array([0, 1, 1, 2, 3], "i1"))
pack("anndata_repeated_names.h5ad")

loompy.create("loompy.loom", V.T, {"Gene": np.array(GENES)}, {"CellID": np.array(CELLS)})
pack("loompy.loom")


# What other versions write.
with h5py.File("no_x.h5ad", "w") as f:
    tables(f)
    compressed(f, "layers/counts", V)
    compressed(f, "layers/other", V)
    f.create_dataset("X", data=h5py.Empty("f4")).attrs["encoding-type"] = "null"
pack("no_x.h5ad")

with h5py.File("before_0_7.h5ad", "w") as f:  # anndata 0.6
    m = sp.csr_matrix(V)
    x = f.create_group("X")
    x.attrs["h5sparse_format"] = "csr"
    x.attrs["h5sparse_shape"] = m.shape
    for part in "data", "indices", "indptr":
        x.create_dataset(part, data=getattr(m, part))
    f.create_dataset("raw.X", data=V[:, :4] * 2)
    for name, values in ("obs", CELLS), ("var", GENES), ("raw.var", GENES[:4]):
        rows = np.array([(v.encode(), i) for i, v in enumerate(values)], dtype=[("index", "S5"), ("n", "i4")])
        f.create_dataset(name, data=rows)
pack("before_0_7.h5ad")

with h5py.File("version_0_7.h5ad", "w") as f:  # categories by reference
    tables(f)
    f.create_dataset("X", data=V)
    del f["var/_index"]
    text(f, "var/__categories/_index", GENES[::-1])
    codes = f.create_dataset("var/_index", data=np.array([4, 3, 2, 1, 0], "i1"))
    codes.attrs["categories"] = f["var/__categories/_index"].ref
pack("version_0_7.h5ad")

with h5py.File("latest.h5ad", "w", libver="latest") as f:  # other structures for groups and chunks
    tables(f, "names")
    compressed(f, "X", V, "csr", dtype="u2", index_dtype="i8", chunks=(4,), compression="gzip", shuffle=True)
    values = f["obs/names"][()]
    del f["obs/names"]
    column = f.create_group("obs/names")
    column.attrs["encoding-type"] = "nullable-string-array"
    text(column, "values", values)
    column.create_dataset("mask", data=np.zeros(7, bool))
pack("latest.h5ad")

with h5py.File("types.h5ad", "w") as f:  # the same values, 0 to 8, in all types, and big-endian too
    tables(f)
    small = np.where(V == 300, 0, V).astype("i4")
    for dtype in "i1", "u1", "<i2", ">i2", "<u2", "<i4", ">i4", "<u4", "<i8", "<u8", "<f2", "<f4", ">f4", "<f8", "bool":
        f.create_dataset("layers/" + dtype.strip("<>") + ("_big" if ">" in dtype else ""), data=small.astype(dtype))
    space = h5py.h5s.create_simple((7, 5))
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    compact = h5py.h5d.create(f["layers"].id, b"compact", h5py.h5t.NATIVE_FLOAT, space, properties)
    compact.write(h5py.h5s.ALL, h5py.h5s.ALL, small.astype("f4"))
    f.create_dataset("layers/chunked", data=small, chunks=(2, 3))
    f.create_dataset("layers/text", data=np.full((7, 5), "a", "S1"))
    f.create_dataset("layers/complex", data=small.astype("c8"))
    f.create_dataset("layers/cube", data=np.zeros((7, 5, 2), "f4"))
    f.create_group("layers/awkward").attrs["encoding-type"] = "awkward-array"
    f.create_dataset("layers/coded", data=small).attrs["encoding-type"] = "rec-array"
pack("types.h5ad")

with h5py.File("lz4.h5ad", "w") as f:  # what a library that is not beside h5py would write
    tables(f)
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((7, 5))
    properties.set_filter(32004, h5py.h5z.FLAG_OPTIONAL, ())
    x = h5py.h5d.create(f.id, b"X", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((7, 5)), properties)
    head = (140).to_bytes(8, "big") + (140).to_bytes(4, "big") + (100).to_bytes(4, "big")
    x.write_direct_chunk((0, 0), head + bytes(100), 0)  # not LZ4 itself: nobody gets that far
pack("lz4.h5ad")

with h5py.File("unwritten.h5ad", "w") as f:
    tables(f)
    for name, fill in ("nan", np.nan), ("minus", -999.0), ("zero", 0.0):
        d = f.create_dataset("layers/" + name, (7, 5), "f4", chunks=(2, 5), fillvalue=fill)
        d[0:2] = V[0:2]
        f.create_dataset("layers/none_" + name, (7, 5), "f4", chunks=(2, 5), fillvalue=fill)
        f.create_dataset("layers/all_" + name, (7, 5), "f4", chunks=(2, 5), fillvalue=fill)[:] = V
    f.create_dataset("layers/contiguous", (7, 5), "f4")
    f.create_dataset("layers/contiguous_nan", (7, 5), "f4", fillvalue=np.nan)
pack("unwritten.h5ad")

with h5py.File("committed.h5ad", "w") as f:
    tables(f)
    f["layers/type"] = np.dtype("f4")
    f.create_dataset("layers/named", data=V, dtype=f["layers/type"])
    f.create_dataset("layers/plain", data=V)
pack("committed.h5ad")

for libver in "earliest", "latest":
    with h5py.File(f"virtual_{libver}.h5ad", "w", libver=libver) as f:
        tables(f)
        f.create_dataset("layers/plain", data=V)
        layout = h5py.VirtualLayout(V.shape, "f4")
        layout[:] = h5py.VirtualSource(f["layers/plain"])
        f.create_virtual_dataset("layers/virtual", layout)
        f.create_dataset("obs/region", data=f["layers/plain"].regionref[:2, :2], dtype=h5py.regionref_dtype)
    pack(f"virtual_{libver}.h5ad")


with h5py.File("damaged.h5ad", "w") as f:
    tables(f)
    m = sp.csr_matrix(V)  # indptr 0 2 3 3 5 6 7 9; indices 0 4 1 0 2 4 1 0 4

    def damaged(name, **parts):
        group = f.create_group("layers/" + name)
        group.attrs["encoding-type"] = "csr_matrix"
        group.attrs["shape"] = m.shape
        for part in "data", "indices", "indptr":
            values = parts.get(part, getattr(m, part))
            if values is not None:
                group.create_dataset(part, data=np.array(values))
        return group

    damaged("negative", indices=[0, 4, 1, 0, -2, 4, 1, 0, 4])
    damaged("beyond", indices=[0, 4, 1, 0, 2, 4, 1, 0, 5])
    damaged("descending", indptr=[0, 2, 3, 2, 5, 6, 7, 9])
    damaged("late", indptr=[1, 2, 3, 3, 5, 6, 7, 9])
    damaged("too_far", indptr=[0, 2, 3, 3, 5, 6, 10, 9])
    damaged("too_short", indptr=[0, 2, 3, 3, 5, 6, 7, 8])
    damaged("few_rows", indptr=[0, 2, 3, 9])
    damaged("few_indices", indices=[0, 4, 1])
    damaged("fraction", indices=[0, 4, 1, 0, 2.5, 4, 1, 0, 4])
    damaged("huge", indices=np.array([0, 4, 1, 0, 2**64 - 1, 4, 1, 0, 4], "u8"))
    damaged("words", data=np.full(9, b"a"))
    damaged("no_indices", indices=None)
    damaged("table", data=np.ones((9, 1)))
    del damaged("no_shape").attrs["shape"]
    damaged("large").attrs["shape"] = (7, 2**31)
    damaged("other_shape").attrs["shape"] = (7, 6)
    # Valid, but unusual.
    damaged("unordered", indices=[4, 0, 1, 2, 0, 4, 1, 4, 0], data=[2, 1, 3, 5, 4, 6, 7, 8.5, 300])
    damaged("doubles", indices=m.indices.astype("f8"), indptr=m.indptr.astype("f8"))
    damaged("repeated", indices=[0, 4, 1, 0, 0, 4, 1, 0, 4])
    damaged("zeros", data=[1, 0, 3, 4, 5, 6, 7, 0, 0])
pack("damaged.h5ad")

with h5py.File("names.h5ad", "w") as f:  # names of all kinds, and wrong ones, each in a raw/var of its own
    tables(f)
    f.create_dataset("X", data=V)
    f.create_dataset("raw/X", data=V)
for kind in "numbers", "missing", "masked", "beyond", "few", "unknown", "absent", "nested":
    shutil.copy("names.h5ad", f"names_{kind}.h5ad")
    with h5py.File(f"names_{kind}.h5ad", "r+") as f:
        table = f.create_group("raw/var")
        table.attrs["_index"] = "i"
        if kind == "numbers":
            table["i"] = np.arange(5) * 10
        elif kind in ("missing", "beyond"):
            text(table, "i/categories", ["A", "B"])
            table["i/codes"] = np.array([0, 1, 0, -1 if kind == "missing" else 2, 0], "i1")
        elif kind == "masked":
            text(table, "i/values", list("ABCDE"))
            table["i/mask"] = np.array([0, 0, 1, 0, 0], bool)
        elif kind == "few":
            text(table, "i", list("ABCD"))
        elif kind == "unknown":
            table.create_group("i").attrs["encoding-type"] = "odd"
        elif kind == "nested":
            table["i"] = np.zeros((5, 2))
    pack(f"names_{kind}.h5ad")
os.remove("names.h5ad")


# 10x.
def barcodes(group):
    group.create_dataset("barcodes", data=np.array(CELLS, "S18"))


def parts(group, m):
    for part in "data", "indices", "indptr":
        kind = "i4" if part == "data" else "i8"
        group.create_dataset(part, data=getattr(m, part).astype(kind), chunks=(3,), compression="gzip", shuffle=True)
    group.create_dataset("shape", data=np.array(m.shape, "i4"))


COUNTS = np.floor(V)
with h5py.File("cellranger3.h5", "w") as f:
    f.attrs["chemistry_description"] = "Single Cell 3' v3"
    m = f.create_group("matrix")
    barcodes(m)
    parts(m, sp.csc_matrix(COUNTS.T))
    features = m.create_group("features")
    features.create_dataset("_all_tag_keys", data=np.array([b"genome"]))
    features.create_dataset("id", data=np.array(GENES, "S15"))
    features.create_dataset("name", data=np.array(["A", "B", "B", "C", "D"], "S8"))
    features.create_dataset("feature_type", data=np.array(["Gene Expression"] * 5, "S15"))
pack("cellranger3.h5")

for genomes in ["hg19"], ["hg19", "mm10"]:
    with h5py.File(f"cellranger2_{len(genomes)}.h5", "w") as f:
        for i, genome in enumerate(genomes):
            m = f.create_group(genome)
            barcodes(m)
            parts(m, sp.csc_matrix(COUNTS.T * (i + 1)))
            m.create_dataset("genes", data=np.array(GENES, "S15"))
            m.create_dataset("gene_names", data=np.array(list("ABEFG"), "S8"))
    pack(f"cellranger2_{len(genomes)}.h5")

# By R, which has 64-bit integers only as doubles, and writes missing values as numbers.
R = """
suppressMessages(library(rhdf5))
f <- "rhdf5.loom"; h5createFile(f)
h5createGroup(f, "row_attrs"); h5createGroup(f, "col_attrs"); h5createGroup(f, "layers")
v <- rbind(c(1L, NA, 0L), c(0L, 4L, 5L)) # 2 samples x 3 features; R stores columns first
h5write(v, f, "matrix")
h5write(rbind(c(TRUE, NA, FALSE), c(FALSE, TRUE, TRUE)), f, "layers/logical")
h5write(v + 0.5, f, "layers/double")
h5write(c("A", "B", "C"), f, "row_attrs/Gene")
h5write(c("one", "two"), f, "col_attrs/CellID")
h5closeAll()
"""
subprocess.run(["Rscript", "-e", R], check=True)
pack("rhdf5.loom")

with h5py.File("other.h5", "w") as f:
    f.create_dataset("temperature", data=V)
pack("other.h5")
