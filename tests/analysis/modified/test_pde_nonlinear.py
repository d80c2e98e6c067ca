"""Nonlinear modified equations: classical forms, linear fluxes, total derivatives, and defects of Burgers on grids."""

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp
from sympy import Function, Integer, Rational, Symbol, diff, expand, symbols

import schemetools as st
from schemetools.analysis.series.jets import Jets
from schemetools.errors import SchemeError

lam, u, x = symbols("lam u x")
U1, U2, U3 = symbols("u_x u_xx u_xxx")
F1, F2, F3 = symbols("F_u F_uu F_uuu")
NAMES = ["lax_friedrichs", "upwind", "richtmyer", "maccormack", "rk4_centred2", "lines(ssprk33, -c*upwind(1, 3))"]


def total_derivative(value):
    """d/dx of an expression in F_u, F_uu and u_x, u_xx, written out by the chain rule."""
    rules = [(F1, F2 * U1), (F2, F3 * U1), (U1, U2), (U2, U3)]
    return expand(sum(diff(value, letter) * image for letter, image in rules))


def test_lax_friedrichs_for_any_flux_is_diffusion_of_strength_one_minus_lam_squared():
    eq = st.modified_equation(st.lax_friedrichs, order=4, flux="F")
    assert eq.limit == -F1 * U1
    assert expand(eq[2] - total_derivative((1 - lam**2 * F1**2) * U1) / (2 * lam)) == 0
    assert eq.conservative


@pytest.mark.parametrize("name", NAMES)
def test_a_linear_flux_gives_the_linear_equation(name):
    scheme = st.get(name)
    nonlinear = st.modified_equation(scheme, order=5, flux="c*u")
    linear = st.modified_equation(scheme, order=5)
    nu, c = Symbol("nu"), Symbol("c")
    for n in range(1, 6):
        jet = Symbol("u_" + "x" * n)
        assert expand(nonlinear[n] * lam - linear[n].subs(nu, c * lam) * jet) == 0


def test_richtmyer_and_maccormack_differ_where_the_flux_is_not_linear():
    first, second = (st.modified_equation(s, order=3, flux="F") for s in (st.richtmyer, st.maccormack))
    assert first[1] == second[1] and first[2] == second[2] == 0
    difference = expand(first[3] - second[3])
    assert difference != 0 and difference.subs({F2: 0, F3: 0}) == 0
    assert first.conservative and second.conservative


@pytest.mark.parametrize("name", NAMES)
def test_every_term_is_a_total_derivative_by_integration_over_a_period(name):
    """A formula's integral over a period vanishes for a trigonometric polynomial."""
    eq = st.modified_equation(st.get(name), order=4, flux="u^2/2 + u^3/5")
    assert eq.conservative
    wave = 2 + sympy.cos(x) / 3 + sympy.sin(2 * x) / 5
    points = 64
    for n, term in eq.coefficients.items():
        states = {u: wave, **{Symbol("u_" + "x" * k): diff(wave, x, k) for k in range(1, n + 1)}}
        f = sympy.lambdify(x, term.subs(lam, Rational(1, 3)).subs(states), "numpy")
        values = f(2 * np.pi * np.arange(points) / points)
        assert abs(values.mean()) < 1e-12 * max(1, np.abs(values).max())


def test_the_euler_operator_tells_total_derivatives_from_others():
    jets = Jets(5, ("lam",))
    F, v = jets.F, jets.u
    assert not jets.variational(jets.derivative(F[1] ** 2 * v[1] * v[2]))
    assert jets.variational(v[1] ** 2) == -2 * v[2]
    assert jets.variational(F[1] * v[2])


def burgers_step(name, values, ratio):
    """One step of a scheme for u_t + (u^2/2)_x = 0, written by hand."""

    def f(w):
        return w * w / 2

    left, right = np.roll(values, 1), np.roll(values, -1)
    if name == "lax_friedrichs":
        return (left + right) / 2 - ratio / 2 * (f(right) - f(left))
    if name == "upwind":
        return values - ratio * (f(values) - f(left))
    if name == "richtmyer":
        half = (values + right) / 2 - ratio / 2 * (f(right) - f(values))
        return values - ratio * (f(half) - f(np.roll(half, 1)))
    if name == "maccormack":
        predicted = values - ratio * (f(right) - f(values))
        return (values + predicted) / 2 - ratio / 2 * (f(predicted) - f(np.roll(predicted, 1)))
    if name == "rk4_centred2":

        def rhs(w):
            return -(f(np.roll(w, -1)) - f(np.roll(w, 1))) / 2
    else:

        def rhs(w):
            return -sum(c * f(np.roll(w, -j)) for j, c in {-2: 1 / 6, -1: -1, 0: 1 / 2, 1: 1 / 3}.items())

    if name == "rk4_centred2":
        k1 = rhs(values)
        k2 = rhs(values + ratio / 2 * k1)
        k3 = rhs(values + ratio / 2 * k2)
        k4 = rhs(values + ratio * k3)
        return values + ratio / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    first = values + ratio * rhs(values)
    second = 3 / 4 * values + first / 4 + ratio / 4 * rhs(first)
    return values / 3 + 2 / 3 * second + 2 / 3 * ratio * rhs(second)


