package io.github.paenmf.math;

/**
 * The best Weibull posterior of one coefficient of NMF, given the others, in float32. With a Gaussian likelihood of
 * curvature A and an exponential prior, what the negative evidence lower bound (ELBO) depends on is, in units of 1/√A,
 *
 * <pre>f(y, k) = y² Γ(1 + 2/k)/2 − β y Γ(1 + 1/k) + ln k − ln y + γ/k</pre>
 *
 * where y√(1/A) is the scale, k the shape, γ Euler's constant, and β = (b/σ² − 1/λ₀)/√A holds the data and the prior's
 * mean λ₀. So the distribution for which f is least depends on β alone. At the optimum mean m and variance v satisfy
 * m² + v − βm = 1. As β goes to −∞ it becomes exponential, m → −1/β; as β goes to ∞, m → β, v → 1 and k → πβ/√6;
 * m and k grow with β, and v does up to 1.0448 at β = 6.8, from where it falls to 1.
 *
 * <p>Each function is a polynomial of degree 9 on each of three pieces of the line, in β between the outer two and in
 * w = √12/(√(β² + 12) + |β|) outside, where −β stands for |β| in the first. Branch-free except for choices, without fused
 * operations, as in {@link FloatMath}: vectors run the same operations and give the same bits.
 *
 * <p>Bounds of errors for β from −10⁴ to 10⁶: relative, 2e-6 of the mean and 1e-5 of variance and shape. The functions
 * are finite for all β; beyond ±{@link #LIMIT} they are those of ±LIMIT.
 *
 * <p>Against the exact posterior, a truncated normal, the bound loses at most 0.0172 nats per coefficient up to β = 4
 * (most at β = 1.1), and up to 0.0906 as β grows.
 */
public final class WeibullPosterior {

    /** β is clamped to this magnitude: w² and β² stay normal floats. */
    public static final float LIMIT = 1e18f;

    /** Where the piece in the middle begins. */
    public static final float MIDDLE = 0.5f;

    /** Where the last piece begins. */
    public static final float FAR = 2.5f;

    /** Subtracted from β between the two. */
    public static final float CENTRE = 1.5f;

    /** The constant under the root in w. */
    public static final float CURVE = 12f;

    /** The float nearest to √12. */
    public static final float ROOT_OF_CURVE = 3.4641016f;

    /** Of all polynomials. */
    public static final int DEGREE = 9;

    private static final int TERMS = DEGREE + 1;

    /** (Γ(1 + x) − 1)/x on [0, 1], lowest power first: least squares at 400 Chebyshev points. */
    private static final float[] GAMMA = {
        -0.57721545f,
        0.98901868f,
        -0.90641938f,
        0.96989421f,
        -0.91355738f,
        0.75825652f,
        -0.47432599f,
        0.18898875f,
        -0.034640104f
    };

    private WeibullPosterior() {}

    /** The standardised mean m: that of the coefficient times √A. Relative error 2e-6. */
    public static float mean(float beta) {
        float b = clamp(beta);
        float term = meanTerm(b, w(b));
        return b > MIDDLE ? b - term : term;
    }

    /**
     * β − m without cancellation, where β is clamped; error 1e-6 · max(1, −β) up to β = {@link #MIDDLE}, and 1e-6 / max(1, β)
     * from there on, where β − m goes like 0.57/β².
     */
    public static float lessMean(float beta) {
        float b = clamp(beta);
        float term = meanTerm(b, w(b));
        return b > MIDDLE ? term : b - term;
    }

    /** The standardised variance v: that of the coefficient times A. Relative error 1e-5. */
    public static float variance(float beta) {
        float b = clamp(beta);
        float w = w(b);
        return variance(b, w, meanTerm(b, w));
    }

    private static float variance(float b, float w, float term) {
        return b > MIDDLE
                ? (b - term) * term + 1f // as m² + v − βm = 1
                : polynomial(PosteriorCoefficients.VARIANCE, 0, w) * w * w;
    }

    /**
     * The least f. Beside β²/2 for β &gt; 0, which it loses, error as that of {@link #reducedLeastCost}, and two
     * roundings of the result.
     */
    public static float leastCost(float beta) {
        float b = clamp(beta);
        float w = w(b);
        return leastCost(b, w, costPolynomial(b, w));
    }

    private static float leastCost(float b, float w, float polynomial) {
        return b > MIDDLE ? polynomial - 0.5f * b * b : polynomial - FloatMath.log(w);
    }

    /**
     * The least f, plus β²/2 for β &gt; 0, which tends to 0.7489; for β → −∞ it goes like ln(−β) + γ + 1. Error 1e-6 +
     * 2.2e-7 · ln(1 + max(0, −β)).
     */
    public static float reducedLeastCost(float beta) {
        float b = clamp(beta);
        float w = w(b);
        float polynomial = costPolynomial(b, w);
        if (b > MIDDLE) {
            return polynomial;
        }
        float positive = Math.max(0f, b);
        return polynomial - FloatMath.log(w) + 0.5f * positive * positive;
    }

