"""The exact Weibull posterior of one coefficient of NMF with a Gaussian likelihood and an exponential prior.

For a number beta it is the Weibull distribution with shape k and scale y that minimises
    f(y, k) = y^2 G(1 + 2/k)/2 - beta y G(1 + 1/k) + ln k - ln y + g/k        (g: Euler's constant)
where f is least, Y = y^2 G(1 + 2/k) is (k - g - psi(1 + 1/k))/(psi(1 + 2/k) - psi(1 + 1/k)), and beta = (Y - 1)/(y G(1 + 1/k)).
So beta is an explicit, increasing function of k, which is inverted here with 60 digits.

Writes, for WeibullPosterior:
    weibull_posterior.csv beside this file: shape, mean, variance, reduced least cost and beta - mean for betas that are floats
    PosteriorCoefficients.java and cuda/include/posterior_coefficients.cuh: polynomials, which meet at the joints of the pieces
Run: python3 weibull_posterior.py, with mpmath and NumPy; then mvn spotless:apply.
"""

import pathlib

import numpy
from mpmath import asinh, cos, digamma, erfc, euler, exp, findroot, gamma, log, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 60
DEGREE = 9
CURVE = mpf(12)  # w = sqrt(12)/(sqrt(beta^2 + 12) + |beta|), and with -beta in place of |beta| in the middle of the line
MIDDLE = mpf("0.5")  # up to here the first piece
FAR = mpf("2.5")  # from here on the last
CENTRE = mpf("1.5")


def at(k):
    psi1, psi2, g1, g2 = digamma(1 + 1 / k), digamma(1 + 2 / k), gamma(1 + 1 / k), gamma(1 + 2 / k)
    square = (k - euler - psi1) / (psi2 - psi1)
    y = sqrt(square / g2)
    return (square - 1) / (y * g1), y, g1, g2


def shape(beta):
    low, high = mpf(-130), mpf(60)  # of ln(k - 1)
    for _ in range(12):
        middle = (low + high) / 2
        if at(1 + exp(middle))[0] < beta:
            low = middle
        else:
            high = middle
    difference = lambda u: asinh(at(1 + exp(u))[0]) - asinh(beta)
    return 1 + exp(findroot(difference, (low, high), solver="anderson", tol=mpf(10) ** -50, maxsteps=300))


def posterior(beta):
    """shape, mean, variance, least cost"""
    k = shape(beta)
    _, y, g1, g2 = at(k)
    return k, y * g1, y * y * (g2 - g1 * g1), y * y * g2 / 2 - beta * y * g1 + log(k) - log(y) + euler / k


def w(beta):
    return sqrt(CURVE) / (sqrt(beta * beta + CURVE) + (beta if beta > FAR else -beta))


def distance(value):
    """|beta| from w; far out where w is 0"""
    return (sqrt(CURVE) / value - sqrt(CURVE) * value) / 2 if value else mpf(10) ** 14


def limit(value, otherwise):
    return lambda beta, z, p: value(beta, z, p) if z else otherwise


reduced = lambda beta, z, p: p[3] + beta * beta / 2
less = lambda beta, z, p: beta - p[1]
PIECES = [  # the ends of z, beta from z, and what is approximated: from mean, variance, cost, shape
    (
        (mpf(0), w(MIDDLE)),
        lambda z: -distance(z),
        {
            "mean": limit(lambda beta, z, p: p[1] / z, 2 / sqrt(CURVE)),
            "variance": limit(lambda beta, z, p: p[2] / z**2, 4 / CURVE),
            "cost": limit(lambda beta, z, p: p[3] + log(z), 1 + euler + log(sqrt(CURVE) / 2)),
            "shape": limit(lambda beta, z, p: p[0], mpf(1)),
        },
    ),
    (
        (MIDDLE - CENTRE, FAR - CENTRE),
        lambda z: z + CENTRE,
        {"mean": less, "cost": reduced, "shape": lambda beta, z, p: p[0]},
    ),
    (
        (mpf(0), sqrt(CURVE) / (sqrt(FAR * FAR + CURVE) + FAR)),
        distance,
        {
            "mean": limit(lambda beta, z, p: less(beta, z, p) / z, mpf(0)),
            "cost": reduced,
            "shape": limit(lambda beta, z, p: p[0] * z, pi / sqrt(mpf(2))),
        },
    ),
]