@pytest.mark.parametrize(("name", "cut"), [(n, c) for n in NAMES for c in (1, 2, 3)])
def test_the_defect_of_burgers_has_the_slope_of_the_first_term_cut(name, cut):
    eq = st.modified_equation(st.get(name), order=5, flux="u^2/2")
    omitted = min(n for n in eq.coefficients if n > cut)
    ratio, defects = 0.4, []
    for points in (64, 128):
        dx = 2 * np.pi / points
        start = 1 + 0.3 * np.sin(dx * np.arange(points))
        flow = solve_ivp(
            eq.solver(dx, ratio, through=cut), (0, ratio * dx), start, method="DOP853", rtol=1e-13, atol=1e-14
        )
        defects.append(np.abs(flow.y[:, -1] - burgers_step(name, start, ratio)).max())
    assert abs(np.log2(defects[0] / defects[1]) - omitted) < 0.1


def test_fluxes_come_as_text_formulas_functions_and_names():
    by_text = st.modified_equation(st.upwind, order=3, flux="u^2/2")
    for flux in (u**2 / 2, lambda w: w**2 / 2):
        assert st.modified_equation(st.upwind, order=3, flux=flux).coefficients == by_text.coefficients
    unknown = st.modified_equation(st.upwind, order=3, flux=Function("F"))
    assert expand(unknown[2].subs({F1: u, F2: 1}) - by_text[2]) == 0
    exponential = st.modified_equation(st.upwind, order=2, flux=sympy.exp(u))
    assert expand(exponential[2] - unknown[2].subs({F1: sympy.exp(u), F2: sympy.exp(u)})) == 0


def test_implicit_and_multistep_schemes_take_a_flux():
    euler = st.modified_equation(st.get("lines(backward_euler, -c*centred())"), order=3, flux="F")
    assert expand(euler[2] - lam / 2 * total_derivative(F1**2 * U1)) == 0
    leapfrog = st.modified_equation(st.get("lines(leapfrog, -c*centred())"), order=3, flux="F")
    assert leapfrog[2] == Integer(0)


def test_functions_of_sympy_are_fluxes():
    """F = sin(u): upwind has the limit u_t = -cos(u) u_x."""
    eq = st.modified_equation(st.upwind, order=2, flux=sympy.sin(Symbol("u")))
    assert expand(eq.limit + sympy.cos(u) * U1) == 0


def test_diffusion_beside_a_flux_stays_in_the_limit():
    eq = st.modified_equation(st.get("lines(rk4, -c*upwind(1, 3) + D*laplacian())"), order=4, flux="u^2/2")
    assert expand(eq.limit - (Symbol("D") * U2 - u * U1)) == 0


@pytest.mark.parametrize(
    ("scheme", "flux", "reason"),
    [
        (st.fromm, "F", "no flux form"),
        (st.upwind_2d, "F", "one dimension"),
        (st.upwind, "3", "does not depend on u"),
        (st.upwind, 0.5 * u**2, "formula in u"),
        (st.upwind, "u**", "ends where"),
        (st.upwind, "sin(u)", r"cannot read the flux 'sin\(u\)'.*give functions as an expression of sympy"),
        (st.get("lines(ars222, -c*upwind(), D*laplacian())"), "F", "one field"),
        (st.get("lm_centred"), "F", "free symbols"),
    ],
)
def test_what_takes_no_flux_says_why(scheme, flux, reason):
    with pytest.raises(SchemeError, match=reason):
        st.modified_equation(scheme, order=3, flux=flux)


@pytest.mark.parametrize(("weight", "times"), [("-1", 1), ("-c", 1), ("-2*c", 2), ("-2", 2), ("-c/3", Rational(1, 3))])
def test_the_flux_stands_as_often_as_the_speed_says(weight, times):
    """u_t = -times F(u)_x, with terms of dx^2 in (times lam)^j: the equation of u_t + (times F)_x."""
    lines = st.method_of_lines(st.rk4, st.Operator({weight: st.stencils.centred()}))
    eq = st.modified_equation(lines, flux="u^2/2", order=5)
    once = st.modified_equation("rk4_centred2", flux="u^2/2", order=5)
    for n in range(1, 6):
        assert expand(eq[n] - times * once[n].subs(lam, times * lam)) == 0
    before = "" if times == 1 else f"{times} "
    assert f"for u_t + {before}(u^2/2)_x = 0:" in str(eq)
    assert f"for u_t + {before}F(u)_x = 0:" in str(st.modified_equation(lines, flux="F", order=3))


@pytest.mark.parametrize("weight", ["-c**2", "-c*d"])
def test_a_speed_that_is_no_number_times_a_symbol_takes_no_flux(weight):
    lines = st.method_of_lines(st.rk4, st.Operator({weight: st.stencils.centred()}))
    with pytest.raises(SchemeError, match="must be a number times one symbol"):
        st.modified_equation(lines, flux="F")


def test_a_ratio_of_steps_is_taken_as_the_double_it_is():
    """lam = 1/3 in a double, and a width of pi/32: the field is that of the coefficients at these numbers."""
    eq, ratio, dx = st.modified_equation("upwind", order=2, flux="u^2/2"), 1 / 3, np.pi / 32
    grid = dx * np.arange(64)
    found = eq.solver(dx, ratio)(0.0, np.sin(grid))
    s, c = np.sin(grid), np.cos(grid)
    expected = -s * c + dx / 2 * (c**2 - s**2) - dx * ratio * (s * c**2 - s**3 / 2)
    assert np.abs(found - expected).max() < 1e-12
