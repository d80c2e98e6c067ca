"""A(alpha): exact where it is short, else found on the root locus and, for one-step schemes, proven."""

import math
import random
import time

import numpy as np
import pytest
import sympy
from sympy import Rational

import schemetools as st
from schemetools.analysis.stability import locus_angle


def extrapolated(*sequence):
    """Implicit Euler, n_j steps each, extrapolated: w_j = prod n_j/(n_j - n_i)."""
    rows, b, total, before = [], [], sum(sequence), 0
    for n in sequence:
        weight = math.prod((Rational(n, n - m) for m in sequence if m != n), start=Rational(1))
        for i in range(n):
            rows.append([0] * before + [Rational(1, n) if j <= i else 0 for j in range(n)] + [0] * (total - before - n))
            b.append(weight / n)
        before += n
    return st.RungeKutta(rows, b)


def largest_on_ray(scheme, alpha):
    """The largest |R| - 1 on a grid of the ray at alpha, by solving for the stages."""
    A, b = (np.array(M, dtype=float) for M in (scheme.A, scheme.b))
    z = -np.geomspace(1e-2, 1e2, 1200) * np.exp(1j * alpha)
    stages = np.linalg.solve(np.eye(len(b)) - z[:, None, None] * A, np.ones((len(z), len(b), 1)))[:, :, 0]
    return float(np.max(np.abs(1 + z * (stages @ b)) - 1))


@pytest.mark.flint
def test_t33_has_its_published_angle_and_a_proof():
    found = st.stability(extrapolated(1, 2, 3))
    start = time.process_time()
    assert abs(math.degrees(float(found.angle)) - 89.8537146893315) < 1e-12
    assert "proven" in found.how("angle")
    assert time.process_time() - start < 10  # under a second on an idle core


def test_t22_is_a_and_l_stable():
    found = st.stability(extrapolated(1, 2))
    assert found.angle == sympy.pi / 2 and found.is_l_stable


@pytest.mark.parametrize("sequence", [(2, 3, 4), (1, 2, 3, 4, 5)])
@pytest.mark.flint
def test_beside_the_angle_of_an_extrapolation_the_ray_is_stable_on_one_side_only(sequence):
    scheme = extrapolated(*sequence)
    found = st.stability(scheme)
    assert "proven" in found.how("angle")
    assert largest_on_ray(scheme, float(found.angle) - 1e-5) < 0
    assert largest_on_ray(scheme, float(found.angle) + 1e-5) > 0


@pytest.mark.parametrize(("name", "k", "degrees"), [("ebdf", 4, 87.61), ("ebdf", 5, 80.21), ("mebdf", 7, 61.98)])
def test_extended_bdf_methods_have_the_angles_of_their_paper(name, k, degrees):
    """Cash (1980, 1983), to the digits printed."""
    found = st.stability(getattr(st, name)(k))
    assert abs(math.degrees(float(found.angle)) - degrees) < 0.006
    assert "numerical" in found.how("angle")


def test_extended_bdf_of_few_steps_is_a_and_l_stable():
    for k in (1, 2):
        found = st.stability(st.ebdf(k))
        assert found.is_a_stable and found.is_l_stable and found.angle == sympy.pi / 2


def test_the_locus_agrees_with_the_exact_angle_of_a_short_scheme():
    """The same SDIRK method, once through its exact equation and once padded with stages so that it is long."""
    short = st.RungeKutta([["1/3", 0], ["1/4", "1/3"]], ["3/4", "1/4"])
    exact = st.stability(short)
    longer = st.stability(
        st.GeneralLinear(short.A, [[1, 0]] * 2, [*short.b[:0], list(short.b), [0, 0]], [[1, 0], [0, "1/2"]])
    )
    assert exact.angle is None or longer.angle is None or abs(float(exact.angle) - float(longer.angle)) < 1e-9


@pytest.mark.parametrize("stages", [4, 5, 6, 8])
def test_random_diagonally_implicit_methods_agree_with_a_scan(stages):
    r = random.Random(stages)
    diagonal = Rational(r.randint(12, 30), 40)
    A = [
        [diagonal if i == j else Rational(r.randint(-8, 8), 16) * int(j < i) for j in range(stages)]
        for i in range(stages)
    ]
    scheme = st.RungeKutta(A, A[-1])  # R(oo) = 0
    angle = st.stability(scheme).angle
    if angle in (None, sympy.pi / 2):
        return
    assert largest_on_ray(scheme, float(angle) - 1e-3) < 0
    assert largest_on_ray(scheme, min(float(angle) + 2e-2, np.pi / 2)) > 0


def test_a_pole_on_the_negative_axis_leaves_no_angle():
    """Phi has 16 (3z + 1)(4z + 1) w^2: near z = -1/3 a root is as large as one likes."""
    method = st.GeneralLinear([[-3, 0], [0, -4]], [[1, -1], [1, -1]], [["1/4", 0], [-2, -1]], [[1, "1/4"], [0, "-1/4"]])
    found = st.stability(method)
    assert (found.angle, found.real_interval, found.is_zero_stable) == (None, 0, True)


@pytest.mark.flint
@pytest.mark.parametrize("value", [sympy.sqrt(2), -sympy.cbrt(5) / 7, sympy.cos(sympy.pi / 7)])
def test_a_ball_holds_an_irrational_coefficient_and_little_else(value):
    flint = pytest.importorskip("flint")
    with flint.ctx.workprec(locus_angle.BITS):
        ball = locus_angle._ball(value)
        middle = sympy.Float(ball.mid().str(60, radius=False), 60)
        assert ball.rad() < flint.arb(10) ** -40
    assert abs(middle - value.evalf(60)) < sympy.Float(10, 60) ** -40
