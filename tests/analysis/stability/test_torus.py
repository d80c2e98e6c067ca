"""Symbols over two angles: signs of trigonometric polynomials and stable sets, against known ones and sampled angles."""

import itertools
import random

import numpy as np
import pytest
import sympy
from scipy.optimize import least_squares
from sympy import QQ, ZZ, Rational, Symbol, sqrt
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

import schemetools as st
from schemetools.analysis.stability import torus
from schemetools.analysis.stability.amplification import unordered
from schemetools.analysis.stability.decided_sets import necessary, symbol
from schemetools.analysis.stability.torus_line import two_angle_pieces
from schemetools.errors import UnsupportedError

RING = PolyRing((), ZZ, lex)
AXIS = np.linspace(-np.pi, np.pi, 181)
GRID = np.meshgrid(AXIS, AXIS, indexing="ij")
NU = {"nu": "c*dt/dx"}


def laurent(table):
    return {e: RING.ground_new(ZZ(c)) for e, c in table.items() if c}


def values(f):
    """A Laurent polynomial on a grid of angles."""
    return sum(int(c.LC) * np.exp(1j * (e[0] * GRID[0] + e[1] * GRID[1])) for e, c in f.items()) + 0 * GRID[0]


def random_laurent(r, *, even):
    half = {e: r.randint(-3, 3) for e in itertools.product((-1, 0, 1), repeat=2)}
    if even:
        half = {e: half[abs(e[0]), abs(e[1])] for e in half}
    return laurent(half)


@pytest.mark.parametrize("even", [True, False])
def test_squares_of_moduli_are_never_negative_and_less_than_their_least_value_is(even):
    """|p|^2 - m for m on both sides of the least value on 181^2 angles, which lies above the true one."""
    r, signs = random.Random(7), set()
    for _ in range(6):
        f = torus.norm(random_laurent(r, even=even))
        if not f:
            continue
        assert torus.is_even(f) or not even
        signs.add(torus.is_even(f))
        least = values(f).real.min()
        assert torus.is_nonnegative_everywhere(f, RING)
        above = torus.difference(f, laurent({(0, 0): int(least) + 1}))
        assert not torus.is_nonnegative_everywhere(above, RING)
        below = torus.difference(f, laurent({(0, 0): -1}))
        assert torus.is_nonnegative_everywhere(below, RING) and torus.is_positive_everywhere(below, RING)
    assert even in signs


@pytest.mark.parametrize(
    ("table", "is_positive"),
    [
        ({(0, 0): 5, (1, 0): 1, (-1, 0): 1, (0, 1): 1, (0, -1): 1}, True),  # the mean outweighs the cosines
        ({(0, 0): 4, (1, 0): -1, (-1, 0): -1, (0, 1): -1, (0, -1): -1}, False),  # 4 - 2 cos - 2 cos: 0 at the origin
        ({(0, 0): 3}, True),
        ({(0, 0): 3, (1, 1): 1, (-1, -1): 1, (1, 0): 1, (-1, 0): 1}, False),  # -1 at the corner (pi, 0)
    ],
)
def test_which_functions_have_no_zero(table, is_positive):
    f = laurent(table)
    if values(f).real.min() > -1e-9:
        assert torus.is_positive_everywhere(f, RING) == is_positive
    else:
        assert not torus.is_nonnegative_everywhere(f, RING)


def test_a_zero_at_no_corner_is_found():
    """|1 + E_1 + E_2|^2 vanishes at theta = (2 pi/3, -2 pi/3) only, where no corner lies."""
    f = torus.norm(laurent({(0, 0): 1, (1, 0): 1, (0, 1): 1}))
    assert all(v for v in torus.corner_values(f))
    assert torus.is_nonnegative_everywhere(f, RING) and not torus.is_positive_everywhere(f, RING)
    assert torus.is_positive_everywhere(torus.norm(laurent({(0, 0): 3, (1, 0): 1, (0, 1): 1})), RING)


@pytest.mark.parametrize("n", [1, 10**6, 10**90])
def test_the_least_value_is_told_from_zero_however_small_it_is(n):
    """Sides a, n, n make a triangle, so that |a + n E_1 + n E_2| vanishes, for a = 2 n - 1; for a = 2 n + 1 it is 1."""
    apart, touching = (torus.norm(laurent({(0, 0): 2 * n + d, (1, 0): n, (0, 1): n})) for d in (1, -1))
    assert torus.is_positive_everywhere(apart, RING)
    assert not torus.is_positive_everywhere(touching, RING)


