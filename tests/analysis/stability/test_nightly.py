"""Random schemes of every kind against the largest root in 60 digits: no error but a refusal, none slow, no disagreement."""

import random
import time
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational, oo

import schemetools as st
from schemetools import stability

DIGITS = 60
SLOWEST = 10  # seconds of this process for all verdicts of one scheme


def _number(r, size=4):
    return Rational(r.randint(-size, size), r.choice([1, 2, 3, 4]))


def random_general_linear(seed):
    """Random (A, U, B, V) whose first value is the solution: rows of U and V keep constants."""
    r = random.Random(seed)
    s, n = r.randint(1, 3), r.randint(2, 3)
    implicit = r.random() < 0.5
    A = [[_number(r) if j < i or (j == i and implicit) else 0 for j in range(s)] for i in range(s)]
    U = [[1, *(_number(r) for _ in range(n - 1))] for _ in range(s)]
    B = [[_number(r) for _ in range(s)] for _ in range(n)]
    V = [[1, *(_number(r, 2) for _ in range(n - 1))]] + [
        [0, *(_number(r, 2) / 2 for _ in range(n - 1))] for _ in range(n - 1)
    ]
    return st.GeneralLinear(A, U, B, V)


def random_implicit(seed):
    """A random implicit tableau of 2 to 8 stages, diagonally implicit where it is long."""
    r = random.Random(seed)
    s = r.randint(2, 8)
    g = Rational(r.randint(1, 12), 16)
    full = s <= 3 and r.random() < 0.5
    A = [[g if i == j and not full else _number(r, 2) / 2 if j < i or full else 0 for j in range(s)] for i in range(s)]
    b = A[-1] if r.random() < 0.5 else [_number(r, 3) for _ in range(s - 1)]
    b = b if len(b) == s else [*b, 1 - sum(b, Rational(0))]
    return st.RungeKutta(A, b)


# ---- the oracle: the largest root in 60 digits, from polynomials made here with fractions ------------------------


def determinant_polynomial(A):
    """det(I - z A) by ascending powers of z (Faddeev and Le Verrier)."""
    n = len(A)
    M, c = [[Fraction(0)] * n for _ in range(n)], [Fraction(1)]
    for k in range(1, n + 1):
        M = [[M[i][j] + (c[-1] if i == j else 0) for j in range(n)] for i in range(n)]
        M = [[sum((A[i][m] * M[m][j] for m in range(n)), Fraction(0)) for j in range(n)] for i in range(n)]
        c.append(-sum((M[i][i] for i in range(n)), Fraction(0)) / k)
    return c


class Oracle:
    """The largest |eigenvalue| of M(z) = V + z B (I - zA)^-1 U, in doubles and in 60 digits."""

    def __init__(self, scheme):
        form = scheme.normal_form()
        self.A, self.U, self.B, self.V = (
            [[Fraction(int(x.p), int(x.q)) for x in row] for row in M] for M in (form.A, form.U, form.B, form.V)
        )
        self.doubles = [np.array(M, dtype=float) for M in (self.A, self.U, self.B, self.V)]
        self.one_step = len(self.V) == 1
        with mpmath.workdps(DIGITS):
            self.digits = [
                mpmath.matrix([[_mpf(x) for x in row] for row in M]) for M in (self.A, self.U, self.B, self.V)
            ]
            below = determinant_polynomial(self.A)
            outer = [
                [a - u * b for a, b in zip(row, self.B[0], strict=True)]
                for row, [u, *_] in zip(self.A, self.U, strict=True)
            ]
            self.P, self.Q = ([_mpf(c) for c in reversed(p)] for p in (determinant_polynomial(outer), below))

    def rough(self, z):
        """In double precision, at an array of points."""
        A, U, B, V = self.doubles
        with np.errstate(all="ignore"):
            stages = np.linalg.solve(np.eye(len(A)) - z[:, None, None] * A, np.broadcast_to(U, (len(z), *U.shape)))
            M = V + z[:, None, None] * (B @ stages)
        M[~np.isfinite(M)] = 1e300
        return np.abs(np.linalg.eigvals(M)).max(axis=1)

    def __call__(self, z):
        """In 60 digits, at one point."""
        with mpmath.workdps(DIGITS):
            if self.one_step:
                below = mpmath.polyval(self.Q, z)
                return abs(mpmath.polyval(self.P, z) / below) if below else mpmath.inf
            A, U, B, V = self.digits
            try:
                M = V + z * B * mpmath.inverse(mpmath.eye(A.rows) - z * A) * U
            except ZeroDivisionError:
                return mpmath.inf
            return max(map(abs, mpmath.eig(M, left=False, right=False)))

    def largest(self, z, keep=6):
        """The largest in 60 digits over the points that are largest in doubles."""
        best = np.argsort(self.rough(z))[-keep:]
        return max(self(mpmath.mpc(complex(z[i]))) for i in best)


