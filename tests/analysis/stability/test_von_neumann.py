"""Exact von Neumann sets: published limits, sampled angles on both sides of every end, and points of the plane."""

import numpy as np
import pytest
import sympy
from sympy import CRootOf, Eq, Rational, Symbol, oo, sqrt

import schemetools as st
from schemetools.analysis.algebra.root_number import PolynomialRoot
from schemetools.analysis.stability.amplification import unordered
from schemetools.analysis.stability.decided_sets import cells, necessary, symbol

UP3, UP5 = st.stencils.upwind(1, order=3), st.stencils.upwind(1, order=5)
CENTRED, CENTRED4 = st.stencils.centred(1), st.stencils.centred(1, order=4)
NU, MU = Symbol("nu"), Symbol("mu")
ANGLES = np.linspace(-np.pi, np.pi, 2001)

# Ends of the stable sets by name: (low, high), None where unbounded, and degrees of the ends' polynomials.
INTERVALS = {
    "upwind": (0, 1),
    "lax_friedrichs": (-1, 1),
    "lax_wendroff": (-1, 1),
    "maccormack": (-1, 1),
    "richtmyer": (-1, 1),
    "beam_warming": (0, 2),
    "fromm": (0, 1),
    "ab3_centred": (-12 * sqrt(11) / 55, 12 * sqrt(11) / 55),
    "leapfrog_advection": (-1, 1),
    "leapfrog_dispersion": (-2 * sqrt(3) / 9, 2 * sqrt(3) / 9),
    "rk2_upwind3": (0, Rational(2, 3) ** Rational(1, 3)),
    "rk4_centred2": (-2 * sqrt(2), 2 * sqrt(2)),
    "rk4_pade4": (-2 * sqrt(6) / 3, 2 * sqrt(6) / 3),
    "ftcs_heat": (0, Rational(1, 2)),
    "crank_nicolson_heat": (0, None),
    "dufort_frankel": (0, None),
    "bdf2_heat": (0, None),
    "saulyev": (0, None),
    "crandall": (0, None),
    "wave_leapfrog": (-1, 1),
    "wave_leapfrog4": (-sqrt(3) / 2, sqrt(3) / 2),
    "yee": (-1, 1),
    "acoustics_lax_wendroff": (-1, 1),
}


def grows(scheme, **numbers):
    """Whether a wave grows, by 2,001 angles in double precision."""
    return bool(np.max(np.abs(unordered(symbol(scheme), ANGLES, numbers))) > 1 + 1e-9)


def ends_of(condition):
    low, high = -oo, oo
    for part in condition.args if isinstance(condition, sympy.And) else (condition,):
        if part.lhs.is_Symbol and isinstance(part, sympy.Ge):
            low = part.rhs
        elif part.lhs.is_Symbol and isinstance(part, sympy.Le):
            high = part.rhs
        else:
            raise AssertionError(part)
    return low, high


@pytest.mark.parametrize(("name", "expected"), INTERVALS.items())
def test_intervals_of_the_literature(name, expected):
    low, high = ends_of(st.stability(st.get(name)).condition)
    want = (-oo if expected[0] is None else expected[0], oo if expected[1] is None else expected[1])
    assert [sympy.simplify(a - b) if a.is_finite else a == b for a, b in zip((low, high), want, strict=True)] == [
        0 if w.is_finite else True for w in map(sympy.sympify, want)
    ]


