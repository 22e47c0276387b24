package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.backend.HeadOracle;
import io.github.paenmf.math.WeibullReference;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.testing.ErrorReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("jdk")
class HeadKernelTest {

    private static final int[] SIZES = {1, 7, 31, 33, 65, 127, 257};

    /** λ and k from their floors up, also where the prior is not 1, 1: k₀ ≤ 30 · shapeMin. */
    static List<PaeConfiguration> variants() {
        List<PaeConfiguration> variants = new ArrayList<>();
        for (Heads heads : Heads.values()) {
            for (double[] prior : new double[][] {{1, 1}, {2.5, 1.1}, {0.6, 4}, {1, 0.5}}) {
                variants.add(configuration(heads, prior[0], prior[1]));
            }
        }
        return variants;
    }

    private static PaeConfiguration configuration(Heads heads, double k0, double lambda0) {
        return PaeNmf.builder()
                .heads(heads)
                .prior(k0, lambda0)
                .shapeMin(0.1)
                .lambdaMin(1e-3)
                .build()
                .configuration();
    }

    static List<HeadKernel> kernels() {
        return List.of(scalar(), vector());
    }

    private static HeadKernel scalar() {
        return CpuRuntime.scalar("for a test").headKernel();
    }

    private static HeadKernel vector() {
        return CpuRuntime.choose(null, true, true).headKernel();
    }

    static Stream<Arguments> kernelsAndVariants() {
        return kernels().stream().flatMap(kernel -> variants().stream().map(c -> Arguments.of(kernel, c)));
    }

    /** An input whose softplus is y. */
    private static double inverse(Heads heads, double y) {
        return heads == Heads.RELU || y > 30 ? y : Math.log(Math.expm1(y));
    }

    private static HeadBlock run(HeadKernel kernel, PaeConfiguration c, float[] aLambda, float[] aK, float[] noise) {
        return run(kernel, c, aLambda, aK, noise, null);
    }

    private static HeadBlock run(
            HeadKernel kernel, PaeConfiguration c, float[] aLambda, float[] aK, float[] noise, float[] logs) {
        HeadBlock block = new HeadBlock(noise.length, 1);
        block.inverseRatio = logs == null ? null : logs.clone();
        System.arraycopy(aLambda, 0, block.aLambda, 0, noise.length);
        System.arraycopy(aK, 0, block.aK, 0, noise.length);
        System.arraycopy(noise, 0, block.noise, 0, noise.length);
        kernel.forward(HeadConstants.of(c), block, noise.length);
        return block;
    }

