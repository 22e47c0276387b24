"""Makes the polynomials and the test table of PoissonPosterior.

    python3 poisson_posterior.py table > poisson_posterior.csv
    python3 poisson_posterior.py coefficients

Needs mpmath and NumPy. The shape k*(a) minimises (a + 1)(ln G(1 + 1/k) + gamma/k) + ln k. With x = 1/k and
t = 1/sqrt(a + 1), that is x*(psi(1 + x) + gamma) = t^2, so that x is smooth in t from 0 to 1.
"""
import sys

import mpmath
import numpy

mpmath.mp.dps = 50
DEGREES = {"SHAPE": 8, "RATIO": 10, "DIVERGENCE": 8, "VARIATION": 14}
POINTS = 24


def inverse_shape(t):
    """x of t > 0, by Newton's method from the leading terms of its series."""
    x = t * mpmath.sqrt(6) / mpmath.pi
    for _ in range(100):
        value = x * (mpmath.digamma(1 + x) + mpmath.euler) - t * t
        slope = mpmath.digamma(1 + x) + mpmath.euler + x * mpmath.psi(1, 1 + x)
        step = value / slope
        x -= step
        if abs(step) < mpmath.mpf(10) ** -40 * x:
            return x
    raise ArithmeticError(f"no convergence at t = {t}")


def functions(t):
    """t*k, R, what the divergence is beside ln(1/t), and the squared coefficient of variation over t^2."""
    x = inverse_shape(t)
    curve = mpmath.loggamma(1 + x) + mpmath.euler * x
    ratio = mpmath.exp(-curve)
    divergence = -mpmath.log(x) + curve - mpmath.euler - 1 + mpmath.log(t)
    variation = mpmath.exp(mpmath.loggamma(1 + 2 * x) - 2 * mpmath.loggamma(1 + x)) - 1
    return t / x, ratio, divergence, variation / t**2


def coefficients():
    """By least squares at Chebyshev points, in powers of z = 2t - 1."""
    z = numpy.cos(numpy.pi * (numpy.arange(POINTS) + 0.5) / POINTS)
    values = [functions((1 + mpmath.mpf(point)) / 2) for point in z]
    for (name, degree), column in zip(DEGREES.items(), zip(*values)):
        series = numpy.polynomial.chebyshev.chebfit(z, numpy.array([float(v) for v in column]), degree)
        powers = numpy.polynomial.chebyshev.cheb2poly(series)
        print(f"private static final float[] {name} = {{")
        print(",\n".join(f"    {numpy.float32(c)!s}f" for c in powers))
        print("};")


def table():
    """For a from 0 to 1e9: a, k, R, the divergence, and the squared coefficient of variation."""
    print("a,shape,ratio,divergence,variation")
    points = [0.0] + list(10 ** numpy.linspace(-6, 9, 301))
    for a in sorted({float(numpy.float32(point)) for point in points}):
        t = 1 / mpmath.sqrt(mpmath.mpf(a) + 1)
        shape, ratio, divergence, variation = functions(t)
        numbers = (shape / t, ratio, divergence - mpmath.log(t), variation * t * t)
        print(",".join([repr(a)] + [mpmath.nstr(number, 17) for number in numbers]))


if __name__ == "__main__":
    {"table": table, "coefficients": coefficients}[sys.argv[1]]()