def test_sets_that_are_no_interval():
    assert st.stability(st.get("ftcs_advection")).condition == Eq(NU, 0)
    assert st.stability(st.get("richardson")).condition == Eq(MU, 0)
    assert st.stability(st.get("btcs_advection")).condition is True
    assert st.stability(st.get("quickest")).condition == sympy.Or(Eq(NU, -1), Eq(NU, 2), (NU >= 0) & (NU <= 1))
    box = st.stability(st.get("box"))
    assert box.contains(nu=[-2, 0, "1/3", 7]).tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    ("scheme", "end", "degree"),
    [
        (st.method_of_lines(st.rk4, st.Operator({"-c": UP3})), 1.7452686222, 47),
        (st.method_of_lines(st.rk4, st.Operator({"-c": UP5})), 1.7319746961, 76),
        (st.method_of_lines(st.ssprk33, st.Operator({"-c": UP3})), 1.6258906661547432, 24),
        (st.method_of_lines(st.ssprk33, st.Operator({"-c": UP5})), 1.4349836293, 47),
        (st.method_of_lines(st.ssprk33, st.Operator({"-c": CENTRED4})), 1.2622234836, 4),
        (st.method_of_lines(st.rk4, st.Operator({"-c": CENTRED4})), 2.0612023174, 4),
        (st.method_of_lines(st.leapfrog, st.Operator({"-c": CENTRED4})), 0.7287450680, 4),
        (st.method_of_lines(st.adams_bashforth(4), st.Operator({"-c": UP3})), 0.2218112901, 20),
    ],
    ids=str,
)
def test_algebraic_ends_separate_stable_from_growing(scheme, end, degree):
    _, high = ends_of(st.stability(scheme).condition)
    assert float(high) == pytest.approx(end, rel=1e-9)
    found = high.degree if isinstance(high, PolynomialRoot) else sympy.Poly(sympy.minimal_polynomial(high)).degree()
    assert found == degree
    assert not grows(scheme, nu=float(high) * (1 - 1e-4))
    assert grows(scheme, nu=float(high) * (1 + 1e-3))


def test_ends_of_high_degree_are_named_and_behave_as_numbers():
    condition = st.stability(st.get("rk3_upwind5")).condition
    assert str(condition) == "(nu >= 0) & (nu <= root of a polynomial of degree 47 near 1.43498)"
    end = ends_of(condition)[1]
    assert condition.subs(NU, Rational(143, 100)) == sympy.true
    assert condition.subs(NU, Rational(144, 100)) == sympy.false
    step = Rational(1, 10**9)
    signs = [end.polynomial.eval(Rational(str(end.evalf(40))) + shift) > 0 for shift in (-step, step)]
    assert signs[0] != signs[1]
    assert not condition.atoms(CRootOf)


@pytest.mark.parametrize(
    "name", [n for n in st.names(kind="difference") if n not in ("yee_2d", "upwind_3d", "ftcs_heat_3d")]
)
def test_random_numbers_agree_with_sampled_angles(name):
    scheme = st.get(name)
    found = st.stability(scheme)
    rng = np.random.default_rng(5)
    names = found.numbers
    d = symbol(scheme).dimension
    axis = np.linspace(-np.pi, np.pi, 2001 if d == 1 else 61)
    theta = axis if d == 1 else tuple(np.meshgrid(axis, axis))
    for point in rng.integers(-60, 60, (24, len(names))):
        numbers = {n: Rational(int(v), 37) for n, v in zip(names, point, strict=True)}
        with np.errstate(all="ignore"):
            size = np.max(np.abs(unordered(symbol(scheme), theta, numbers)))
        if not np.isfinite(size) or abs(size - 1) < 1e-7:
            continue
        assert found.contains(**numbers) == bool(size < 1 + 1e-7), numbers


CLOSED = {
    "ftcs_advection_diffusion": (NU**2 <= 2 * MU) & (Rational(1, 2) >= MU),
    "imex_euler_advection_diffusion": NU**2 <= 2 * MU,
    "leapfrog_lagged_diffusion": (MU >= 0) & (NU**2 + 4 * MU <= 1),
    "lax_wendroff_diffusion": (MU >= 0) & (NU**2 + 2 * MU <= 1),
    "upwind_advection_diffusion": (NU**2 <= NU + 2 * MU) & (NU + 2 * MU <= 1),
    "cnlf_advection_diffusion": (MU >= 0) & (NU >= -1) & (NU <= 1),
}
X, Y, Z = sympy.symbols("nu_x nu_y nu_z")
MX, MY, MZ = sympy.symbols("mu_x mu_y mu_z")
SEVERAL = {
    "upwind_2d": (X >= 0) & (Y >= 0) & (X + Y <= 1),
    "upwind_3d": (X >= 0) & (Y >= 0) & (Z >= 0) & (X + Y + Z <= 1),
    "corner_transport_upwind": (X >= 0) & (Y >= 0) & (X <= 1) & (Y <= 1),
    "lax_friedrichs_2d": Rational(1, 2) >= X**2 + Y**2,
    "ftcs_heat_2d": (MX >= 0) & (MY >= 0) & (Rational(1, 2) >= MX + MY),
    "ftcs_heat_3d": (MX >= 0) & (MY >= 0) & (MZ >= 0) & (Rational(1, 2) >= MX + MY + MZ),
    "peaceman_rachford": (MX >= 0) & (MY >= 0),
    "wave_leapfrog_2d": X**2 + Y**2 <= 1,
    "yee_2d": X**2 + Y**2 <= 1,
}


