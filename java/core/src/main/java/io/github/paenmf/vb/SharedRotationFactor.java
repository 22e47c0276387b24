package io.github.paenmf.vb;

/**
 * A factor of which all rows are known alike: X̂ = C·G⁻¹, and Σ = σ²G⁻¹ of every row. The noise is the fit's: the prior is
 * weighed against the data as the fit did.
 */
final class SharedRotationFactor implements RotationFactor {

    private final int rows;
    private final int rank;
    private final double[] leastSquares;
    private final double[] covariance;
    private final FactorPrior prior;
    private final Parallel parallel;

    /**
     * @param covariance Σ, r × r
     * @param leastSquares X̂, one row per component, r × rows
     */
    SharedRotationFactor(int rows, double[] leastSquares, double[] covariance, FactorPrior prior, Parallel parallel) {
        this.rows = rows;
        this.rank = prior.mean().length;
        this.leastSquares = leastSquares;
        this.covariance = covariance;
        this.prior = prior;
        this.parallel = parallel;
    }

    @Override
    public RotationFactor widened(double times) {
        double[] wider = covariance.clone();
        for (int e = 0; e < wider.length; e++) {
            wider[e] *= times;
        }
        return new SharedRotationFactor(rows, leastSquares, wider, prior, Parallel.serial());
    }

    @Override
    public int rows() {
        return rows;
    }

    /** Σ·M, r × r. */
    private double[] turnedCovariance(double[] m) {
        return Dense.multiply(covariance, m, rank);
    }

    /** MⱼᵀΣMⱼ for each j. */
    static double[] variances(double[] m, double[] turned, int rank) {
        double[] variances = new double[rank];
        for (int a = 0; a < rank; a++) {
            for (int j = 0; j < rank; j++) {
                variances[j] += m[a * rank + j] * turned[a * rank + j];
            }
        }
        return variances;
    }

    private EntryDensity density(int j) {
        return new EntryDensity(prior.mean()[j], prior.inclusion()[j]);
    }

    @Override
    public double evaluate(double[] m, double[] gradient) {
        double[] turned = turnedCovariance(m);
        double[] variances = variances(m, turned, rank);
        Chunks chunks = new Chunks(rows);
        double[][] partial = new double[chunks.count()][];
        parallel.run(chunks.count(), task -> partial[task] = evaluate(m, variances, chunks, task));
        double[] total = new double[rank * rank + rank + 1];
        for (double[] part : partial) {
            Dense.axpy(1, part, 0, total, 0, total.length);
        }
        for (int a = 0; a < rank; a++) {
            for (int j = 0; j < rank; j++) {
                int e = a * rank + j;
                gradient[e] = total[e] + 2 * total[rank * rank + j] * turned[e];
            }
        }
        return total[rank * rank + rank];
    }

    /** Of some rows: X̂ᵀ·∂ln f/∂x, r × r; Σ ∂ln f/∂v of each column; Σ ln f. */
    private double[] evaluate(double[] m, double[] variances, Chunks chunks, int task) {
        double[] sums = new double[rank * rank + rank + 1];
        EntryDensities densities = new EntryDensities();
        double[] x = new double[ColumnOps.WINDOW];
        for (int first = chunks.first(task); first < chunks.end(task); first += ColumnOps.WINDOW) {
            int count = Math.min(ColumnOps.WINDOW, chunks.end(task) - first);
            for (int j = 0; j < rank; j++) {
                ColumnOps.combine(m, j, rank, rank, leastSquares, rows, first, count, x, 0);
                sums[rank * rank + j] += densities.add(density(j), x, count, Math.sqrt(variances[j]));
                ColumnOps.dots(leastSquares, rows, first, rank, densities.byX(), 0, count, sums, j, rank);
            }
        }
        sums[rank * rank + rank] = densities.sumOfLogs();
        return sums;
    }

    @Override
    public double[][] hessian(double[] m) {
        double[] turned = turnedCovariance(m);
        double[] variances = variances(m, turned, rank);
        double[][] blocks = new double[rank][];
        parallel.run(rank, j -> blocks[j] = hessian(m, turned, variances[j], j));
        return blocks;
    }

    private double[] hessian(double[] m, double[] turned, double variance, int j) {
        double[] block = new double[rank * rank];
        double[] mixed = new double[rank]; // Σ ∂²/∂x∂v·x̂
        double bySquare = 0;
        double byV = 0;
        double[] x = new double[ColumnOps.WINDOW];
        double[] cross = new double[ColumnOps.WINDOW];
        double[] weighted = new double[ColumnOps.WINDOW];
        double[] second = new double[3];
        EntryDensity density = density(j);
        double deviation = Math.sqrt(variance);
        double inverse = 1 / deviation;
        for (int first = 0; first < rows; first += ColumnOps.WINDOW) {
            int count = Math.min(ColumnOps.WINDOW, rows - first);
            ColumnOps.combine(m, j, rank, rank, leastSquares, rows, first, count, x, 0);
            for (int i = 0; i < count; i++) {
                density.at(x[i], deviation, inverse);
                density.secondDerivatives(second);
                x[i] = second[0];
                cross[i] = second[1];
                bySquare += second[2];
                byV += density.byV();
            }
            ColumnOps.dots(leastSquares, rows, first, rank, cross, 0, count, mixed, 0, 1);
            for (int a = 0; a < rank; a++) {
                for (int i = 0; i < count; i++) {
                    weighted[i] = x[i] * leastSquares[a * rows + first + i];
                }
                ColumnOps.dots(leastSquares, rows, first, rank, weighted, 0, count, block, a * rank, 1);
            }
        }
        for (int a = 0; a < rank; a++) { // ∂v/∂M = 2ΣM, ∂²v/∂M² = 2Σ
            double ca = 2 * turned[a * rank + j];
            for (int b = 0; b < rank; b++) {
                double cb = 2 * turned[b * rank + j];
                block[a * rank + b] +=
                        mixed[a] * cb + mixed[b] * ca + bySquare * ca * cb + 2 * byV * covariance[a * rank + b];
            }
        }
        return block;
    }

    @Override
    public void means(double[] m, double[] mean, double[] deviationOfMean) {
        double[] variances = variances(m, turnedCovariance(m), rank);
        double[] x = new double[ColumnOps.WINDOW];
        for (int j = 0; j < rank; j++) {
            EntryDensity density = density(j);
            double deviation = Math.sqrt(variances[j]);
            double inverse = 1 / deviation;
            double sum = 0;
            double squares = 0;
            for (int first = 0; first < rows; first += ColumnOps.WINDOW) {
                int count = Math.min(ColumnOps.WINDOW, rows - first);
                ColumnOps.combine(m, j, rank, rank, leastSquares, rows, first, count, x, 0);
                for (int i = 0; i < count; i++) {
                    density.at(x[i], deviation, inverse);
                    sum += density.posteriorMean();
                    squares += density.posteriorVariance();
                }
            }
            mean[j] = sum / rows;
            deviationOfMean[j] = Math.sqrt(squares) / rows;
        }
    }
}
