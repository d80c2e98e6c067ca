"""The gradient of the control problem by its adjoint, against finite differences and closed forms."""

import numpy as np
import pytest
from sympy import Matrix, Rational, exp, log, sin, symbols, tanh

import schemetools as st
from schemetools.errors import SchemeError

x, y, a, w, p = symbols("x y a w p")
PLANE = {"mu": [[0.3, 0.1], [-0.7, 0.5]], "grid": [(-3, 3, 41), (-3, 3, 31)], "t": 1, "steps": 12}
FIELD = [w * tanh(a * y + x), tanh(w * x - y)]
S = Matrix([[a, w * x], [y, 1]])
LINE = {"mu": [[0.3], [-0.7]], "grid": (-3, 3, 201), "t": 1, "steps": 20}
CASES = {
    "a gate on a line": (st.Diffusion.of("stochastic_depth(4/5)", a * sin(w * x), x, h=Rational(1, 4)), LINE),
    "a gate in the plane": (st.Diffusion.of("stochastic_depth(4/5)", FIELD, (x, y), h=Rational(1, 4)), PLANE),
    "a mask per unit": (st.Diffusion.of("dropout_output(1/5)", FIELD, (x, y), h=Rational(1, 4)), PLANE),
    "noise of full rank": (st.Diffusion(FIELD, S * S.T, (x, y)), PLANE),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    "values", [{a: 0.8371, w: 1.1237}, {a: [0.8371, 0.5713], w: 1.1237}], ids=["constant", "over depth"]
)
def test_the_gradient_is_that_of_finite_differences(name, values):
    process, where = CASES[name]

    def cost(theta):
        return st.objective(process, log(1 + exp(-x)), theta, running=a**2 / 10 + w**2, **where)

    found = cost(values)
    e = 1e-6
    moved = [cost({**values, w: values[w] + sign * e}).value for sign in (1, -1)]
    assert found.gradient["w"] == pytest.approx((moved[0] - moved[1]) / (2 * e), rel=1e-7, abs=5e-9)
    ups = [np.array(values[a]) + sign * e * np.eye(np.size(values[a]))[0] for sign in (1, -1)]
    moved = [cost({**values, a: u if np.ndim(values[a]) else float(u[0])}).value for u in ups]
    first = np.ravel(found.gradient["a"])[0]
    assert first == pytest.approx((moved[0] - moved[1]) / (2 * e), rel=1e-7, abs=5e-9)
    assert found.density.sum() == pytest.approx(1) and found.density.min() >= 0


def test_the_gradient_of_a_linear_problem_is_a_formula():
    """dX = -k X dt + s X dB, l = x^2, R = k^2: J = x^2 e^((s^2 - 2k) T) + k^2 T."""
    k = symbols("k")
    J = st.objective(
        st.Diffusion(-k * x, x**2 / 4, x), x**2, {k: 1}, mu=[[1.0]], grid=(-4, 4, 1601), t=1, running=k**2, steps=800
    )
    assert J.value == pytest.approx(np.exp(-1.75) + 1, rel=0.01)
    assert J.gradient["k"] == pytest.approx(-2 * np.exp(-1.75) + 2, rel=0.01)


def test_the_drop_probability_is_a_control_too():
    gate = st.Diffusion.of(st.stochastic_depth(p), sin(x), x, h=Rational(1, 4))
    found = st.objective(gate, (x - 1) ** 2, {p: 0.7}, **LINE)
    moved = [st.objective(gate, (x - 1) ** 2, {p: 0.7 + s}, **LINE).value for s in (1e-5, -1e-5)]
    assert found.gradient["p"] == pytest.approx((moved[0] - moved[1]) / 2e-5, rel=1e-7)


def test_the_density_has_the_moments_of_the_process():
    k = symbols("k")
    J = st.objective(st.Diffusion(-k * x, Rational(1, 4), x), x, {k: 1}, mu=[[1.0]], grid=(-4, 4, 801), t=1, steps=400)
    axis = J.grid.axes[0]
    mean, second = J.density @ axis, J.density @ axis**2
    assert mean == pytest.approx(np.exp(-1), abs=5e-3)
    assert second - mean**2 == pytest.approx((1 - np.exp(-2)) / 8, abs=5e-3)


GATE = CASES["a gate on a line"][0]


@pytest.mark.parametrize(
    ("theta", "more", "message"),
    [
        ({a: 1}, {}, "w has no number"),
        ({}, {}, "theta is a dict"),
        ({a: [1, 2], w: [1, 2, 3]}, {}, r"lists of \[2, 3\] values"),
        ({a: [1, 2, 3], w: 1}, {}, "a multiple of 3"),
        ({a: float("nan"), w: 1}, {}, "no finite number"),
        ({a: 1, w: 1}, {"running": y}, "running cost has y"),
        ({a: 1, w: 1}, {"mu": [[5.0]]}, "outside the grid"),
        ({a: 1, w: 1}, {"mu": ([[0.5], [1.0]], [1.0])}, r"weights of shape \(1,\) came for 2 points"),
    ],
)
def test_what_does_not_fit_is_said(theta, more, message):
    with pytest.raises(SchemeError, match=message):
        st.objective(GATE, x, theta, **{**LINE, **more})