@pytest.mark.parametrize(("name", "expected"), [*CLOSED.items(), *SEVERAL.items()])
def test_closed_forms(name, expected):
    found = st.stability(st.get(name)).condition
    atoms = [{a.canonical for a in sympy.And.make_args(verdict)} for verdict in (found, expected)]
    assert atoms[0] == atoms[1]


def test_cells_without_a_closed_form_contain_what_sampling_says():
    found = st.stability(st.get("cnab2"))
    assert found.condition is None
    plane = cells(found.scheme)
    assert len(plane.strips) > 10
    assert found.contains(mu=[0.5, 2, 2], nu=[0.5, 0.5, 3]).tolist() == [
        not grows(found.scheme, mu=m, nu=n) for m, n in ((0.5, 0.5), (2, 0.5), (2, 3))
    ]


@pytest.mark.parametrize(
    ("time", "end"), [(st.rk4, 2 * sqrt(2)), (st.leapfrog, 1), (st.adams_bashforth(3), 12 * sqrt(11) / 55)], ids=str
)
def test_centred_advection_in_two_dimensions(time, end):
    """Imaginary spectra add over the axes: |nu_x| + |nu_y| <= the limit of one dimension."""
    both = st.Operator({"-a": CENTRED.along("x"), "-b": CENTRED.along("y")})
    found = st.stability(st.method_of_lines(time, both)).condition
    assert found.lhs == sympy.Abs(X) + sympy.Abs(Y)
    assert sympy.simplify(found.rhs - end) == 0


@pytest.mark.parametrize(("points", "range_"), [(5, 8), (9, Rational(16, 3))])
def test_diffusion_by_rk3_with_five_and_nine_points(points, range_):
    """mu times the largest value of the Laplacian is the real interval 2.5127 of the scheme."""
    lines = st.method_of_lines(st.ssprk33, st.Operator({"D": st.stencils.laplacian(points=points)}))
    _, high = ends_of(st.stability(lines).condition)
    assert float(high * range_) == pytest.approx(float(st.stability(st.ssprk33).real_interval), rel=1e-14)


def test_advection_diffusion_in_two_dimensions_with_four_numbers():
    """Hindmarsh, Gresho and Griffiths (1984): sum mu_i <= 1/2 and sum nu_i^2/mu_i <= 2."""
    levels = {
        1: {(0, 0): 1},
        0: {
            (0, 0): "2*mu_x + 2*mu_y - 1",
            (1, 0): "nu_x/2 - mu_x",
            (-1, 0): "-nu_x/2 - mu_x",
            (0, 1): "nu_y/2 - mu_y",
            (0, -1): "-nu_y/2 - mu_y",
        },
    }
    numbers = {"nu_x": "a*dt/dx", "nu_y": "b*dt/dy", "mu_x": "D*dt/dx^2", "mu_y": "D*dt/dy^2"}
    found = st.stability(st.DifferenceScheme(levels, numbers))
    rng = np.random.default_rng(2)
    for a, b, c, d in rng.integers(1, 30, (200, 4)):
        nu_x, nu_y, mu_x, mu_y = Rational(int(a), 60), Rational(int(b), 60), Rational(int(c), 60), Rational(int(d), 60)
        expected = mu_x + mu_y <= Rational(1, 2) and nu_x**2 / mu_x + nu_y**2 / mu_y <= 2
        assert found.contains(nu_x=nu_x, nu_y=nu_y, mu_x=mu_x, mu_y=mu_y) == expected