def coefficients():
    """By name, those of one piece after the other, lowest power first: interpolation at Chebyshev's points, ends included."""
    table = {}
    for (low, high), inverse, functions in PIECES:
        nodes = [low + (high - low) * (1 - cos(pi * j / DEGREE)) / 2 for j in range(DEGREE + 1)]
        exact = [(inverse(z), z, posterior(inverse(z))) for z in nodes]
        powers = matrix([[z**i for i in range(DEGREE + 1)] for z in nodes])
        for name, function in functions.items():
            solution = lu_solve(powers, matrix([function(*point) for point in exact]))
            table.setdefault(name, []).extend(numpy.float32(float(c)) for c in solution)
    return table


def literal(value):
    return repr(float(str(value))).replace("e-0", "e-") + "f"


def rows(values):
    return ["    " * 2 + ", ".join(literal(v) for v in values[i : i + DEGREE + 1]) for i in range(0, len(values), DEGREE + 1)]


def java(table):
    lines = [
        "package io.github.paenmf.math;",
        "",
        "/**",
        " * Of the polynomials of {@link WeibullPosterior}, lowest power first, one piece after the other. Written by",
        " * weibull_posterior.py, among the resources of the tests, as are those of the CUDA kernels.",
        " */",
        "final class PosteriorCoefficients {",
    ]
    for name, values in table.items():
        lines += ["", "    static final float[] " + name.upper() + " = {"]
        lines += ["        " + literal(v) + "," for v in values] + ["    };"]
    return lines + ["", "    private PosteriorCoefficients() {}", "}"]


def cuda(table):
    lines = [
        "// Of the polynomials of weibull_posterior.cuh, lowest power first, one piece after the other. Written by",
        "// weibull_posterior.py, among the resources of the Java tests, as are those of Java.",
        "#pragma once",
        "",
        "namespace paenmf {",
    ]
    for name, values in table.items():
        if name != "shape":
            lines += ["", "__constant__ float kPosterior%s[%d] = {" % (name.capitalize(), len(values))]
            lines += ["    " + literal(v) + "," for v in values] + ["};"]
    return lines + ["", "}  // namespace paenmf"]


def betas():
    values = set()
    for exponent in range(-24, 49):  # powers of 10^(1/8) up to 1e6
        value = 10.0 ** (exponent / 8)
        values.update([value, -value] if value <= 1e4 else [value])
    for joint in (0.0, float(MIDDLE), float(FAR)):
        value = numpy.float32(joint)
        values.update([joint, float(numpy.nextafter(value, numpy.float32(9))), float(numpy.nextafter(value, numpy.float32(-9)))])
        values.update(joint + i / 64 for i in range(-8, 9))
    values.update(i / 16 for i in range(-64, 97))
    return sorted({float(numpy.float32(v)) for v in values if v == 0 or abs(v) > 1e-30})


def main():
    here = pathlib.Path(__file__).resolve()
    root = next(folder for folder in here.parents if (folder / "cuda" / "include").is_dir())
    table = coefficients()
    write(root / "java/core/src/main/java/io/github/paenmf/math/PosteriorCoefficients.java", java(table))
    write(root / "cuda/include/posterior_coefficients.cuh", cuda(table))
    lines = ["beta,shape,mean,variance,reducedLeastCost,lessMean,trueLeastCost"]
    for beta in betas():
        exact = mpf(beta)
        k, mean, variance, cost = posterior(exact)
        shift = exact * exact / 2 if exact > 0 else mpf(0)
        # of the truncated normal: f = -ln of the integral of exp(beta x - x^2/2) over x > 0, except for what f leaves out, g + 1
        true = -log(sqrt(pi / 2) * erfc(-exact / sqrt(mpf(2)))) - exact * exact / 2 + euler + 1 + shift
        cells = [k, mean, variance, cost + shift, exact - mean, true]
        lines.append(",".join([repr(beta)] + [repr(float(c)) for c in cells]))
    write(here.with_suffix(".csv"), lines)


def write(path, lines):
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
