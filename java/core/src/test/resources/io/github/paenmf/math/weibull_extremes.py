"""Writes weibull_extremes.csv beside this file: functions of Weibull distributions by mpmath with 150 digits, for
arguments that are exactly the doubles printed. Rows whose value is no normal double are left out, except 0. Run: python3 weibull_extremes.py
"""

import itertools
import pathlib
import random
import sys

from mpmath import digamma, euler, exp, log, log1p, loggamma, mp, mpf

mp.dps = 150
rows = []


def add(function, value, *arguments):
    if value == 0 or sys.float_info.min <= abs(value) <= sys.float_info.max:
        cells = [repr(float(a)) for a in arguments] + [""] * (4 - len(arguments))
        rows.append(",".join([function, *cells, repr(float(value))]))


def exact(function):
    return lambda *arguments: function(*map(mpf, arguments))


def limited_exp(x):
    """e^x, and infinity where no double is that large: mpmath would try to write the number down."""
    return exp(x) if x < 1000 else mpf("inf")


@exact
def mean(k, l):
    return l * limited_exp(loggamma(1 + 1 / k))


@exact
def variance(k, l):
    return l**2 * (limited_exp(loggamma(1 + 2 / k)) - limited_exp(2 * loggamma(1 + 1 / k)))


@exact
def median(k, l):
    return l * exp(log(log(mpf(2))) / k)


@exact
def quantile(k, l, p):
    return l * exp(log(-log1p(-p)) / k)


@exact
def density(k, l, h):
    tail = k * log(h / l)
    return mpf("inf") if tail > 10 else exp(log(k / l) + (k - 1) * log(h / l) - exp(tail))


@exact
def kl(k, l, k0, l0):
    tail = limited_exp(k0 * log(l / l0) + loggamma(1 + k0 / k))
    return log(k / k0) + k0 * log(l0 / l) - euler * (1 - k0 / k) + tail - 1


@exact
def kl_by_shape(k, l, k0, l0):
    tail = limited_exp(k0 * log(l / l0) + loggamma(1 + k0 / k))
    return (1 - k0 / k * (euler + tail * digamma(1 + k0 / k))) / k


@exact
def kl_by_scale(k, l, k0, l0):
    return k0 / l * (limited_exp(k0 * log(l / l0) + loggamma(1 + k0 / k)) - 1)


@exact
def squared_wasserstein(k, l, k2, l2):
    squares = l**2 * limited_exp(loggamma(1 + 2 / k)) + l2**2 * limited_exp(loggamma(1 + 2 / k2))
    if (k, l) == (k2, l2):
        return mpf(0)
    return squares - 2 * l * l2 * limited_exp(loggamma(1 + 1 / k + 1 / k2))


SHAPES = [1e-3, 0.00719, 0.01, 0.05, 0.3, 0.9, 1, 1 + 1e-9, 1.37, 2, 3.6, 10.5, 20, 1e3, 1e6, 1e8, 1e10, 1e12]
SCALES = [1e-200, 1e-3, 1, 5, 1e150]
for k, l in itertools.product(SHAPES, SCALES):
    add("mean", mean(k, l), k, l)
    add("variance", variance(k, l), k, l)
    add("median", median(k, l), k, l)
    for p in [1e-300, 1e-17, 0.1, 0.6321, 1 - 2**-20, 1 - 2**-53]:
        add("quantile", quantile(k, l, p), k, l, p)
    for h in [1e-250, 1e-170, l * 0.02, l * (1 - 1 / (k + 2)), l, l * (1 + 3 / (k + 5)), l * 3, 1e200]:
        add("density", density(k, l, h), k, l, h)

add("squaredWasserstein", squared_wasserstein(5, 1, 5, 1 + 1e-8), 5, 1, 5, 1 + 1e-8)
add("kl", kl(1e12, 1e-3, 1, 1), 1e12, 1e-3, 1, 1)
add("kl", kl(1e12, 5, 1, 5), 1e12, 5, 1, 5)
generator = random.Random(1)
pairs = [
    (generator.choice(SHAPES), generator.choice(SCALES[1:4]), generator.choice(SHAPES), generator.choice(SCALES[1:4]))
    for _ in range(300)
]
NEAR = [0, 1e-15, -1e-12, 1e-8, -1e-4, 0.03, -0.2, 0.26, -0.4, 0.9]
for k, l in itertools.product([0.01, 0.3, 1, 2.5, 40, 1e5, 1e9], [1e-3, 1, 7]):
    for _ in range(8):
        pairs.append((k * (1 + generator.choice(NEAR)), l * (1 + generator.choice(NEAR) / k), k, l))
for arguments in pairs:
    if min(arguments) > 0:
        add("kl", kl(*arguments), *arguments)
        add("klByShape", kl_by_shape(*arguments), *arguments)
        add("klByScale", kl_by_scale(*arguments), *arguments)
        add("squaredWasserstein", squared_wasserstein(*arguments), *arguments)

table = pathlib.Path(__file__).with_suffix(".csv")
table.write_text("function,k,lambda,x,y,value\n" + "\n".join(dict.fromkeys(rows)) + "\n")