def test_power_bounded_beside_closed():
    leapfrog = st.stability(st.get("leapfrog_advection"))
    assert leapfrog.strict == (NU > -1) & (NU < 1)
    assert st.stability(st.get("lax_wendroff")).strict == (NU >= -1) & (NU <= 1)
    assert st.stability(st.get("dufort_frankel")).strict == (MU >= 0)
    assert st.stability(st.get("richardson")).strict == Eq(MU, 0)
    wave = st.stability(st.get("wave_leapfrog"))
    assert wave.condition == (NU >= -1) & (NU <= 1)
    assert wave.strict.subs(NU, Rational(1, 2)) == sympy.true
    assert wave.strict.subs(NU, 1) == sympy.false
    both = st.Operator({"-a": CENTRED.along("x"), "-b": CENTRED.along("y")})
    assert st.stability(st.method_of_lines(st.leapfrog, both)).strict == (sympy.Abs(X) + sympy.Abs(Y) < 1)


def test_power_bounded_in_two_numbers():
    """The double root of Crank-Nicolson leapfrog at |nu| = 1 lies on the circle for mu = 0 only: damping moves it inside."""
    strict = st.stability(st.get("cnlf_advection_diffusion")).strict
    for mu, nu in ((0, 1), (0, Rational(1, 2)), (1, 1), (1, Rational(11, 10))):
        powers = np.linalg.matrix_power(_companion("cnlf_advection_diffusion", np.pi / 2, mu=mu, nu=nu), 400)
        assert strict.subs({MU: mu, NU: nu}) == bool(np.max(np.abs(powers)) < 20)


def _companion(name, theta, **numbers):
    first, second = st.stability(st.get(name)).amplification(np.array([theta]), **numbers)[0]
    return np.array([[first + second, -first * second], [1, 0]])


def test_a_double_root_makes_powers_grow():
    """At nu = 1 leapfrog has the double root -i at theta = pi/2: its powers grow like n."""
    roots = st.stability(st.get("leapfrog_advection")).amplification(np.array([np.pi / 2]), nu=1)
    assert np.allclose(roots, -1j, atol=1e-7)


def test_amplification_of_two_levels_and_of_three():
    theta = np.linspace(-3, 3, 13)
    nu = 0.6
    lax_wendroff = 1 - 1j * nu * np.sin(theta) - nu**2 * (1 - np.cos(theta))
    assert np.max(np.abs(st.stability(st.get("lax_wendroff")).amplification(theta, nu=nu) - lax_wendroff)) < 1e-15
    roots = st.stability(st.get("leapfrog_advection")).amplification(theta, nu=nu)
    principal = np.sqrt(1 - (nu * np.sin(theta)) ** 2) - 1j * nu * np.sin(theta)
    assert np.max(np.abs(roots[:, 0] - principal)) < 1e-14
    formula = st.stability(st.get("upwind")).amplification(Symbol("theta"))
    assert sympy.simplify(formula - (1 - NU + NU * sympy.exp(-sympy.I * Symbol("theta")))) == 0


def test_not_decided_is_said_with_a_necessary_condition():
    found = st.stability(st.get("lax_wendroff_2d"))
    assert found.condition is None
    assert "contains" in found.how()
    condition = necessary(found.scheme)
    assert condition.subs({X: Rational(9, 10), Y: Rational(9, 10)}) == sympy.false
    assert found.contains(nu_x=0.35, nu_y=0.35)
    assert not found.contains(nu_x=0.36, nu_y=0.36)  # Lax and Wendroff: nu <= 1/sqrt(8) = 0.35355
    assert "necessary" in str(found)