def test_a_zero_of_high_degree_is_refused():
    """|1 + E_1^7 + E_2| vanishes where 7 theta_1 = 2 pi/3 = -theta_2, at no corner; |3 + E_1^7 + E_2| >= 1 is plain."""
    parts = {(7, 0): 1, (0, 1): 1}
    assert torus.is_positive_everywhere(torus.norm(laurent({(0, 0): 3, **parts})), RING)
    with pytest.raises(UnsupportedError, match="has a zero at some angles is not decided: .* of degree 14 in an angle"):
        torus.is_positive_everywhere(torus.norm(laurent({(0, 0): 1, **parts})), RING)


def test_zeros_of_random_symbols_are_those_that_newtons_method_finds():
    """|p| > 0 for all angles unless a search from 81 starts comes to a zero of p."""
    r, verdicts = random.Random(11), []
    starts = np.linspace(-3, 3, 9)
    for _ in range(8):
        p = random_laurent(r, even=False)
        p[0, 0] = RING.ground_new(ZZ(r.randint(1, 12)))
        f = torus.norm(p)
        if any(not v for v in torus.corner_values(f)):
            continue

        def parts(angles, p=p):
            z = sum(int(c.LC) * np.exp(1j * np.dot(e, angles)) for e, c in p.items())
            return z.real, z.imag

        found = min(least_squares(parts, (a, b)).cost for a in starts for b in starts)
        assert torus.is_positive_everywhere(f, RING) == (found > 1e-12)
        verdicts.append(found > 1e-12)
    assert set(verdicts) == {True, False}


@pytest.mark.parametrize("k", [10, 60, 200])
def test_a_least_value_beside_a_zero_is_none(k):
    """N^2 |1 + E_1 + E_2|^2 + 1 has the least value 1, N = 2^k; |N (1 + E_1 + E_2) + 1| vanishes, at no corner."""
    large = laurent({(0, 0): 2**k, (1, 0): 2**k, (0, 1): 2**k})
    touching = torus.norm(large | laurent({(0, 0): 2**k + 1}))
    apart = torus.difference(torus.norm(large), laurent({(0, 0): -1}))
    assert [torus.is_positive_everywhere(f, RING) for f in (touching, apart)] == [False, True]


def test_minus_a_square_that_vanishes_on_whole_lines_is_negative():
    """-(sin b (sin a + sin(a + b)))^2 and -(cos b sin^2 b)^2 are 0 at all corners, and wherever b = 0."""
    sine, mixed = laurent({(0, 1): 1, (0, -1): -1}), laurent({(1, 0): 1, (-1, 0): -1, (1, 1): 1, (-1, -1): -1})
    cosine = laurent({(0, 1): 1, (0, -1): 1})
    for f in (torus.product_of(sine, mixed), torus.product_of(cosine, torus.product_of(sine, sine))):
        square = torus.norm(f)
        assert not any(torus.corner_values(square)) and torus.is_nonnegative_everywhere(square, RING)
        assert not torus.is_nonnegative_everywhere(torus.difference({}, square), RING)


def test_nothing_and_constants():
    assert torus.is_nonnegative_everywhere({}, RING)
    assert torus.is_nonnegative_everywhere(laurent({(0, 0): 2}), RING)
    assert not torus.is_nonnegative_everywhere(laurent({(0, 0): -2}), RING)


def test_three_angles_without_a_structure_are_refused():
    p = laurent({(0, 0, 0): 1, (1, 1, 0): 1, (0, 1, 1): 1, (1, 0, 1): 1})
    with pytest.raises(UnsupportedError, match="three angles is not decided without a structure"):
        torus.is_nonnegative_everywhere(torus.norm(p), RING)


