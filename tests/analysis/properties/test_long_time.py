"""What holds over long times: energies of the modified equation, and the order in other variables, by runs and formulas."""

import math

import numpy as np
import pytest
import sympy
from sympy import Rational, asin, cos, sqrt, symbols

import schemetools as st

p, q, h = symbols("p q h")


# ---- energies ---------------------------------------------------------------------------------------


def kept_by_verlet():
    """Of p^2/2 + q^2/2: with cos(theta) = 1 - h^2/2 the step turns by theta in the form p^2 + (1 - h^2/4) q^2."""
    half = h / 2
    return asin(half) / (h * sqrt(1 - half**2)), asin(half) * sqrt(1 - half**2) / h


@pytest.mark.parametrize(
    ("scheme", "outer", "inner"),
    [
        ("stoermer_verlet", p, q),
        (st.splitting(["1/2", "1/2"], [1]), p, q),
        (st.splitting([0, 1], ["1/2", "1/2"]), q, p),
    ],
)
def test_the_energy_that_verlet_keeps_on_the_oscillator(scheme, outer, inner):
    """The variable whose steps are halved has 1/2 + h^2/12 + h^4/60 + h^6/280, the other 1/2 - h^2/24 - ..."""
    modified = sympy.Poly(st.modified_equation(scheme, 7).hamiltonian(p**2 / 2 + q**2 / 2, p, q, h), p, q)
    for variable, closed in zip((outer, inner), kept_by_verlet(), strict=True):
        expected = sympy.series(closed, h, 0, 8).removeO()
        assert sympy.expand(modified.coeff_monomial(variable**2) - expected) == 0
    assert modified.coeff_monomial(p * q) == 0
    large, small = (sympy.Poly(modified.coeff_monomial(v**2), h).all_coeffs()[::-2] for v in (outer, inner))
    assert large == [Rational(1, 2), Rational(1, 12), Rational(1, 60), Rational(1, 280)]
    assert small == [Rational(1, 2), Rational(-1, 24), Rational(-1, 240), Rational(-1, 1680)]


def midpoint_run(step, time):
    """The implicit midpoint rule on the pendulum, Newton's method in the midpoint of q."""
    momentum, angle, path = 0.3, 1.2, []
    for _ in range(round(time / step)):
        middle = angle
        for _ in range(20):  # middle = angle + h/2 (p - h/2 sin(middle))
            residual = middle - angle - step / 2 * (momentum - step / 2 * math.sin(middle))
            middle -= residual / (1 + step**2 / 4 * math.cos(middle))
        new = momentum - step * math.sin(middle)
        angle, momentum = angle + step * (momentum + new) / 2, new
        path.append((momentum, angle))
    return np.array(path).T


@pytest.mark.parametrize(("order", "slope"), [(1, 2), (3, 4), (5, 6)])
def test_the_energy_of_the_midpoint_rule_on_the_pendulum_drifts_by_the_next_power(order, slope):
    modified = st.modified_equation(st.implicit_midpoint, order).hamiltonian(p**2 / 2 - cos(q), p, q, h)
    energy = sympy.lambdify((p, q, h), modified, "numpy")
    drifts = []
    for step in (0.4, 0.2):
        values = energy(*midpoint_run(step, 20), step)
        drifts.append(np.ptp(values))
    assert math.log2(drifts[0] / drifts[1]) == pytest.approx(slope, abs=0.35)


# ---- the order in other variables ------------------------------------------------------------------------

# Butcher (1969), The effective order of Runge-Kutta methods: order four, and five after a change of variables
EFFECTIVE = st.RungeKutta(
    [[], ["1/5"], [0, "2/5"], ["3/16", 0, "5/16"], ["1/4", 0, "-5/4", 2]], ["1/6", 0, 0, "2/3", "1/6"]
)


def test_butchers_method_has_order_four_and_effective_order_five():
    assert st.order(EFFECTIVE) == 4
    assert st.conjugate_order(EFFECTIVE) == 5
    assert st.conjugate_order("rk4") == 4


def error_after(scheme, time, n):
    """q'' = -q + 1/q^3, all of whose solutions have the period pi, against the closed form q^2 = a + b cos(2t + c)."""
    A, b = (np.array(M, dtype=float) for M in (scheme.A, scheme.b))
    u = np.array([1.7, 0.4])
    f = lambda u: np.array([u[1], -u[0] + u[0] ** -3])  # noqa: E731
    square, slope = u[0] ** 2, 2 * u[0] * u[1]
    mean = (u[1] ** 2 + u[0] ** 2 + u[0] ** -2) / 2
    exact = math.sqrt(mean + (square - mean) * math.cos(2 * time) + slope / 2 * math.sin(2 * time))
    speed = (-(square - mean) * math.sin(2 * time) + slope / 2 * math.cos(2 * time)) / exact
    for _ in range(n):
        stages = []
        for row in A:
            stages.append(f(u + time / n * sum((a * k for a, k in zip(row, stages, strict=False)), np.zeros(2))))
        u = u + time / n * (b @ np.array(stages))
    return np.abs(u - [exact, speed]).max()


@pytest.mark.parametrize(
    ("scheme", "time", "slope"),
    [(EFFECTIVE, 1.0, 4), (EFFECTIVE, math.pi, 5), (st.rk4, 1.0, 4), (st.rk4, math.pi, 4)],
)
def test_after_a_period_of_an_isochronous_system_the_effective_order_is_seen(scheme, time, slope):
    """chi^(-1) o Phi^n o chi is near the flow; where the flow is the identity, so is what is left of chi."""
    errors = [error_after(scheme, time, n) for n in (96, 192)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(slope, abs=0.2)
