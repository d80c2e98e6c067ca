"""What a modified PDE says: limits, phases and sizes of waves, truncation errors, reactions, refusals."""

import numpy as np
import pytest
import sympy
from sympy import Rational, Symbol, cancel, expand, symbols

import schemetools as st
from schemetools.analysis.series.laurent import laurent
from schemetools.errors import SchemeError

nu, mu, theta, c, D, dt, dx, q, sigma = symbols("nu mu theta c D dt dx q sigma")


def factor_of(scheme, values, angle):
    """The amplification factor of a scheme of two levels at an angle, from its levels."""
    total = {0: 0, 1: 0}
    for (m, j), coefficient in laurent(scheme).terms.items():
        total[m] += float(coefficient.as_expr().subs(values)) * np.exp(1j * j * angle)
    return -total[0] / total[1]


@pytest.mark.parametrize(
    "scheme", [st.upwind, st.lax_wendroff, st.fromm, st.quickest, st.btcs_advection, st.box], ids=str
)
def test_phase_and_size_of_waves_are_those_of_the_factor(scheme):
    eq = st.modified_equation(scheme, order=11)
    values = {nu: Rational(3, 10)}
    for angle in (0.1, 0.2):
        g = factor_of(scheme, values, angle)
        phase = float(eq.phase_error().subs(values).subs(theta, angle))
        size = float(eq.amplification_error().subs(values).subs(theta, angle))
        assert np.angle(g) / (-0.3 * angle) - 1 == pytest.approx(phase, abs=1e-10)
        assert np.log(abs(g)) == pytest.approx(size, abs=1e-10)


def test_numerical_diffusion_of_upwind_and_lag_of_lax_wendroff():
    up, lw = st.modified_equation(st.upwind), st.modified_equation(st.lax_wendroff)
    assert up.limit == lw.limit == {(1,): -c}
    assert expand(up.in_steps()[(2,)] - c * dx / 2 * (1 - c * dt / dx)) == 0
    assert expand(up.diffusion[(2,)] - nu * (1 - nu) / 2) == 0 and (2,) not in lw.diffusion
    assert expand(lw.phase_error().coeff(theta, 2) + (1 - nu**2) / 6) == 0


@pytest.mark.parametrize(
    ("scheme", "index", "modified", "truncation"),
    [
        (st.upwind, 3, -(2 * nu**3 - 3 * nu**2 + nu) / 6, (nu**3 - nu) / 6),
        (st.lax_wendroff, 4, -(nu**2 - nu**4) / 8, (nu**2 - nu**4) / 24),
        (st.leapfrog_advection, 4, 0, (nu**2 - nu**4) / 6),
    ],
    ids=str,
)
def test_the_truncation_error_is_another_thing_beyond_its_leading_term(scheme, index, modified, truncation):
    eq = st.modified_equation(scheme, order=index)
    error = eq.truncation_error
    leading = min(index for index in error.on_solutions)
    assert cancel(eq.coefficients[leading] + error.on_solutions[leading]) == 0
    assert cancel(eq[index] - modified) == 0
    assert cancel(error.on_solutions[(index,)] + truncation) == 0
    assert "leading term" in str(error)


def test_the_raw_error_keeps_time_derivatives():
    raw = st.modified_equation(st.ftcs_heat, order=4).truncation_error.raw
    assert raw[(1, 0)] == 1 and raw[(2, 0)] == Rational(1, 2) and raw[(0, 2)] == -mu and raw[(0, 4)] == -mu / 12


def test_a_reaction_is_expanded_and_said_to_be():
    eq = st.modified_equation(st.get("lines(euler, -c*upwind() + sigma*identity())"), order=3)
    exact_factor = sympy.series(sympy.log(1 + q), q, 0, 4).removeO()
    assert expand(eq[0] - exact_factor) == 0
    assert eq.limit == {(0,): sigma, (1,): -c}
    assert "expanded in q" in eq.warnings[0] and "note" in str(eq)


def test_denominators_that_depend_on_the_steps_are_said_to_and_others_are_not():
    """T = 1 is a root of (T - 1)(T - nu/2) = 0 for constants: what multiplies u_t is 1 - nu/2, a number of dt/dx."""
    levels = {2: {0: 1}, 1: {0: "-1 - nu/2", 1: "-nu/4", -1: "nu/4"}, 0: {0: "nu/2"}}
    eq = st.modified_equation(st.DifferenceScheme(levels, numbers={"nu": "c*dt/dx"}), order=3)
    assert cancel(eq[1] - nu / 2 / (1 - nu / 2)) == 0
    assert "denominators depend on the steps" in eq.warnings[0] and eq.consistency is None
    upwind = st.modified_equation(st.upwind, order=3)
    assert upwind.warnings == () and upwind.consistency == (0, None)