    /**
     * What of the KL divergence from the prior depends on β alone, f + βm − (m² + v)/2 = f + βm/2 − ½: the divergence is
     * this + ln(√A λ₀) − γ − 1 + μ/λ₀, where μ is the coefficient's mean. Nothing cancels as β grows. Error 3e-6 +
     * 2.2e-7 · ln(1 + max(0, −β)).
     */
    public static float divergence(float beta) {
        float b = clamp(beta);
        float w = w(b);
        return divergence(b, w, meanTerm(b, w), costPolynomial(b, w));
    }

    private static float divergence(float b, float w, float term, float polynomial) {
        float half = 0.5f * (b * term);
        return b > MIDDLE ? polynomial - half - 0.5f : polynomial - FloatMath.log(w) + half - 0.5f;
    }

    /**
     * Mean, variance, least cost and divergence of each β in [from, to): the same bits as those of the functions.
     *
     * @param beta holds the arguments; the results have the same indices
     */
    public static void evaluate(
            float[] beta, float[] mean, float[] variance, float[] leastCost, float[] divergence, int from, int to) {
        for (int i = from; i < to; i++) {
            float b = clamp(beta[i]);
            float w = w(b);
            float term = meanTerm(b, w);
            float cost = costPolynomial(b, w);
            mean[i] = b > MIDDLE ? b - term : term;
            variance[i] = variance(b, w, term);
            leastCost[i] = leastCost(b, w, cost);
            divergence[i] = divergence(b, w, term, cost);
        }
    }

    /** Mean and least cost alone, likewise. */
    public static void evaluate(float[] beta, float[] mean, float[] leastCost, int from, int to) {
        for (int i = from; i < to; i++) {
            float b = clamp(beta[i]);
            float w = w(b);
            float term = meanTerm(b, w);
            mean[i] = b > MIDDLE ? b - term : term;
            leastCost[i] = leastCost(b, w, costPolynomial(b, w));
        }
    }

    /** The shape k, 1 or more. Relative error 1e-5. */
    public static float shape(float beta) {
        float b = clamp(beta);
        float w = w(b);
        float polynomial = polynomial(PosteriorCoefficients.SHAPE, piece(b), argument(b, w));
        return b > FAR ? polynomial / w : polynomial;
    }

    /** Γ(1 + 1/k), the mean where λ is 1, of a shape k that is 1 or more. Relative error 5e-7. */
    public static float unitMean(float shape) {
        float x = 1 / shape;
        float sum = GAMMA[GAMMA.length - 1];
        for (int i = GAMMA.length - 2; i >= 0; i--) {
            sum = sum * x + GAMMA[i];
        }
        return 1 + x * sum;
    }

    /** Of the three pieces, one after the other, those of the {@link #DEGREE}-th polynomial in m, lowest power first. */
    public static float[] meanCoefficients() {
        return PosteriorCoefficients.MEAN.clone();
    }

    /** Likewise of the variance, in the first piece only: v/w². */
    public static float[] varianceCoefficients() {
        return PosteriorCoefficients.VARIANCE.clone();
    }

    /** Likewise of the least cost: f + ln w in the first piece, f + β²/2 in the others. */
    public static float[] costCoefficients() {
        return PosteriorCoefficients.COST.clone();
    }

    /** Likewise of the shape, times w in the last piece. */
    public static float[] shapeCoefficients() {
        return PosteriorCoefficients.SHAPE.clone();
    }

    /** Of the polynomial in x = 1/k that {@link #unitMean} adds x times to 1, lowest power first. */
    public static float[] unitMeanCoefficients() {
        return GAMMA.clone();
    }

    private static float clamp(float beta) {
        return Math.max(-LIMIT, Math.min(LIMIT, beta));
    }

    private static float w(float b) {
        float root = (float) Math.sqrt(b * b + CURVE);
        return ROOT_OF_CURVE / (root + (b > MIDDLE ? b : -b));
    }

    private static int piece(float b) {
        return b > FAR ? 2 : b > MIDDLE ? 1 : 0;
    }

    private static float argument(float b, float w) {
        return b > MIDDLE && !(b > FAR) ? b - CENTRE : w;
    }

    /** m up to {@link #MIDDLE}, β − m from there on. */
    private static float meanTerm(float b, float w) {
        float polynomial = polynomial(PosteriorCoefficients.MEAN, piece(b), argument(b, w));
        return b > MIDDLE && !(b > FAR) ? polynomial : polynomial * w;
    }

    private static float costPolynomial(float b, float w) {
        return polynomial(PosteriorCoefficients.COST, piece(b), argument(b, w));
    }

    private static float polynomial(float[] coefficients, int piece, float z) {
        int at = piece * TERMS + DEGREE;
        float sum = coefficients[at];
        for (int i = 1; i <= DEGREE; i++) {
            sum = sum * z + coefficients[at - i];
        }
        return sum;
    }
}