@pytest.mark.parametrize("levels", [2, 3])
def test_random_symbols_agree_with_their_roots_at_sampled_angles(levels):
    """Of two and three levels: the largest root on 181^2 angles, unless it lies at the circle."""
    r, seen = random.Random(levels), set()
    for _ in range(20):
        size = r.choice((6, 12, 24))
        rows = [random_laurent(r, even=r.random() < 0.3) for _ in range(levels - 1)] + [laurent({(0, 0): size})]
        coefficients = np.stack([values(row) for row in rows])
        if levels == 2:
            largest = np.abs(coefficients[0]).max() / size
        else:
            c, b, a = coefficients
            root = np.sqrt(b * b - 4 * a * c + 0j)
            largest = np.maximum(np.abs(-b + root), np.abs(-b - root)).max() / (2 * size)
        if abs(largest - 1) < 1e-2:
            continue
        stable = torus.is_stable_at(torus.TorusSymbol((), RING, tuple(rows)))
        assert stable == (largest < 1)
        seen.add(stable)
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("rows", "stable"),
    [
        ([{(0, 0): 1}, {(1, 0): 1, (-1, 0): -1, (0, 1): 1, (0, -1): -1}, {(0, 0): 1}], False),  # their product is 1
        ([{(0, 0): -1}, {(1, 0): 1, (-1, 0): -1, (0, 1): 1, (0, -1): -1}, {(0, 0): 4}], True),
        ([{(0, 0): 1}, {(0, 0): 4, (1, 0): 1, (-1, 0): 1, (0, 1): 1, (0, -1): 1}], False),  # 4 + 2 cos + 2 cos
        ([{(0, 0): 1}, {(0, 0): 5, (1, 0): 1, (-1, 0): 1, (0, 1): 1, (0, -1): 1}], True),
    ],
    ids=["roots i(-s +- sqrt(s^2 + 1))", "the same inside", "a pole at one angle", "no pole"],
)
def test_a_root_outside_or_at_infinity_at_some_angles_is_unstable(rows, stable):
    symbol_ = torus.TorusSymbol((), RING, tuple(map(laurent, rows)))
    largest = np.zeros_like(GRID[0])
    coefficients = np.stack([values(row) for row in symbol_.a])
    with np.errstate(divide="ignore", invalid="ignore"):
        for at in np.ndindex(largest.shape):
            row = coefficients[(slice(None), *at)][::-1]
            largest[at] = np.inf if abs(row[0]) < 1e-12 else np.abs(np.roots(row)).max()
    assert torus.is_stable_at(symbol_) == stable == (largest.max() <= 1 + 1e-12)


def with_one_number(*stencils):
    """u^(n+1) = u + sum_k nu^k S_k u, for stencils whose coefficients sum to 0."""
    offsets = {e for s in stencils for e in s} | {(0, 0)}
    row = {
        e: -sum((s.get(e, 0) * Symbol("nu") ** (k + 1) for k, s in enumerate(stencils)), sympy.S(0)) for e in offsets
    }
    row[0, 0] -= 1
    return st.DifferenceScheme({1: {(0, 0): 1}, 0: {e: v for e, v in row.items() if v != 0}}, NU)


def grows(scheme, nu):
    return np.max(np.abs(unordered(symbol(scheme), tuple(GRID), {"nu": nu}))) > 1 + 1e-9


def test_what_waves_along_one_axis_ask_is_necessary():
    """g = 1 - nu (1 - cos 2a)(1 + cos 2b)/2 is 1 at all corners, 1 - nu sin^2(2a)/2 on the diagonals, 1 - 2 nu at (pi/2, 0)."""
    rows = [{0: 1, 2: Rational(-1, 2), -2: Rational(-1, 2)}, {0: 1, 2: Rational(1, 2), -2: Rational(1, 2)}]
    S = {(a, b): -Rational(1, 2) * x * y for a, x in rows[0].items() for b, y in rows[1].items()}
    asked = necessary(with_one_number(S))
    verdicts = [bool(asked.subs(Symbol("nu"), x)) for x in (Rational(-1, 9), 0, 1, Rational(10, 9), 4)]
    assert verdicts == [False, True, True, False, False]


def test_lax_and_wendroff_in_two_dimensions():
    """Lax and Wendroff (1964): with equal numbers along both axes |nu| <= 1/sqrt(8)."""
    scheme = st.get("lax_wendroff_2d")
    nu = Symbol("nu")
    levels = {}
    for (time, *offset), c in scheme.coefficients.items():
        levels.setdefault(time, {})[tuple(offset)] = sympy.sympify(c).subs({Symbol("nu_x"): nu, Symbol("nu_y"): nu})
    found = st.stability(st.DifferenceScheme(levels, NU))
    assert found.condition == (nu >= -sqrt(2) / 4) & (nu <= sqrt(2) / 4)
    assert found.contains(nu=[0.35, 0.36, -0.35, -0.36]).tolist() == [True, False, True, False]


