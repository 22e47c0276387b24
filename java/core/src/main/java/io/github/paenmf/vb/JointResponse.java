package io.github.paenmf.vb;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;

/**
 * Linear response with the other factor free, for both factors.
 *
 * <p>The likelihood of H·Wᵀ couples the factors in r² directions alone, H → H(I + E), W → W(I − Eᵀ), in which it is
 * flat; priors and zeros hold E. Its information is Σᵢ (hᵢhᵢᵀ) ⊗ Dᵢᵉᶠᶠ and the same of W, Dᵉᶠᶠ = (D⁻¹ + L⁻¹)⁻¹ =
 * D − D·C·D with the D, L and C of {@link FactorResponse}. The diagonal of E is the scale and held. Coefficient hᵢⱼ
 * gains hᵢᵀ·Cov(E)ⱼ·hᵢ, by the block of E's column j, and w likewise by the block of a row. Where the weights of a
 * component j are known, W → W(I − Eᵀ) must leave them: row j of E is held, too.
 *
 * <p>Components that explain less than the noise of one entry take no part: see
 * {@link TwoSidedPosterior#liveComponents()}.
 *
 * @param h for rows of H
 * @param w for rows of W
 * @param complete whether E was free as a whole; if not, the rank is above {@link #MOST_RANK} and each block is the
 *     inverse of its own information, that is with the rest of E held: variances are then between those of linear
 *     response given the other factor and those of all of E
 */
public record JointResponse(FactorResponse h, FactorResponse w, boolean complete) {

    /** The greatest rank of which the information of E, r² × r², is factored as a whole. */
    public static final int MOST_RANK = 48;

    /** Rows of a block: their products are in memory at once. */
    static final int BLOCK = 512;

    private static final double LEAST_SHIFT = 1e-12;

    /** Linear response of a fit; about (n + m)·r⁴/4 + r⁶/3 multiplications, or (n + m)·r³ where not complete. */
    public static JointResponse of(TwoSidedPosterior fit, Parallel parallel) {
        return of(fit, 0, parallel);
    }

    /**
     * The same where weights are known.
     *
     * @param fixed of how many components, the first ones
     */
    static JointResponse of(TwoSidedPosterior fit, int fixed, Parallel parallel) {
        int[] live = fit.liveComponents();
        return live.length < 2
                ? of(fit, new int[0], new double[0], new double[0], true)
                : of(fit, live, fixed, parallel);
    }

    /** How many of some components, ascending, are among the first {@code fixed}. */
    private static int fixedOf(int[] live, int fixed) {
        return (int) Arrays.stream(live).filter(j -> j < fixed).count();
    }

    private static JointResponse of(TwoSidedPosterior all, int[] live, int fixed, Parallel parallel) {
        int r = live.length;
        if (r > MOST_RANK) {
            return ofComponents(all, live, fixed, parallel);
        }
        TwoSidedPosterior fit = all.select(live);
        int held = fixedOf(live, fixed);
        double[] information = information(productsOfH(fit, parallel), productsOfW(fit, parallel), r, held, parallel);
        Blocks blocks = Blocks.whole(information, r, held, parallel);
        return of(all, live, blocks.h(), blocks.w(), true);
    }

    /**
     * Covariances of the directions in which two factors are coupled: Cov(E)ⱼ of the columns of E, for H, and of its rows,
     * for W; r blocks of r × r each.
     *
     * @param complete whether E was free as a whole
     */
    record Blocks(double[] h, double[] w, boolean complete) {

        /**
         * Of some components among others.
         *
         * @param ofH what rows of H add to the information of E; {@code ofW} likewise
         * @param live the components that they are of
         * @param rank number of all components; blocks of the others are 0
         * @param fixed of how many components, the first ones, weights are known
         */
        static Blocks of(
                Iterable<RowProducts> ofH,
                Iterable<RowProducts> ofW,
                int[] live,
                int rank,
                int fixed,
                Parallel parallel) {
            int r = live.length;
            if (r < 2) {
                return new Blocks(new double[rank * rank * rank], new double[rank * rank * rank], true);
            }
            int held = fixedOf(live, fixed);
            Blocks few = r > MOST_RANK
                    ? ofComponents(Marginal.of(ofH, r, parallel), Marginal.of(ofW, r, parallel), r, held, parallel)
                    : whole(information(ofH, ofW, r, held, parallel), r, held, parallel);
            return new Blocks(expand(few.h, live, rank), expand(few.w, live, rank), few.complete);
        }

