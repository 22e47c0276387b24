package io.github.paenmf.vb;

import java.util.Arrays;

/** A factor of which each row has a covariance Σ of its own; (n + m)·r³ multiplications for a gradient. */
final class RowRotationFactor implements RotationFactor {

    private final int rows;
    private final int rank;
    private final int pairs;
    private final double[] leastSquares;
    private final double[] covariances;
    private final FactorPrior prior;
    private final Parallel parallel;

    RowRotationFactor(RowEstimates estimates, FactorPrior prior, Parallel parallel) {
        this(
                estimates.rows(),
                ColumnOps.byComponent(estimates.estimates(), estimates.rows(), estimates.rank()),
                ColumnOps.byComponent(estimates.covariances(), estimates.rows(), RowProducts.pairs(estimates.rank())),
                prior,
                parallel);
    }

    /**
     * @param leastSquares X̂, one row per component, r × rows
     * @param covariances of the rows, one row per pair of components, pairs × rows
     */
    private RowRotationFactor(
            int rows, double[] leastSquares, double[] covariances, FactorPrior prior, Parallel parallel) {
        this.rows = rows;
        this.rank = prior.mean().length;
        this.pairs = RowProducts.pairs(rank);
        this.leastSquares = leastSquares;
        this.covariances = covariances;
        this.prior = prior;
        this.parallel = parallel;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public RotationFactor widened(double times) {
        double[] wider = covariances.clone();
        for (int e = 0; e < wider.length; e++) {
            wider[e] *= times;
        }
        return new RowRotationFactor(rows, leastSquares, wider, prior, Parallel.serial());
    }

    private EntryDensity density(int j) {
        return new EntryDensity(prior.mean()[j], prior.inclusion()[j]);
    }

    /** What MⱼᵀΣMⱼ takes of each pair of a covariance. */
    private double[] shares(double[] m, int j) {
        double[] shares = new double[pairs];
        int p = 0;
        for (int a = 0; a < rank; a++) {
            for (int b = a; b < rank; b++) {
                shares[p++] = (a == b ? 1 : 2) * m[a * rank + j] * m[b * rank + j];
            }
        }
        return shares;
    }

    /** Some rows of one column: coefficients and deviations. */
    private void place(double[] m, double[] shares, int j, int first, int count, double[] x, double[] deviations) {
        ColumnOps.combine(m, j, rank, rank, leastSquares, rows, first, count, x, 0);
        ColumnOps.combine(shares, 0, 1, pairs, covariances, rows, first, count, deviations, 0);
        for (int i = 0; i < count; i++) { // which is above 0 except for rounding
            deviations[i] = Math.sqrt(Math.max(deviations[i], Double.MIN_NORMAL));
        }
    }

    @Override
    public double evaluate(double[] m, double[] gradient) {
        Chunks chunks = new Chunks(rows);
        double[][] partial = new double[chunks.count()][];
        double[][] shares = new double[rank][];
        for (int j = 0; j < rank; j++) {
            shares[j] = shares(m, j);
        }
        parallel.run(chunks.count(), task -> partial[task] = evaluate(m, shares, chunks, task));
        double[] total = new double[rank * rank + rank * pairs + 1];
        for (double[] part : partial) {
            Dense.axpy(1, part, 0, total, 0, total.length);
        }
        for (int a = 0; a < rank; a++) {
            for (int j = 0; j < rank; j++) {
                double turned = 0;
                for (int b = 0; b < rank; b++) {
                    turned += total[rank * rank + j * pairs + RowProducts.pair(a, b, rank)] * m[b * rank + j];
                }
                gradient[a * rank + j] = total[a * rank + j] + 2 * turned;
            }
        }
        return total[total.length - 1];
    }

    /** Of some rows: X̂ᵀ·∂ln f/∂x, r × r; Σ ∂ln f/∂v·Σ of each column, r × pairs; Σ ln f. */
    private double[] evaluate(double[] m, double[][] shares, Chunks chunks, int task) {
        double[] sums = new double[rank * rank + rank * pairs + 1];
        double[] x = new double[ColumnOps.WINDOW];
        double[] deviations = new double[ColumnOps.WINDOW];
        double logs = 0;
        for (int first = chunks.first(task); first < chunks.end(task); first += ColumnOps.WINDOW) {
            int count = Math.min(ColumnOps.WINDOW, chunks.end(task) - first);
            for (int j = 0; j < rank; j++) {
                place(m, shares[j], j, first, count, x, deviations);
                EntryDensity density = density(j);
                for (int i = 0; i < count; i++) {
                    density.at(x[i], deviations[i], 1 / deviations[i]);
                    logs += density.log();
                    x[i] = density.byX();
                    deviations[i] = density.byV();
                }
                ColumnOps.dots(leastSquares, rows, first, rank, x, 0, count, sums, j, rank);
                ColumnOps.dots(covariances, rows, first, pairs, deviations, 0, count, sums, rank * rank + j * pairs, 1);
            }
        }
        sums[sums.length - 1] = logs;
        return sums;
    }

    @Override
    public double[][] hessian(double[] m) {
        double[][] blocks = new double[rank][];
        parallel.run(rank, j -> blocks[j] = hessian(m, j));
        return blocks;
    }

    /** With u = Σ·Mⱼ, half of ∂v/∂Mⱼ: Σ x̂x̂ᵀ·f_xx + 2(x̂uᵀ + ux̂ᵀ)·f_xv + 4uuᵀ·f_vv + 2Σ·f_v, f for ln f. */
    private double[] hessian(double[] m, int j) {
        double[] block = new double[rank * rank];
        double[] byV = new double[pairs];
        double[] shares = shares(m, j);
        double[] x = new double[ColumnOps.WINDOW];
        double[] deviations = new double[ColumnOps.WINDOW];
        double[] cross = new double[ColumnOps.WINDOW];
        double[] square = new double[ColumnOps.WINDOW];
        double[] withX = new double[ColumnOps.WINDOW];
        double[] withU = new double[ColumnOps.WINDOW];
        double[] u = new double[rank * ColumnOps.WINDOW];
        double[] second = new double[3];
        EntryDensity density = density(j);
        for (int first = 0; first < rows; first += ColumnOps.WINDOW) {
            int count = Math.min(ColumnOps.WINDOW, rows - first);
            place(m, shares, j, first, count, x, deviations);
            for (int i = 0; i < count; i++) {
                density.at(x[i], deviations[i], 1 / deviations[i]);
                density.secondDerivatives(second);
                x[i] = second[0];
                cross[i] = 2 * second[1];
                square[i] = 4 * second[2];
                deviations[i] = density.byV();
            }
            ColumnOps.dots(covariances, rows, first, pairs, deviations, 0, count, byV, 0, 1);
            turn(m, j, first, count, u);
            for (int a = 0; a < rank; a++) {
                for (int i = 0; i < count; i++) {
                    double coefficient = leastSquares[a * rows + first + i];
                    double turned = u[a * ColumnOps.WINDOW + i];
                    withX[i] = x[i] * coefficient + cross[i] * turned;
                    withU[i] = cross[i] * coefficient + square[i] * turned;
                }
                ColumnOps.dots(leastSquares, rows, first, rank, withX, 0, count, block, a * rank, 1);
                ColumnOps.dots(u, ColumnOps.WINDOW, 0, rank, withU, 0, count, block, a * rank, 1);
            }
        }
        for (int a = 0; a < rank; a++) {
            for (int b = 0; b < rank; b++) {
                block[a * rank + b] += 2 * byV[RowProducts.pair(a, b, rank)];
            }
        }
        return block;
    }

    /** Σ·Mⱼ of some rows, one row per component. */
    private void turn(double[] m, int j, int first, int count, double[] u) {
        for (int a = 0; a < rank; a++) {
            Arrays.fill(u, a * ColumnOps.WINDOW, a * ColumnOps.WINDOW + count, 0);
            for (int b = 0; b < rank; b++) {
                int from = RowProducts.pair(a, b, rank) * rows + first;
                Dense.axpy(m[b * rank + j], covariances, from, u, a * ColumnOps.WINDOW, count);
            }
        }
    }

    @Override
    public void means(double[] m, double[] mean, double[] deviationOfMean) {
        double[] x = new double[ColumnOps.WINDOW];
        double[] deviations = new double[ColumnOps.WINDOW];
        for (int j = 0; j < rank; j++) {
            EntryDensity density = density(j);
            double[] shares = shares(m, j);
            double sum = 0;
            double squares = 0;
            for (int first = 0; first < rows; first += ColumnOps.WINDOW) {
                int count = Math.min(ColumnOps.WINDOW, rows - first);
                place(m, shares, j, first, count, x, deviations);
                for (int i = 0; i < count; i++) {
                    density.at(x[i], deviations[i], 1 / deviations[i]);
                    sum += density.posteriorMean();
                    squares += density.posteriorVariance();
                }
            }
            mean[j] = sum / rows;
            deviationOfMean[j] = Math.sqrt(squares) / rows;
        }
    }
}
