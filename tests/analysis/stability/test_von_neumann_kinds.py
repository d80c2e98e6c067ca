"""Von Neumann sets of schemes of other kinds: products over the axes, sums of several sizes, reactions, systems."""

import itertools

import numpy as np
import pytest
import sympy
from sympy import And, Rational, Symbol

import schemetools as st
from schemetools.analysis.stability import decided_sets
from schemetools.analysis.stability.amplification import unordered
from schemetools.analysis.stability.decided_sets import symbol
from schemetools.errors import UnsupportedError

X, Y, NU, MU = sympy.symbols("nu_x nu_y nu mu")
GRID = np.meshgrid(*[np.linspace(-np.pi, np.pi, 61)] * 2)
LINE = np.linspace(-np.pi, np.pi, 1001)


def grows(scheme, **numbers):
    angles = LINE if symbol(scheme).dimension == 1 else tuple(GRID)
    return bool(np.max(np.abs(unordered(symbol(scheme), angles, numbers))) > 1 + 1e-9)


def product_of(rows):
    """u^(n+1) as a product of one-dimensional steps {offset: coefficient} along x and y."""
    table = {(i, j): a * b for i, a in rows[0].items() for j, b in rows[1].items()}
    return {1: {(0, 0): 1}, 0: {e: -c for e, c in table.items()}}


def lax_wendroff(nu):
    return {-1: nu * (nu + 1) / 2, 0: 1 - nu**2, 1: nu * (nu - 1) / 2}


def test_steps_along_one_axis_after_another_are_stable_where_each_is():
    """The factor is a product: |nu_x| <= 1 and |nu_y| <= 1."""
    levels = product_of([lax_wendroff(X), lax_wendroff(Y)])
    found = st.stability(st.DifferenceScheme(levels, {"nu_x": "a*dt/dx", "nu_y": "b*dt/dy"}))
    points = [(Rational(a, 4), Rational(b, 4)) for a in range(-5, 6) for b in range(-5, 6)]
    expected = [abs(a) <= 1 and abs(b) <= 1 for a, b in points]
    assert [bool(found.condition.subs({X: a, Y: b})) for a, b in points] == expected
    assert found.contains(nu_x=[a for a, _ in points], nu_y=[b for _, b in points]).tolist() == expected
    assert found.strict == found.condition and "exact" in found.how() and found.is_decided


def test_ranges_of_two_lengths_add_in_their_own_units():
    """A centred difference of second order in x, of fourth in y: |nu_x|/e_2 + |nu_y|/e_4 <= 1."""
    both = st.Operator({"-a": st.stencils.centred(1).along("x"), "-b": st.stencils.centred(1, order=4).along("y")})
    found = st.stability(st.method_of_lines(st.rk4, both))
    e2, e4 = (
        float(st.stability(st.method_of_lines(st.rk4, st.Operator({"-c": s}))).condition.args[0].rhs)
        for s in (st.stencils.centred(1), st.stencils.centred(1, order=4))
    )
    for x, y in ((0.5, 0.4), (0.6, -0.5), (0.2, 0.79), (-0.3, 0.71), (0, 0.999), (1.001, 0)):
        assert found.contains(nu_x=x * abs(e2), nu_y=y * abs(e4)) == (abs(x) + abs(y) <= 1)


def test_an_implicit_sum_over_the_axes_is_stable_for_all_numbers():
    laplacian = st.Operator({"D": st.stencils.laplacian(points=5)})
    found = st.stability(st.method_of_lines(st.backward_euler, laplacian))
    assert found.condition == (MU >= 0)
    heat = st.Operator({"a": st.stencils.laplacian().along("x"), "b": st.stencils.laplacian().along("y")})
    apart = st.stability(st.method_of_lines(st.implicit_midpoint, heat)).condition
    assert set(And.make_args(apart)) == {Symbol(n) >= 0 for n in sorted(map(str, apart.free_symbols))}


@pytest.mark.parametrize(
    "name", ["rk4_centred2", "leapfrog_advection", "cnlf_advection_diffusion", "bdf2_imex", "wave_leapfrog"]
)
def test_the_bounded_part_is_inside_the_closed_one(name):
    found = st.stability(st.get(name))
    for values in np.random.default_rng(3).integers(-40, 41, (20, len(found.numbers))):
        at = {n: Rational(int(v), 23) for n, v in zip(found.numbers, values, strict=True)}
        strict = found.strict if isinstance(found.strict, bool) or found.strict is None else bool(found.strict.subs(at))
        assert not strict or found.contains(**at), at


def test_what_is_not_decided_says_how_far_it_is_known():
    plane = st.stability(st.get("cnab2"))
    assert plane.how("strict").startswith("not decided") and plane.how().startswith("the set has no short closed form")
    assert str(plane).startswith("cnab2: no closed form") and plane.latex() == r"\text{not decided}"
    assert st.stability("upwind")._repr_latex_().startswith("$\\displaystyle")
    assert str(st.stability("btcs_advection")).startswith("btcs_advection: stable for all numbers")
    assert str(st.stability("lax_wendroff")).endswith("power-bounded  the same")


def test_a_system_with_double_roots_says_why_its_bounded_part_is_open():
    found = st.stability("yee")
    assert found.condition == (NU >= -1) & (NU <= 1)
    with pytest.raises(UnsupportedError, match="the determinant of this system has double roots"):
        _ = found.strict
    assert "power-bounded  not decided: the determinant" in str(found)
    assert st.stability("yee_2d").strict is None and "not decided" in str(st.stability("yee_2d"))


