#!/usr/bin/env Rscript
# Iterations of RcppML's NMF on sparse data for benchmarks/run-sparse; "STEPS n" is that of FitServer.java.
#
#   rcppml_peer.R DATA.raw RANK THREADS
#
# DATA.raw is what sparse_sets.py writes: CSR of samples x features, which is R's dgCMatrix of features x samples.

for (package in c("RcppML", "Matrix"))
  if (!requireNamespace(package, quietly = TRUE)) stop("R finds no package ", package, "; install Debian's r-cran-rcppml")
suppressPackageStartupMessages({library(Matrix); library(RcppML)})

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
rank <- as.integer(arguments[2])
setRcppMLthreads(as.integer(arguments[3]))
size <- function(name) {
  shape <- readLines(file.path(folder, "shape.json"), warn = FALSE)
  as.integer(sub(sprintf('.*"%s": ([0-9]+).*', name), "\\1", shape))
}
part <- function(name, what, count)
  readBin(file.path(folder, name), what, count, size = 4, endian = "little")
v <- new("dgCMatrix", p = part("indptr", "integer", size("rows") + 1L), i = part("indices", "integer", size("nonzeros")),
         x = part("data", "numeric", size("nonzeros")), Dim = c(size("columns"), size("rows")))

run <- function(iterations)
  system.time(nmf(v, rank, tol = 0, maxit = iterations, verbose = FALSE, seed = 1))[["elapsed"]]

invisible(run(1L))
cat(sprintf('READY {"library": "RcppML %s, %s"}\n', packageVersion("RcppML"), R.version.string))
flush(stdout())
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  iterations <- as.integer(strsplit(line, " ")[[1]][2])
  taken <- run(1L + iterations) - run(1L)  # without its start
  cat(sprintf('{"ms": %.6f}\n', taken * 1e3 / iterations))
  flush(stdout())
}