    @Test
    void theVectorKernelIsThere() {
        assertTrue(vector().description().contains("Vector API"), vector().description());
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void noiseGoesByAllBitsOfAnId(HeadKernel kernel) {
        long[] ids = {0, 1, -1, 1L << 32, 0xabcdef0123456789L, Long.MIN_VALUE, 1L << 55, 1L << 56};
        int rank = 6;
        HeadBlock block = new HeadBlock(ids.length, rank);
        int stride = HeadBlock.stride(ids.length);
        block.upperIds = new int[stride];
        for (int i = 0; i < ids.length; i++) {
            block.ids[i] = (int) ids[i];
            block.upperIds[i] = (int) (ids[i] >>> 32);
        }
        kernel.noise(7, 3, Purpose.TRAINING, block, stride, rank);
        float[] expected = new float[rank];
        for (int i = 0; i < ids.length; i++) {
            Philox.uniforms(7, ids[i], 3, Purpose.TRAINING, new int[Philox.WORDS], expected, 0, rank);
            for (int j = 0; j < rank; j++) {
                assertEquals(expected[j], block.noise[j * stride + i], ids[i] + ", " + j);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void divergencesOfTheReference(HeadKernel kernel) {
        ErrorReport report = new ErrorReport(kernel.description() + ": KL of the reference");
        int compared = 0;
        for (WeibullReference row : WeibullReference.divergences()) {
            if (row.k1() < 0.1 || row.l1() < 1e-3 || row.l1() > 1e3) {
                continue;
            }
            compared++;
            PaeConfiguration c = configuration(Heads.RELU, row.k2(), row.l2());
            float[] lambda = filled((float) row.l1());
            float[] k = filled((float) row.k1());
            HeadBlock block = run(kernel, c, lambda, k, filled(0.5f));
            // the reference is for the decimal number, the kernel gets its float
            HeadOracle.Values bounds = new HeadOracle(c)
                    .bounds(
                            row.l1(),
                            row.k1(),
                            0.5,
                            Math.abs(row.l1() - lambda[0]) * (1 + 1e-9),
                            Math.abs(row.k1() - k[0]) * (1 + 1e-9));
            for (int i = 0; i < lambda.length; i += lambda.length - 1) {
                report.compare("KL of " + row, row.value(), block.kl[i], bounds.kl());
                boolean atBound = lambda[0] == 1e-3f || lambda[0] == 1e3f;
                report.compare("by λ of " + row, row.byScale(), block.klByLambda[i], bounds.klByLambda());
                report.compare("by k of " + row, row.byShape(), block.klByK[i], bounds.klByK());
                assertTrue(!atBound || block.klByLambda[i] != 0, "a value at its bound has still a slope");
            }
        }
        report.log();
        assertEquals(18, compared);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void samplesOfTheReference(HeadKernel kernel) {
        ErrorReport report = new ErrorReport(kernel.description() + ": samples of the reference");
        int compared = 0;
        PaeConfiguration c = configuration(Heads.RELU, 1, 1);
        for (WeibullReference row : WeibullReference.samples()) {
            if (row.k1() < 0.1 || row.l1() < 1e-3 || row.l1() > 1e3) {
                continue;
            }
            compared++;
            float[] noise = filled((float) row.eps());
            float[] lambda = filled((float) row.l1());
            float[] k = filled((float) row.k1());
            HeadBlock block = run(kernel, c, lambda, k, noise);
            HeadOracle oracle = new HeadOracle(c);
            HeadOracle.Values exact = oracle.exact(lambda[0], k[0], noise[0]);
            HeadOracle.Values bounds = oracle.bounds(lambda[0], k[0], noise[0], 0, 0);
            // The kernel's inputs are the floats next to the row's: relative changes of at most U in λ
            // and k, and of ε by U, which is one of E by U/(ε E).
            double e = -Math.log(row.eps());
            double logE = Math.abs(Math.log(e));
            double eError = 2 * Math.abs(noise[0] - row.eps()) / (row.eps() * e);
            double input = ErrorReport.U * (1 + logE / row.k1()) + eError / row.k1();
            for (int i = 0; i < noise.length; i += noise.length - 1) {
                report.compare("h of " + row, row.value(), block.h[i], bounds.h() + exact.h() * input);
                report.compare(
                        "by λ of " + row,
                        row.byScale(),
                        block.hByLambda[i],
                        bounds.hByLambda() + exact.hByLambda() * input);
                report.compare(
                        "by k of " + row,
                        row.byShape(),
                        block.hByK[i],
                        bounds.hByK()
                                + Math.abs(exact.hByK()) * (input + 2 * ErrorReport.U)
                                + exact.h() * eError / (row.k1() * row.k1()));
            }
        }
        report.log();
        assertEquals(12, compared);
    }

    /** More than a vector, and a rest: both paths of the vector kernel see the value. */
    private static float[] filled(float value) {
        float[] values = new float[33];
        Arrays.fill(values, value);
        return values;
    }

    /** λ in [1e-3, 1e3] and k in [0.1, 100], both log-uniform, noise as a step draws it. */
    @ParameterizedTest
    @MethodSource("kernels")
    void valuesAndDerivativesOverTheWholeRange(HeadKernel kernel) {
        int n = 10_000;
        float[] noise = new float[n];
        Philox.uniforms(3, 1, 1, Purpose.TRAINING, new int[Philox.WORDS], noise, 0, n);
        ErrorReport h = new ErrorReport(kernel.description() + ": h");
        ErrorReport hByLambda = new ErrorReport(kernel.description() + ": h by λ");
        ErrorReport hByK = new ErrorReport(kernel.description() + ": h by k");
        ErrorReport kl = new ErrorReport(kernel.description() + ": KL");
        ErrorReport klByLambda = new ErrorReport(kernel.description() + ": KL by λ");
        ErrorReport klByK = new ErrorReport(kernel.description() + ": KL by k");
        for (PaeConfiguration c : variants()) {
            SplittableRandom random = new SplittableRandom(1);
            float[] aLambda = new float[n];
            float[] aK = new float[n];
            for (int i = 0; i < n; i++) {
                aLambda[i] = (float) inverse(c.heads(), 1.1e-3 * Math.pow(9e5, random.nextDouble()));
                aK[i] = (float) inverse(c.heads(), 0.101 * Math.pow(1000, random.nextDouble()));
                noise[i] = i % 1000 == 0 ? 0x1p-24f : i % 1000 == 1 ? 1 - 0x1p-24f : noise[i];
            }
            HeadBlock block = run(kernel, c, aLambda, aK, noise);
            HeadOracle oracle = new HeadOracle(c);
            String variant = c.heads() + ", prior " + c.priorShape() + ", " + c.priorScale();
            for (int i = 0; i < n; i++) {
                HeadOracle.Values exact = oracle.exact(aLambda[i], aK[i], noise[i]);
                HeadOracle.Values bounds = oracle.bounds(aLambda[i], aK[i], noise[i], 0, 0);
                int at = i;
                Supplier<String> what =
                        () -> variant + ", aλ = " + aLambda[at] + ", ak = " + aK[at] + ", ε = " + noise[at];
                h.compare(what, exact.h(), block.h[i], bounds.h());
                hByLambda.compare(what, exact.hByLambda(), block.hByLambda[i], bounds.hByLambda());
                hByK.compare(what, exact.hByK(), block.hByK[i], bounds.hByK());
                kl.compare(what, exact.kl(), block.kl[i], bounds.kl());
                klByLambda.compare(what, exact.klByLambda(), block.klByLambda[i], bounds.klByLambda());
                klByK.compare(what, exact.klByK(), block.klByK[i], bounds.klByK());
            }
        }
        for (ErrorReport report : List.of(h, hByLambda, hByK, kl, klByLambda, klByK)) {
            report.log();
        }
    }

    /**
     * Priors of rows, of which the kernel is told by ln (λ₀/λ₀ᵢⱼ)^k₀ and which it has no constant of. That is a float, off by u
     * times its magnitude, its exponential by 3u, and the product with the ratio of λ rounds, too: as an error of λ by so much
     * over k₀ would be, and twice as much of softplus's input, whose slope is above a half.
     */
    @ParameterizedTest
    @MethodSource("kernelsAndVariants")
    void aPriorOfARowIsThatOfItsScale(HeadKernel kernel, PaeConfiguration c) {
        int n = 67;
        float[] noise = new float[n];
        Philox.uniforms(3, 1, 1, Purpose.TRAINING, new int[Philox.WORDS], noise, 0, n);
        SplittableRandom random = new SplittableRandom(5);
        float[] aLambda = new float[n];
        float[] aK = new float[n];
        for (int i = 0; i < n; i++) {
            aLambda[i] = (float) random.nextDouble(0.1, 5);
            aK[i] = (float) random.nextDouble(0.3, 5);
        }
        ErrorReport report = new ErrorReport(kernel.description() + ": priors of rows");
        for (double ratio : new double[] {0.2, 1, 7}) {
            double constant = c.priorShape() * Math.log(ratio);
            float[] logs = new float[n];
            Arrays.fill(logs, (float) -constant);
            HeadBlock block = run(kernel, c, aLambda, aK, noise, logs);
            HeadOracle oracle = new HeadOracle(configuration(c.heads(), c.priorShape(), c.priorScale() * ratio));
            for (int i = 0; i < n; i++) {
                HeadOracle.Values exact = oracle.exact(aLambda[i], aK[i], noise[i]);
                double off = 2 * ErrorReport.U * (4 + Math.abs(constant)) * (1 + aLambda[i]) / c.priorShape();
                HeadOracle.Values bounds = oracle.bounds(aLambda[i], aK[i], noise[i], off, 0);
                String what = "ratio " + ratio + ", row " + i;
                report.compare("h, " + what, exact.h(), block.h[i], bounds.h());
                report.compare("KL, " + what, exact.kl(), block.kl[i] + constant, bounds.kl());
                report.compare("by λ, " + what, exact.klByLambda(), block.klByLambda[i], bounds.klByLambda());
                report.compare("by k, " + what, exact.klByK(), block.klByK[i], bounds.klByK());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void aPriorOfARowThatIsThatOfAllChangesNoBit(PaeConfiguration c) {
        for (HeadKernel kernel : kernels()) {
            float[] inside = filled(1.3f);
            HeadBlock all = run(kernel, c, inside, filled(2f), filled(0.3f));
            HeadBlock rows = run(kernel, c, inside, filled(2f), filled(0.3f), filled(0f));
            for (int i = 0; i < inside.length; i++) {
                sameBits("KL", all.kl[i], rows.kl[i]);
                sameBits("KL by λ", all.klByLambda[i], rows.klByLambda[i]);
                sameBits("KL by k", all.klByK[i], rows.klByK[i]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void scalarAndVectorKernelsGiveTheSameBits(PaeConfiguration c) {
        float[] special = {
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            0f,
            -0f,
            1e-3f,
            0.1f,
            1e3f,
            Math.nextUp(1e3f),
            Math.nextDown(0.1f),
            -3f,
            Float.MIN_VALUE,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            1f
        };
        for (int size : SIZES) {
            SplittableRandom random = new SplittableRandom(size);
            float[] aLambda = new float[size];
            float[] aK = new float[size];
            float[] noise = new float[size];
            for (int i = 0; i < size; i++) {
                aLambda[i] = (float) random.nextDouble(-2, 5);
                aK[i] = (float) random.nextDouble(-1, 5);
                noise[i] = Philox.toUniform(random.nextInt());
                if (i % 3 == 1) {
                    aLambda[i] = special[random.nextInt(special.length)];
                }
                if (i % 5 == 2) {
                    aK[i] = special[random.nextInt(special.length)];
                }
                if (i % 7 == 3) {
                    noise[i] = random.nextBoolean() ? 0x1p-24f : 1 - 0x1p-24f;
                }
            }
            float[] ratios = new float[size];
            for (int i = 0; i < size; i++) {
                ratios[i] = (float) random.nextDouble(-9, 9);
            }
            // of every other size rows have priors of their own
            HeadBlock plain = run(scalar(), c, aLambda, aK, noise, size % 4 == 1 ? ratios : null);
            HeadBlock vectors = run(vector(), c, aLambda, aK, noise, size % 4 == 1 ? ratios : null);
            for (int i = 0; i < size; i++) {
                String at = size + ": aλ = " + aLambda[i] + ", ak = " + aK[i] + ", ε = " + noise[i];
                sameBits(at + ": h", plain.h[i], vectors.h[i]);
                sameBits(at + ": KL", plain.kl[i], vectors.kl[i]);
                sameBits(at + ": h by λ", plain.hByLambda[i], vectors.hByLambda[i]);
                sameBits(at + ": h by k", plain.hByK[i], vectors.hByK[i]);
                sameBits(at + ": KL by λ", plain.klByLambda[i], vectors.klByLambda[i]);
                sameBits(at + ": KL by k", plain.klByK[i], vectors.klByK[i]);
                sameBits(at + ": tail", plain.tail[i], vectors.tail[i]);
            }
        }
    }

    /** All NaN are equal; 0 and −0 are not. */
    private static void sameBits(String what, float expected, float actual) {
        assertEquals(
                Float.floatToIntBits(expected),
                Float.floatToIntBits(actual),
                () -> what + ": plain loops give " + expected + ", vectors " + actual);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void slopesAreZeroBeyondTheBounds(HeadKernel kernel) {
        PaeConfiguration c = configuration(Heads.RELU, 1, 1);
        float[] noise = filled(0.3f);
        float[] inside = filled(2f);
        for (float lambda : new float[] {-5f, 0f, Math.nextDown(1e-3f), Math.nextUp(1e3f), 1e9f}) {
            HeadBlock block = run(kernel, c, filled(lambda), inside, noise);
            for (int i = 0; i < noise.length; i++) {
                assertEquals(0f, Math.abs(block.hByLambda[i]), "λ = " + lambda);
                assertEquals(0f, Math.abs(block.klByLambda[i]), "λ = " + lambda);
                assertTrue(block.hByK[i] != 0 && block.klByK[i] != 0, "k is free");
            }
        }
        for (float k : new float[] {-5f, 0f, Math.nextDown(0.1f)}) {
            HeadBlock block = run(kernel, c, inside, filled(k), noise);
            for (int i = 0; i < noise.length; i++) {
                assertEquals(0f, Math.abs(block.hByK[i]), "k = " + k);
                assertEquals(0f, Math.abs(block.klByK[i]), "k = " + k);
                assertTrue(block.hByLambda[i] != 0 && block.klByLambda[i] != 0, "λ is free");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernelsAndVariants")
    void whatIsNotANumberStaysSo(HeadKernel kernel, PaeConfiguration c) {
        float[] nan = filled(Float.NaN);
        float[] fine = filled(1.5f);
        float[] noise = filled(0.3f);
        HeadBlock block = run(kernel, c, nan, fine, noise);
        assertTrue(Float.isNaN(block.h[0]) && Float.isNaN(block.h[32]), "h of a λ that is no number");
        block = run(kernel, c, fine, nan, noise);
        assertTrue(Float.isNaN(block.h[0]) && Float.isNaN(block.h[32]), "h of a k that is no number");
        assertTrue(Float.isNaN(block.kl[0]) && Float.isNaN(block.kl[32]), "KL of a k that is no number");
    }

    /** Kolmogorov and Smirnov: sampled h against the distribution function of the Weibull. */
    @ParameterizedTest
    @CsvSource({"0.1, 0.01", "0.3, 1", "1, 1", "1, 1000", "1.5, 0.2", "4, 3", "50, 10"})
    void sampledCoefficientsHaveTheirDistribution(float k, float lambda) {
        int rows = 25_000;
        int rank = 4;
        int n = rows * rank;
        float[] noise = new float[n];
        int[] words = new int[Philox.WORDS];
        for (int i = 0; i < rows; i++) {
            Philox.uniforms(2026, i, 7, Purpose.TRAINING, words, noise, i * rank, rank);
        }
        float[] lambdas = new float[n];
        float[] ks = new float[n];
        Arrays.fill(lambdas, lambda);
        Arrays.fill(ks, k);
        float[] h = run(vector(), configuration(Heads.RELU, 1, 1), lambdas, ks, noise).h;
        Arrays.sort(h);
        double distance = 0;
        for (int i = 0; i < n; i++) {
            double p = -Math.expm1(-Math.pow((double) h[i] / lambda, k));
            distance = Math.max(distance, Math.max(p - i / (double) n, (i + 1) / (double) n - p));
        }
        // Massart 1990: P(D > d) ≤ 2 exp(−2 n d²) for every n; odds of 1e-6 for a fair sampler. Noise of
        // 23 bits and float32 h add 2⁻²⁴ and k · 1e-5 · 0.37 at most.
        double critical = Math.sqrt(Math.log(2e6) / (2.0 * n)) + 0x1p-24 + 4e-6 * Math.min(k, 1);
        assertTrue(distance < critical, "D = " + distance + ", critical " + critical);
    }
}
