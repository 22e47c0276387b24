#!/usr/bin/env Rscript
# Fits of flashier with point-exponential priors on both factors, for benchmarks/coverage:
#
#   flashier_peer.R DIR        says READY with the versions, and answers each line of stdin with a JSON object
#   flashier_peer.R --version  says READY, and ends
#
# FIT START RANK SEED P,P,... fits DIR/data.csv (n x m) and writes DIR/H.csv (n rows) and DIR/W.csv (m rows). Their
# columns are blocks of RANK: the posterior's quantile at each P, its mean, and the probability of not being 0. START is
#
#   greedy  one component after the other, and then all of them together (flash_greedy, flash_backfit): the way of
#           flashier's vignettes
#   nmf     all of them together from DIR/start-H.csv and DIR/start-W.csv (flash_factors_init, flash_backfit)
#
# One noise variance (var_type = 0), all else flashier's defaults. It keeps components as long as each raises the ELBO,
# RANK at most; the columns of those that it left out are 0.

DRAWS <- 1000  # for quantiles

if (!requireNamespace("flashier", quietly = TRUE))
  stop("R finds no package flashier; benchmarks/README.md says how to install it")
suppressPackageStartupMessages(library(flashier))

read_matrix <- function(dir, name) unname(as.matrix(read.csv(file.path(dir, name), header = FALSE)))

write_matrix <- function(x, dir, name)
  write.table(format(x, digits = 9, trim = TRUE), file.path(dir, name), sep = ",", quote = FALSE, row.names = FALSE,
              col.names = FALSE)

fit <- function(dir, start, rank) {
  empty <- flash_set_verbose(flash_init(read_matrix(dir, "data.csv"), var_type = 0L), 0L)
  begun <- switch(
    start,
    greedy = flash_greedy(empty, Kmax = rank, ebnm_fn = ebnm_point_exponential),
    nmf = flash_factors_init(empty, list(read_matrix(dir, "start-H.csv"), read_matrix(dir, "start-W.csv")),
                             ebnm_fn = ebnm_point_exponential),
    stop("START must be greedy or nmf, not ", start))
  flash_nullcheck(flash_backfit(begun))
}

# Of the rows of draws. Order statistics, so that a quantile in the point mass at 0 is 0; the i-th of N draws has
# i / (N + 1) of the distribution below it on average.
quantiles <- function(draws, p) t(apply(draws, 1, sort)[round(p * (DRAWS + 1)), ])

# Blocks of RANK columns for one factor; lists of draws, each a matrix.
blocks <- function(draws, mean, lfsr, rank, p) {
  result <- array(0, c(nrow(mean), rank, length(p) + 2))
  for (k in seq_len(ncol(mean))) {
    result[, k, seq_along(p)] <- quantiles(vapply(draws, function(draw) draw[, k], numeric(nrow(mean))), p)
    result[, k, length(p) + 1] <- mean[, k]
    result[, k, length(p) + 2] <- 1 - lfsr[, k]  # the local false sign rate of what is never below 0
  }
  matrix(result, nrow(mean))
}

answer <- function(dir, start, rank, seed, p) {
  fl <- fit(dir, start, rank)
  if (fl$n_factors == 0)
    stop("flashier kept no component")
  set.seed(seed)
  draws <- fl$sampler(DRAWS)
  write_matrix(blocks(lapply(draws, `[[`, "L"), fl$L_pm, fl$L_lfsr, rank, p), dir, "H.csv")
  write_matrix(blocks(lapply(draws, `[[`, "F"), fl$F_pm, fl$F_lfsr, rank, p), dir, "W.csv")
  sprintf('{"kept":%d,"elbo":%.3f,"converged":%s}', fl$n_factors, fl$elbo,
          if (is.null(fl$flash_fit$maxiter.reached)) "true" else "false")
}

arguments <- commandArgs(trailingOnly = TRUE)
if (length(arguments) != 1)
  stop("not one argument, DIR or --version")
cat(sprintf('READY {"library":"R %s, flashier %s, ebnm %s"}\n', getRversion(), packageVersion("flashier"),
            packageVersion("ebnm")))
if (arguments != "--version") {
  commands <- file("stdin", "r")
  while (length(line <- readLines(commands, 1))) {
    words <- strsplit(line, " ")[[1]]
    if (length(words) != 5 || words[1] != "FIT")
      stop("not FIT START RANK SEED P,P,...: ", line)
    cat(answer(arguments, words[2], as.integer(words[3]), as.integer(words[4]),
               as.numeric(strsplit(words[5], ",")[[1]])), "\n", sep = "")
  }
}