        private static Blocks whole(double[] information, int r, int held, Parallel parallel) {
            double[] inverse = inverseFactor(information, r, parallel);
            double[] blocksH = new double[r * r * r];
            double[] blocksW = new double[r * r * r];
            parallel.run(r, j -> {
                for (int a = 0; a < r; a++) {
                    for (int b = 0; b < r; b++) {
                        blocksH[(j * r + a) * r + b] = covariance(inverse, a * r + j, b * r + j, r, held);
                        blocksW[(j * r + a) * r + b] = covariance(inverse, j * r + a, j * r + b, r, held);
                    }
                }
            });
            return new Blocks(blocksH, blocksW, true);
        }

        private static Blocks ofComponents(Marginal ofH, Marginal ofW, int r, int held, Parallel parallel) {
            return new Blocks(
                    blocks(ofH.column(), ofW.row(), r, 0, held, parallel),
                    blocks(ofW.column(), ofH.row(), r, held, 0, parallel),
                    false);
        }
    }

    /** With the rest of E held while one component's column or row of it is free. */
    static JointResponse ofComponents(TwoSidedPosterior all, int[] live, int fixed, Parallel parallel) {
        TwoSidedPosterior fit = all.select(live);
        int r = live.length;
        Marginal ofH = Marginal.of(productsOfH(fit, parallel), r, parallel);
        Marginal ofW = Marginal.of(productsOfW(fit, parallel), r, parallel);
        Blocks blocks = Blocks.ofComponents(ofH, ofW, r, fixedOf(live, fixed), parallel);
        return of(all, live, blocks.h(), blocks.w(), false);
    }

    private static Iterable<RowProducts> productsOfH(TwoSidedPosterior fit, Parallel parallel) {
        return RowProducts.of(fit.h(), information(fit.gramW(), fit), BLOCK, parallel);
    }

    private static Iterable<RowProducts> productsOfW(TwoSidedPosterior fit, Parallel parallel) {
        return RowProducts.of(fit.w(), information(fit.gramH(), fit), BLOCK, parallel);
    }

    private static JointResponse of(
            TwoSidedPosterior all, int[] live, double[] blocksH, double[] blocksW, boolean complete) {
        int r = all.rank();
        double s2 = all.noiseVariance();
        return new JointResponse(
                FactorResponse.joint(all.gramW(), s2, r, expand(blocksH, live, r)),
                FactorResponse.joint(all.gramH(), s2, r, expand(blocksW, live, r)),
                complete);
    }

    private static double[] information(double[] gram, TwoSidedPosterior fit) {
        return FactorResponse.conditional(gram, fit.noiseVariance(), fit.rank()).information();
    }

    /** Blocks of the live components among those of all, which are 0. */
    private static double[] expand(double[] blocks, int[] live, int r) {
        double[] expanded = new double[r * r * r];
        int l = live.length;
        for (int j = 0; j < l; j++) {
            for (int a = 0; a < l; a++) {
                for (int b = 0; b < l; b++) {
                    expanded[(live[j] * r + live[a]) * r + live[b]] = blocks[(j * l + a) * l + b];
                }
            }
        }
        return expanded;
    }

    /** The information of E, r² × r², element (a, j) at a·r + j; the rows of its diagonal are those of the identity. */
    static double[] information(TwoSidedPosterior fit, Parallel parallel) {
        return information(productsOfH(fit, parallel), productsOfW(fit, parallel), fit.rank(), 0, parallel);
    }

    /**
     * The same with the first rows of E held.
     *
     * @param held how many
     */
    private static double[] information(
            Iterable<RowProducts> productsOfH, Iterable<RowProducts> productsOfW, int r, int held, Parallel parallel) {
        int pairs = RowProducts.pairs(r);
        double[] ofH = new double[pairs * pairs];
        double[] ofW = new double[pairs * pairs];
        for (RowProducts p : productsOfH) {
            RowProducts.accumulate(p.squares(), pairs, p.stiffness(), pairs, p.count(), ofH, parallel);
        }
        for (RowProducts p : productsOfW) {
            RowProducts.accumulate(p.squares(), pairs, p.stiffness(), pairs, p.count(), ofW, parallel);
        }
        int d = r * r;
        double[] information = new double[d * d];
        parallel.run(d, row -> {
            int a = row / r;
            int j = row % r;
            if (a == j || a < held) {
                information[row * d + row] = 1;
                return;
            }
            for (int b = held; b < r; b++) {
                for (int k = 0; k < r; k++) {
                    if (b != k) {
                        int ab = RowProducts.pair(a, b, r);
                        int jk = RowProducts.pair(j, k, r);
                        information[row * d + b * r + k] = ofH[ab * pairs + jk] + ofW[jk * pairs + ab];
                    }
                }
            }
        });
        return information;
    }

