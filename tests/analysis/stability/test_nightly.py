"""Random schemes of every kind against floating-point oracles: no error but a refusal, none slow, no disagreement."""

import random
import time

import numpy as np
import pytest
from sympy import Rational, oo

import schemetools as st
from schemetools import stability

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


def spectrum(scheme, z):
    form = scheme.normal_form()
    A, U, B, V = (np.array(M, dtype=float).astype(complex) for M in (form.A, form.U, form.B, form.V))
    M = V + z * B @ np.linalg.solve(np.eye(len(A)) - z * A, U)
    return np.abs(np.linalg.eigvals(M)).max()


def contradiction(scheme):
    """What the exact verdicts say against the largest eigenvalue in floating point; None where they agree."""
    known, start = stability(scheme), time.process_time()
    found = {}
    for name in ("is_zero_stable", "is_a_stable", "is_l_stable", "real_interval", "imaginary_interval", "angle"):
        try:
            found[name] = getattr(known, name)
        except st.SchemeError:
            continue
        if name.endswith("interval"):
            found[name] = np.inf if found[name] == oo else float(found[name])
    if (seconds := time.process_time() - start) > SLOWEST:
        return f"{seconds:.0f} s"
    for name, ray in (("real_interval", -1), ("imaginary_interval", 1j)):
        if found.get("is_zero_stable") and name in found and (said := _against_ray(scheme, found[name], ray)):
            return f"{name} {found[name]}: {said}"
    if found.get("is_a_stable"):
        points = -np.geomspace(1e-3, 1e4, 25)[:, None] * np.exp(1j * np.linspace(-1.57, 1.57, 25))
        if max(spectrum(scheme, z) for z in points.ravel()) > 1 + 1e-7:
            return "is_a_stable"
    elif found.get("angle") is not None and "is_a_stable" in found and not found["is_zero_stable"]:
        return "an angle without zero-stability"
    return None


def _against_ray(scheme, end, ray):
    if end > 1e-6:
        inside = [spectrum(scheme, ray * min(end, 1e3) * f) for f in (0.05, 0.3, 0.6, 0.9, 0.999)]
        if max(inside) > 1 + 1e-6:
            return f"grows by {max(inside)} inside"
    if end < np.inf:
        beyond = [spectrum(scheme, ray * (end + step)) for step in np.geomspace(1e-6, 1e-1, 20) * max(end, 1)]
        if max(beyond) < 1 - 1e-9:
            return f"decays by {max(beyond)} beyond"
    return None


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
