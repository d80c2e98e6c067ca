"""Angles of A(alpha) from the formulas of the methods themselves, without their arrays and without any root locus of ours.

A public list gives 87.6097378, 80.2172281 and 61.9916311 degrees for the extended BDF methods of four and five steps and
the modified one of seven, 89.8982293 and 89.7699368 for two extrapolations. The values here, 87.6096192, 80.2147906,
61.9841815, 89.8981927 and 89.7699090, are smaller by up to 0.0075 degrees, as the least value is below one of a coarse
grid; a run of the same formulas in 40 digits gave all digits shown.
"""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from scipy.optimize import minimize_scalar

import schemetools as st


def backward(k):
    """(alpha, beta) of BDF, alpha_k = 1: sum_(j <= k) nabla^j y/j."""
    alpha = [Fraction(0)] * (k + 1)
    for j in range(1, k + 1):
        for i in range(j + 1):
            alpha[k - i] += Fraction((-1) ** i * math.comb(j, i), j)
    return [float(a / alpha[k]) for a in alpha], float(1 / alpha[k])


def extended(k):
    """alpha_0..alpha_(k-1), b and b_1 of order k + 1: sum alpha_j j^q = q (b k^(q-1) + b_1 (k+1)^(q-1)), alpha_k = 1."""
    rows, right = [], []
    for q in range(k + 2):
        futures = [-q * sympy.Integer(n) ** (q - 1) if q else 0 for n in (k, k + 1)]
        rows.append([sympy.Integer(j) ** q for j in range(k)] + futures)
        right.append(-(sympy.Integer(k) ** q))
    *alpha, b, b1 = (float(x) for x in sympy.Matrix(rows).solve(sympy.Matrix(right)))
    return alpha, b, b1


def on_the_locus(k, *, modified):
    """From theta to the z at which w = e^(i theta) solves the three stages: BDF at n+k and n+k+1, then the corrector.

    y1 (1 - beta z) = s1,   y2 (1 - beta z) = s2 - alpha_(k-1) y1,   y (1 - d z) = ... + b1 z y2 (+ (b - beta) z y1),
    so that c(z) (1 - beta z)^2 = 0 is a cubic in z; d is b, or beta in the modified method.
    """
    (alpha, beta), (hat, b, b1) = backward(k), extended(k)
    d = beta if modified else b

    def points(theta):
        w = np.exp(1j * theta) ** np.arange(k + 1)
        s1, s2 = -np.dot(alpha[:k], w[:k]), -np.dot(alpha[: k - 1], w[1:k])
        cubic = np.polymul([-d * w[k], w[k] + np.dot(hat, w[:k])], [beta**2, -2 * beta, 1])
        cubic[2] -= b1 * (s2 - alpha[k - 1] * s1) + (b - beta) * s1 * modified
        cubic[1] += beta * (b1 * s2 + (b - beta) * s1 * modified)
        return np.roots(cubic)

    return points


@pytest.mark.parametrize(
    ("name", "k", "degrees"),
    [("ebdf", 4, 87.6096191902), ("ebdf", 5, 80.2147902565), ("mebdf", 7, 61.9841815371)],
)
def test_extended_bdf_from_its_three_stages(name, k, degrees):
    points = on_the_locus(k, modified=name == "mebdf")

    def least(theta):
        z = points(theta)
        return np.abs(np.angle(-z[np.abs(z) > 1e-6])).min()

    grid = np.linspace(0.02, np.pi, 4000)
    at = int(np.argmin([least(theta) for theta in grid]))
    found = minimize_scalar(least, bounds=(grid[at - 1], grid[at + 1]), method="bounded", options={"xatol": 1e-10}).fun
    assert math.degrees(found) == pytest.approx(degrees, abs=1e-7)
    assert float(st.stability(getattr(st, name)(k)).angle) == pytest.approx(found, abs=1e-8)


@pytest.mark.parametrize(
    ("sequence", "degrees"),
    [((1, 2, 3), 89.8537146893315), ((2, 3, 4), 89.8981927196279), ((1, 2, 3, 4, 5), 89.769908958554)],
)
def test_extrapolated_implicit_euler_from_its_partial_fractions(sequence, degrees):
    """R(z) = sum w_n (1 - z/n)^(-n): the largest |R| on the ray at alpha is 1."""
    weights = [math.prod(Fraction(n, n - m) for m in sequence if m != n) for n in sequence]

    def modulus(r, alpha):
        z = -r * mpmath.expj(alpha)
        return abs(
            sum(
                mpmath.mpf(w.numerator) / w.denominator * (1 - z / n) ** -n
                for w, n in zip(weights, sequence, strict=True)
            )
        )

    with mpmath.workdps(30):
        low, high = mpmath.radians(89.7), mpmath.pi / 2
        r = max((mpmath.mpf(i) / 20 for i in range(8, 200)), key=lambda r: modulus(r, high))
        for _ in range(3):  # (r, alpha) by turns: the maximum on the ray, then the ray on which it is 1
            alpha = mpmath.findroot(lambda a: modulus(r, a) - 1, (low, high), solver="anderson", tol=1e-25)  # noqa: B023
            r = mpmath.findroot(lambda x: mpmath.diff(lambda y: modulus(y, alpha), x), r, tol=1e-20)  # noqa: B023
        alpha = mpmath.findroot(lambda a: modulus(r, a) - 1, (low, high), solver="anderson", tol=1e-25)
        assert float(mpmath.degrees(alpha)) == pytest.approx(degrees, abs=1e-11)
    if len(sequence) < 5:
        known = st.stability(extrapolated(sequence))
        assert math.degrees(float(known.angle)) == pytest.approx(degrees, abs=1e-10)


def extrapolated(sequence):
    return st.extrapolation(st.backward_euler, list(sequence))