def test_bad_questions_get_one_clear_error():
    found = st.stability(st.get("lax_wendroff"))
    with pytest.raises(st.SchemeError, match="nu has no value"):
        found.contains()
    with pytest.raises(st.SchemeError, match="mu"):
        found.contains(nu=1, mu=2)
    with pytest.raises(st.SchemeError, match="normalized"):
        st.stability(st.get("lax_wendroff"), normalized=True)
    with pytest.raises(st.SchemeError, match="no scheme in time"):
        st.stability(UP3)
    with pytest.raises(st.SchemeError, match="one angle per axis"):
        st.stability(st.get("upwind_2d")).amplification(0.1, nu_x=0.1, nu_y=0.1)


def test_methods_of_lines_in_rounded_schemes_are_judged_for_the_scheme_meant():
    """Centred differences have the symbol i nu sin(theta), a laplacian -4 mu sin^2(theta/2): both axes of the plane."""
    centred, laplacian = st.Operator({"-c": st.stencils.centred(1)}), st.Operator({"D": st.stencils.laplacian()})
    for scheme in (st.tsit5, st.to_float(st.rk4), st.to_float(st.dopri5)):
        known = st.stability(scheme)
        along, across = (st.stability(st.method_of_lines(scheme, op)) for op in (centred, laplacian))
        imaginary, real = float(known.imaginary_interval), float(known.real_interval)
        assert along.contains(nu=[0.999 * imaginary, 1.001 * imaginary]).tolist() == [True, False]
        assert across.contains(mu=[0.999 * real / 4, 1.001 * real / 4]).tolist() == [True, False]
        assert "approximate coefficients" in along.how()
    both = st.Operator({"-c": st.stencils.centred(1), "D": st.stencils.laplacian()})
    rounded, exact = (st.stability(st.method_of_lines(s, both)) for s in (st.to_float(st.euler), st.euler))
    assert rounded.condition == exact.condition is not None


@pytest.mark.flint
def test_third_order_upwind_in_long_decimals_is_decided():
    known = st.stability(st.method_of_lines(st.tsit5, st.Operator({"-c": st.stencils.upwind(1, order=3)})))
    angles = np.linspace(-np.pi, np.pi, 4001)
    end = float(known.condition.args[1].rhs if known.condition.args[1].rhs != 0 else known.condition.args[0].rhs)
    size = [np.max(np.abs(known.amplification(angles, nu=x * end))) for x in (0.999, 1.001)]
    assert size[0] <= 1 + 1e-12 and size[1] > 1 + 1e-6


def test_methods_of_lines_over_a_number_field():
    laplacian = st.Operator({"D": st.stencils.laplacian()})
    for scheme in (st.sdirk2(), st.to_float(st.sdirk2())):
        assert st.stability(st.method_of_lines(scheme, laplacian)).condition == (Symbol("mu") >= 0)


def test_equal_methods_of_lines_of_other_digits_are_judged_by_their_own():
    A, b = st.tsit5.A, st.tsit5.b
    laplacian = st.Operator({"D": st.stencils.laplacian()})
    hows = [
        st.stability(st.method_of_lines(st.RungeKutta(A, b, **known), laplacian)).how()
        for known in ({"exact": True}, {"exact": False, "digits": 12}, {"exact": False, "digits": 16})
    ]
    assert len(set(hows)) == 3 and hows[0].startswith("exact")


def test_methods_of_lines_in_rounded_additive_schemes():
    """Without diffusion the explicit tableau decides, whose tangency at 0 the rounded digits break."""
    fields = st.Operator({"-c": st.stencils.centred(1)}, implicit={"D": st.stencils.laplacian()})
    known = st.stability(st.method_of_lines("kencarp3", fields))
    end = float(st.stability(dict(st.kencarp3.tableaux)["F"]).imaginary_interval)
    assert known.contains(nu=[0.1, 0.999 * end, 1.001 * end], mu=0).tolist() == [True, True, False]
    assert known.contains(nu=0, mu=[0.1, 1e6]).all() and not known.contains(nu=0, mu=-0.1)
    assert known.condition is None and "contains(...) decides points" in known.how() and "to 1e-" in known.how()
    assert "no closed form" in str(known)