def test_steps_of_one_width_in_two_dimensions():
    five = st.method_of_lines(st.euler, st.Operator({"D": st.stencils.laplacian(points=5)}))
    eq = st.modified_equation(five, order=4)
    assert eq.limit == {(2, 0): D, (0, 2): D}
    assert expand(eq.in_steps()[(2, 2)] + D**2 * dt) == 0


def test_several_axes_and_irrational_coefficients():
    eq = st.modified_equation(st.get("lines(ars222, -c*upwind(1, 3), D*laplacian())"), order=6)
    assert eq.limit == {(1,): -c, (2,): D} and eq.consistency == (0, None)
    assert any(value.has(sympy.sqrt(2)) for value in eq.coefficients.values())


def test_values_of_numbers_and_parameters():
    third = st.modified_equation(st.get("theta_heat"), order=6, theta="1/2")
    assert third.in_numbers() == st.modified_equation(st.crank_nicolson_heat, 6).in_numbers()
    sixth = st.modified_equation(st.ftcs_heat, order=4, mu="1/6")
    assert sixth[4] == 0


def test_without_an_order_the_first_error_is_there():
    assert (6,) in st.modified_equation(st.crandall).diffusion
    assert "u_6x" in str(st.modified_equation(st.crandall))


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda: st.modified_equation(st.upwind, 0), "from 1 to 40"),
        (lambda: st.modified_equation(st.upwind, 2.5), "from 1 to 40"),
        (lambda: st.modified_equation(st.upwind, k=1), "no number 'k'"),
        (lambda: st.modified_equation(st.stencils.centred()), "does not step in time"),
        (lambda: st.modified_equation(st.upwind)[9], "no derivative"),
        (lambda: st.modified_equation(st.upwind_2d)[2], "2 dimensions"),
        (lambda: st.modified_equation(st.ftcs_heat).phase_error(), "no odd derivative"),
        (lambda: st.modified_equation(st.upwind).solver(), "needs a value for nu"),
        (lambda: st.modified_equation(st.upwind).solver(nu=1)(np.zeros((2, 2))), "1 axes"),
        (lambda: st.modified_equation(st.wave_leapfrog).solver(nu=1), "u_tt"),
        (
            lambda: st.modified_equation(st.DifferenceScheme({2: {0: 1}, 1: {0: -2}, 0: {0: "1/2", 1: "1/2"}})),
            "no modified equation",
        ),
    ],
)
def test_what_cannot_be_answered_says_why(ask, reason):
    with pytest.raises(SchemeError, match=reason):
        ask()


def test_a_sawtooth_moves_on_the_grid_as_its_equation_says():
    """(-1)^i v on a fine grid: one step of the scheme against the equation of v."""
    branch = next(b for b in st.modified_equation(st.ftcs_advection, 5).parasitic if b.sawtooth == (1,))
    points, ratio = 128, 0.3
    x = 2 * np.pi * np.arange(points) / points
    v, tooth = np.cos(x), (-1.0) ** np.arange(points)
    u = tooth * v
    stepped = u - ratio / 2 * (np.roll(u, -1) - np.roll(u, 1))
    angle = 2 * np.pi / points
    exponent = sum(complex(w.subs(nu, ratio)) * (1j * angle) ** n for (n,), w in branch.in_numbers().items())
    assert np.abs(tooth * stepped - (np.exp(exponent) * np.exp(1j * x)).real).max() < 1e-8


def test_symbols_keep_their_names():
    assert st.modified_equation(st.lm_centred).in_numbers()[(1,)].free_symbols == {nu, Symbol("k")}


def test_a_modified_equation_says_how_far_nothing_was_found():
    advection = st.Operator({"-c": st.stencils.upwind(1, order=3)})
    lines = st.method_of_lines("ssprk33", advection)
    cut, default = st.modified_equation(lines, order=4), st.modified_equation(lines)
    assert not cut.dispersion and "dispersion  none through u_xxxx:" in str(cut)
    assert default.order == 5 and expand(default.phase_error() - theta**4 * (nu**4 - 1) / 30) == 0
    assert "diffusion   none through u_xx:" in str(st.modified_equation(st.lax_wendroff, order=2))