    /** The inverse X of the information's lower factor, one row per column of it: row c is 0 before c. */
    private static double[] inverseFactor(double[] information, int r, Parallel parallel) {
        int d = r * r;
        return columnsOfInverse(ShiftedCholesky.of(information, d, LEAST_SHIFT).lower(), parallel);
    }

    private static double[] columnsOfInverse(DMatrixRMaj lower, Parallel parallel) {
        int d = lower.numRows;
        double[] f = lower.data;
        double[] columns = new double[d * d];
        int group = 8; // columns for one pass over the factor
        parallel.run((d + group - 1) / group, g -> {
            int first = g * group;
            int end = Math.min(d, first + group);
            for (int i = first; i < d; i++) {
                for (int c = first; c < Math.min(end, i + 1); c++) {
                    double sum = (i == c ? 1 : 0) - Dense.dot(f, i * d + c, columns, c * d + c, i - c);
                    columns[c * d + i] = sum / f[i * d + i];
                }
            }
        });
        return columns;
    }

    /** An entry of the inverse information; 0 for what is held of E: its diagonal, and its first rows. */
    private static double covariance(double[] columns, int u, int v, int r, int held) {
        if (u % (r + 1) == 0 || v % (r + 1) == 0 || Math.min(u, v) < held * r) {
            return 0;
        }
        int d = r * r;
        int from = Math.max(u, v);
        return Dense.dot(columns, u * d + from, columns, v * d + from, d - from);
    }

    /**
     * For each component the inverse of the sum of two packed matrices, without its own row and column.
     *
     * @param without how many components, the first ones, have none
     * @param heldOthers how many, the first ones, are left out of the inverses of the others
     */
    private static double[] blocks(
            double[] first, double[] second, int r, int without, int heldOthers, Parallel parallel) {
        double[] blocks = new double[r * r * r];
        int pairs = RowProducts.pairs(r);
        parallel.run(r, j -> {
            int[] others = IntStream.range(heldOthers, r).filter(a -> a != j).toArray();
            int free = others.length;
            if (j < without || free == 0) {
                return;
            }
            double[] sum = new double[r * r];
            for (int a = 0; a < r; a++) {
                for (int b = 0; b < r; b++) {
                    int ab = j * pairs + RowProducts.pair(a, b, r);
                    sum[a * r + b] = first[ab] + second[ab];
                }
            }
            double[] part = Dense.submatrix(sum, r, others);
            double[] columns =
                    columnsOfInverse(ShiftedCholesky.of(part, free, LEAST_SHIFT).lower(), Parallel.serial());
            for (int a = 0; a < free; a++) {
                for (int b = 0; b < free; b++) {
                    int from = Math.max(a, b);
                    blocks[(j * r + others[a]) * r + others[b]] =
                            Dense.dot(columns, a * free + from, columns, b * free + from, free - from);
                }
            }
        });
        return blocks;
    }

    /**
     * A factor's part of the information of each column or row of E, r × pairs.
     *
     * @param column Σᵢ xxᵀ·Dⱼⱼ for each j
     * @param row Σᵢ xⱼ²·D for each j
     */
    private record Marginal(double[] column, double[] row) {

        static Marginal of(Iterable<RowProducts> products, int r, Parallel parallel) {
            int pairs = RowProducts.pairs(r);
            Marginal sums = new Marginal(new double[r * pairs], new double[r * pairs]);
            for (RowProducts p : products) {
                double[] diagonal = p.diagonal(p.stiffness());
                double[] squares = p.diagonal(p.squares());
                RowProducts.accumulate(diagonal, r, p.squares(), pairs, p.count(), sums.column, parallel);
                RowProducts.accumulate(squares, r, p.stiffness(), pairs, p.count(), sums.row, parallel);
            }
            return sums;
        }
    }
}