SKEW = {
    "towards three neighbours": [{(-1, 0): Rational(1, 2), (0, -1): Rational(1, 2), (1, 1): Rational(1, 2), (0, 0): Rational(-3, 2)}],
    "central and mixed": [
        {(1, 0): Rational(-1, 2), (-1, 0): Rational(1, 2), (0, 1): Rational(-1, 2), (0, -1): Rational(1, 2)},
        {(1, 1): Rational(1, 2), (-1, -1): Rational(1, 2), (0, 0): -1},
    ],
    "never": [{(1, 0): Rational(-1, 2), (-1, 0): Rational(1, 2), (1, 1): Rational(-1, 2), (-1, -1): Rational(1, 2)}],
}  # fmt: skip


@pytest.mark.parametrize("name", SKEW)
def test_sets_of_one_number_agree_with_sampled_angles(name):
    scheme = with_one_number(*SKEW[name])
    found = st.stability(scheme)
    assert found.condition is not None
    for nu in [Rational(n, 12) for n in range(-15, 16)]:
        assert found.contains(nu=nu) == (not grows(scheme, nu)), nu


def test_a_set_that_ends_where_a_corner_grows_ends_there():
    """Euler's method for five points: 1 - 4 nu - 4 nu at the corner (pi, pi), so that nu <= 1/4."""
    rim = dict.fromkeys([(1, 0), (-1, 0), (0, 1), (0, -1)], 1)
    [piece] = two_angle_pieces(symbol(with_one_number({(0, 0): -4, **rim})))
    assert (float(piece.low), float(piece.high), piece.low_closed, piece.high_closed) == (0, 0.25, True, True)


@pytest.mark.parametrize(("far", "is_large"), [((12, 0), False), ((0, 12), False), ((13, 0), True), ((0, 13), True)])
def test_a_stencil_that_reaches_far_along_either_axis_grows_too_large(far, is_large):
    """1 - 2 nu (1 - cos n theta) along one axis: nu <= 1/2 for any n."""
    found = two_angle_pieces(symbol(with_one_number({(0, 0): -2, far: 1, (-far[0], -far[1]): 1})))
    assert found is None if is_large else float(found[0].high) == 0.5


def test_a_number_at_which_the_symbol_has_a_pole_is_not_stable():
    """(1 - nu) u^(n+1) = (1 - nu - nu^2) u + ... is divided by 1 - nu: nothing is said at nu = 1."""
    levels = {1: {(0, 0): 1}, 0: {(0, 0): "-1 + nu/(1-nu)", (-1, 0): "-nu/(2*(1-nu))", (-1, -1): "-nu/(2*(1-nu))"}}
    found = st.stability(st.DifferenceScheme(levels, NU))
    assert found.contains(nu=["1/2", 1, "1/4", "2/3"]).tolist() == [True, False, True, False]
    assert symbol(found.scheme).at({"nu": QQ(1)}) is None


def test_a_set_that_is_one_irrational_number_is_not_called_empty():
    """u + (nu^2 - 2) S u with centred S grows unless nu^2 = 2, where it is u: None, and the necessary condition is the set."""
    levels = {1: {(0, 0): 1}, 0: {(0, 0): -1}}
    for e, sign in (((1, 0), ""), ((-1, 0), "-"), ((1, 1), ""), ((-1, -1), "-")):
        levels[0][e] = f"{sign}(nu^2 - 2)/2"
    found = st.stability(st.DifferenceScheme(levels, NU))
    assert found.condition is None and found.is_decided and not found.contains(nu=1)
    assert found.necessary == sympy.Or(sympy.Eq(Symbol("nu"), sqrt(2)), sympy.Eq(Symbol("nu"), -sqrt(2)))


def test_irrational_coefficients_over_two_angles_are_refused():
    def skew(weight):
        row = {(0, 0): f"3*{weight}/2 - 1", (-1, 0): f"-{weight}/2", (0, -1): f"-{weight}/2", (1, 1): f"-{weight}/2"}
        return st.stability(st.DifferenceScheme({1: {(0, 0): 1}, 0: row}, NU))

    assert skew("nu").condition == (Symbol("nu") >= 0) & (Symbol("nu") <= Rational(2, 3))
    found = skew("sqrt(2)*nu")
    assert found.condition is None and not found.is_decided and "irrational coefficients" in found.how()
    assert "necessary" in str(found)
    with pytest.raises(UnsupportedError, match="decided over several angles for rational coefficients"):
        found.contains(nu=1)