def test_schemes_without_numbers_are_stable_or_not():
    """Fixed weights: u is replaced by a mean of its neighbours, or by what exceeds it."""
    mean = st.DifferenceScheme({1: {0: 1}, 0: {-1: "-1/2", 1: "-1/2"}}, {})
    beyond = st.DifferenceScheme({1: {0: 1}, 0: {-1: "-3/4", 0: "1/2", 1: "-3/4"}}, {})
    assert st.stability(mean).condition is True and st.stability(beyond).condition is False
    assert str(st.stability(beyond)).startswith(f"{beyond}: stable for no numbers")
    twice = st.DifferenceScheme({2: {0: 1}, 1: {0: -2}, 0: {0: 1}}, {})
    assert st.stability(twice).condition is True
    assert st.stability(mean).strict is True
    flat = st.DifferenceScheme({1: {(0, 0): 1}, 0: {(-1, 0): "-1/2", (0, 1): "-1/2"}}, {})
    assert st.stability(flat).condition is True and not grows(flat)


def test_boxes_of_booleans_and_arrays():
    found = st.stability("btcs_advection")
    assert found.contains(nu=np.array([[0.5, -3], [7, 0]])).tolist() == [[True, True], [True, True]]
    assert found.contains(nu=2) is True


def test_what_is_implicit_along_one_axis_alone_is_no_function_of_a_sum_over_the_axes():
    """Leapfrog takes both axes at once. Euler along x with Crank and Nicolson along y: |g| = 1 where nu_x = 0."""
    numbers = {"nu_x": "a*dt/dx", "nu_y": "b*dt/dy"}
    centred = {(1, 0): "nu_x", (-1, 0): "-nu_x", (0, 1): "nu_y", (0, -1): "-nu_y"}
    leapfrog = st.stability(st.DifferenceScheme({2: {(0, 0): 1}, 1: centred, 0: {(0, 0): -1}}, numbers))
    assert leapfrog.condition == (abs(X) + abs(Y) <= 1)
    along, across = {(0, 1): "nu_y/4", (0, -1): "-nu_y/4"}, {(1, 0): "nu_x/2", (-1, 0): "-nu_x/2"}
    mixed = st.DifferenceScheme({1: {(0, 0): 1, **along}, 0: {(0, 0): -1, **along, **across}}, numbers)
    points = [(0, 0), (0, 2), (0, -100), (Rational(1, 10), 0), (Rational(1, 10), 1)]
    for nu_x, nu_y in points:
        assert st.stability(mixed).contains(nu_x=nu_x, nu_y=nu_y) == (nu_x == 0)
        assert grows(mixed, nu_x=float(nu_x), nu_y=float(nu_y)) == (nu_x != 0)


@pytest.mark.parametrize(
    ("name", "is_open"),
    [("leapfrog_dispersion", True), ("ab3_centred", False), ("leapfrog4_advection", True)],
)
def test_an_irrational_end_is_bounded_where_the_roots_there_are_simple(name, is_open):
    """Of leapfrog both roots meet at i or -1 at the end; of Adams and Bashforth one alone reaches the circle."""
    found = st.stability(st.get(name))
    [number] = found.numbers
    ends = [part.rhs for part in And.make_args(found.condition)]
    assert len(ends) == 2 and all(not end.is_Rational for end in ends)
    assert {type(part).__name__ for part in And.make_args(found.strict)} == (
        {"StrictGreaterThan", "StrictLessThan"} if is_open else {"GreaterThan", "LessThan"}
    )
    assert sorted(float(p.rhs) for p in And.make_args(found.strict)) == pytest.approx(sorted(map(float, ends)))
    at_the_end = {number: Rational(str(max(map(float, ends))))}
    roots = unordered(symbol(found.scheme), np.linspace(0.01, np.pi, 4001), at_the_end)
    pairs = [(a, b) for row in roots for a, b in itertools.combinations(row, 2) if min(abs(a), abs(b)) > 1 - 1e-6]
    assert any(abs(a - b) < 0.05 for a, b in pairs) == is_open


def test_points_are_decided_without_a_set_that_would_take_minutes(monkeypatch):
    """RK4 with upwind advection and diffusion: a boundary curve of degree 44; |R| at 2,001 angles decides as well."""
    parts = {"-c": st.stencils.upwind(1), "D": st.stencils.laplacian()}
    found = st.stability(st.method_of_lines("rk4", st.Operator(parts)))
    theta = np.linspace(-np.pi, np.pi, 2001)
    points = np.random.default_rng(5).uniform(-0.3, 1.5, (2, 40))
    z = points[0, :, None] * (np.exp(-1j * theta) - 1) + points[1, :, None] * 2 * (np.cos(theta) - 1)
    stable = np.abs(1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24).max(axis=1) <= 1 + 1e-9
    assert stable.any() and not stable.all()
    with monkeypatch.context() as patched:
        patched.setattr(decided_sets, "closed", lambda scheme: pytest.fail("the set was derived"))
        assert found.contains(nu=points[0], mu=points[1]).tolist() == stable.tolist()
    assert found.condition is None and found.cells is None
    assert "of too high a degree" in found.how()
    many = np.tile(points, 3)
    assert found.contains(nu=many[0], mu=many[1]).tolist() == stable.tolist() * 3


def test_few_points_and_many_of_a_plane_are_decided_alike():
    """By themselves, and by the condition: of 10 x 10 points, and of the same ones as part of 20 x 20."""
    found = st.stability(
        st.method_of_lines("heun2", st.Operator({"-c": st.stencils.upwind(1), "D": st.stencils.laplacian()}))
    )
    nu, mu = np.meshgrid(np.linspace(-0.1, 1.1, 20), np.linspace(-0.1, 0.6, 20))
    few = found.contains(nu=nu[::2, ::2], mu=mu[::2, ::2])
    assert few.any() and not few.all()
    assert few.tolist() == found.contains(nu=nu, mu=mu)[::2, ::2].tolist()