def _mpf(x):
    return mpmath.mpf(x.numerator) / x.denominator


ASKED = ("is_zero_stable", "is_a_stable", "is_l_stable", "real_interval", "imaginary_interval", "angle")
RADII = np.geomspace(1e-3, 1e4, 400)
with mpmath.workdps(DIGITS):
    BOUNDED = 1 + mpmath.mpf("1e-25")  # multiple roots on the circle are known to half the digits


def contradiction(scheme):
    """What the verdicts say against the largest root; None where they agree."""
    known, start = stability(scheme), time.process_time()
    found = {}
    for name in ASKED:
        try:
            found[name] = getattr(known, name)
        except st.SchemeError:
            continue
    if (seconds := time.process_time() - start) > SLOWEST:
        return f"{seconds:.0f} s"
    oracle = Oracle(scheme)
    if not found.get("is_zero_stable"):
        return "an angle without zero-stability" if found.get("angle") is not None else None
    for name, ray in (("real_interval", -1), ("imaginary_interval", 1j)):
        if name in found and (said := against_ray(oracle, found[name], ray)):
            return f"{name} {found[name]}: {said}"
    if "is_a_stable" in found and (said := against_a_stability(oracle, found["is_a_stable"])):
        return said
    return against_angle(oracle, found.get("angle"))


def against_ray(oracle, end, ray):
    """Stable up to the end, and growth within 1e-20 to 1e-1 beyond it."""
    with mpmath.workdps(DIGITS):
        last = mpmath.mpf(10) ** 3 if end == oo else mpmath.mpmathify(end.evalf(DIGITS))
        inside = [last * mpmath.mpf(f) for f in ("1e-6", "0.05", "0.3", "0.6", "0.9", "0.999")] if last > 1e-12 else []
        scan = float(last) * np.linspace(0.001, 0.999, 200) * ray
        if inside and (found := max(oracle.largest(scan), *(oracle(ray * x) for x in inside))) > BOUNDED:
            return f"grows by {mpmath.nstr(found - 1, 5)} inside"
        if end != oo:
            steps = [mpmath.mpf(10) ** -n * max(last, 1) for n in range(1, 21)]
            if max(oracle(ray * (last + step)) for step in steps) <= 1:
                return "does not grow beyond"
    return None


def against_a_stability(oracle, verdict):
    """No growth on rays of the left half plane if A-stable; else growth there, on its edge, or a pole in it."""
    rays = [-RADII * np.exp(1j * a) for a in np.linspace(0, np.pi / 2 - 1e-3, 12)]
    if verdict:
        found = max(oracle.largest(ray, keep=2) for ray in rays)
        return f"A-stable, but grows by {mpmath.nstr(found - 1, 5)}" if found > BOUNDED else None
    with mpmath.workdps(DIGITS):
        edge = [mpmath.mpc(0, x) for x in np.geomspace(1e-6, 1e6, 120)]
        for points in (edge, [z for ray in rays for z in ray[::8]]):
            if any(oracle(mpmath.mpc(z)) > 1 for z in points):
                return None
        near = np.geomspace(1e-3, 1e3, 20_000) * 1j
        return None if oracle.largest(near) > 1 or oracle.largest(-1 / RADII) > 1 else "not A-stable, but nothing grows"


def against_angle(oracle, angle):
    """Stable on the ray 1e-6 below the angle, growth on one 1e-4 above it."""
    if angle is None or angle == sympy.pi / 2:
        return None
    radii, alpha = np.geomspace(1e-4, 1e5, 20_000), float(angle)
    if alpha > 1e-6 and (found := oracle.largest(-radii * np.exp(1j * (alpha - 1e-6)))) > 1:
        return f"angle {alpha}: grows by {mpmath.nstr(found - 1, 5)} below"
    return None if oracle.largest(-radii * np.exp(1j * (alpha + 1e-4))) > 1 else f"angle {alpha}: no growth above"


@pytest.mark.parametrize("seed", range(8))
def test_a_few_random_schemes(seed):
    for make in (random_general_linear, random_implicit):
        assert contradiction(make(seed)) is None


@pytest.mark.slow
@pytest.mark.parametrize("block", range(50))
def test_random_general_linear_methods_against_their_spectra(block):
    seeds = range(100 + 10 * block, 110 + 10 * block)
    assert {seed: said for seed in seeds if (said := contradiction(random_general_linear(seed)))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("block", range(40))
def test_random_implicit_tableaus_against_a_scan(block):
    seeds = range(100 + 5 * block, 105 + 5 * block)
    assert {seed: said for seed in seeds if (said := contradiction(random_implicit(seed)))} == {}
