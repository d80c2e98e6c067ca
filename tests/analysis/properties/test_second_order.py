"""Runge-Kutta-Nystrom methods against concrete equations: Taylor series of the step and of the exact flow."""

import numpy as np
import pytest
import sympy

import schemetools as st
from schemetools.codegen import execute, lower

NAMES = st.names(kind="Runge-Kutta-Nystrom")
ORDERS = {
    "stoermer": (2, None), "rkn4": (4, None), "rkn4_velocity": (4, None), "rkn5": (5, None), "dprkn4": (4, 3),
    "dprkn5": (5, 4), "dprkn6": (6, 4), "dprkn6fm": (6, 4), "dprkn8": (8, 6), "erkn4": (4, 3), "fine_rkn4": (4, 3),
}  # fmt: skip
x, y, v, w = sympy.symbols("x y v w")
h = sympy.Symbol("h")
SERIES, H, T = sympy.ring("h, t", sympy.QQ)
START = [SERIES(sympy.QQ(*c)) for c in ((1, 2), (-1, 3), (2, 5), (1, 4))]
POSITION = (x * y + x**2 + 1, y**3 - x**2 * y + 2)
VELOCITY = (x * w - v**2, y * v + w * x + 1)


def force(scheme):
    return POSITION if scheme.A_prime is None else VELOCITY


def cut(series, n):
    """Without terms beyond total degree n."""
    return SERIES.from_dict({powers: c for powers, c in series.items() if sum(powers) <= n})


def evaluated(expression, values, n):
    """A polynomial in x, y, v, w and h at series."""
    total = SERIES(0)
    for powers, c in sympy.Poly(expression, x, y, v, w, h).terms():
        term = SERIES(sympy.QQ(int(c.p), int(c.q)))
        for factor, power in zip((*values, H), powers, strict=True):
            for _ in range(power):
                term = cut(term * factor, n)
        total += term
    return total


def flow(field, n):
    """The series of the flow of a field for the time h, by Picard's iteration; the field may depend on h."""
    values = START
    for _ in range(n):
        slopes = [evaluated(f, values, n) for f in field]
        integrals = [
            SERIES.from_dict({(a, b + 1): c / (b + 1) for (a, b), c in slope.items() if a + b < n}) for slope in slopes
        ]
        values = [start + integral for start, integral in zip(START, integrals, strict=True)]
    return [cut(value.compose(T, H), n) for value in values]


class Pair(list):
    """A vector of two series."""

    def __add__(self, other):
        return Pair([a + b for a, b in zip(self, other, strict=True)])

    def __rmul__(self, factor):
        return Pair([factor * a for a in self])


def step(scheme, n):
    """The series of one step, the plan run on series in h."""

    def both(value, velocity=(0, 0)):
        return Pair([evaluated(c, (*value, *velocity), n) for c in force(scheme)])

    new = execute(
        lower(scheme), both, [Pair(START[:2]), Pair(START[2:])], H,
        number=lambda c: SERIES(sympy.QQ(int(c.p), int(c.q))),
    )  # fmt: skip
    return [cut(c, n) for part in new for c in part]


@pytest.mark.parametrize("name", NAMES)
def test_the_order_is_that_of_the_taylor_series_of_a_step(name):
    scheme = st.get(name)
    p, embedded = ORDERS[name]
    assert st.order(scheme) == p
    assert (None if scheme.b_hat is None else st.order(st.embedded(scheme))) == embedded
    if not all(c.is_Rational for c in scheme.coefficients):
        return
    exact, found = flow((v, w, *force(scheme)), p + 1), step(scheme, p + 1)
    assert [cut(a - b, p) for a, b in zip(found, exact, strict=True)] == [0] * 4
    assert any(a != b for a, b in zip(found, exact, strict=True))


@pytest.mark.parametrize("name", ["stoermer", "rkn4", "rkn4_velocity"])
def test_the_flow_of_the_modified_equation_is_the_step(name):
    scheme, n = st.get(name), 5
    field = st.modified_equation(scheme, n).vector_field(force(scheme), ((x, y), (v, w)), h)
    assert step(scheme, n) == flow(field, n)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "dprkn8"])  # whose errors are rounding where h is small
def test_the_measured_order_is_the_proven_one(name):
    found = st.convergence(name, steps=(4, 8, 16) if st.order(name) > 5 else (32, 64, 128))
    assert abs(found.measured - found.order) < 0.4


def test_nystrom_trees_are_those_of_the_literature():
    """Special trees of orders 1..7, roots q' and f counted apart: the numbers of Hairer, Norsett, Wanner, table 14.1."""
    conditions = st.order_conditions(st.stoermer, 8)
    velocity = [sum(t.order == n and t.colour == "f" for t in conditions) for n in range(1, 8)]
    position = [sum(t.order == n and t.colour == "p" for t in conditions) for n in range(1, 9)]
    assert velocity == [1, 1, 2, 3, 6, 10, 20]
    assert position == [1, *velocity]


@pytest.mark.parametrize("name", ["gauss(2)", "radau_iia(2)", "rk4", "stoermer_verlet", "ruth3", "yoshida4"])
def test_what_a_method_is_on_an_equation_of_second_order_keeps_its_properties(name):
    scheme = st.get(name)
    form = st.nystrom_form(scheme)
    assert st.order(form) == st.order(scheme)
    assert st.is_symmetric(form) is st.is_symmetric(scheme)
    assert st.is_symplectic(form) is st.is_symplectic(scheme)
    assert st.adjoint(st.adjoint(form)) == form and st.order(st.adjoint(form)) == st.order(form)


def test_intervals_on_the_oscillator():
    nu = sympy.Symbol("nu")
    verlet = st.stability(st.stoermer)
    assert verlet.periodicity_interval == verlet.imaginary_interval == 2
    assert verlet.oscillation_matrix(nu) == sympy.Matrix([[1 - nu**2 / 2, 1], [nu**4 / 4 - nu**2, 1 - nu**2 / 2]])
    assert st.stability(st.stoermer_verlet).periodicity_interval == 2
    assert st.stability(st.nystrom_form(st.gauss(2))).periodicity_interval == sympy.oo  # P-stable
    rkn4 = st.stability(st.rkn4)
    matrix = rkn4.oscillation_matrix(rkn4.imaginary_interval)
    assert rkn4.periodicity_interval == 0  # it damps
    moduli = abs(np.linalg.eigvals(np.array(matrix.evalf(30).tolist(), dtype=float)))
    assert max(moduli) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "dprkn6"])
def test_the_oscillation_matrix_is_a_step_on_the_oscillator(name):
    scheme, nu = st.get(name), sympy.Rational(3, 10)
    matrix = st.stability(scheme).oscillation_matrix(nu)
    field = (lambda q: -(nu**2) * q) if scheme.A_prime is None else (lambda q, p: -(nu**2) * q)
    q, p = sympy.Rational(2, 3), sympy.Rational(1, 7)
    new = execute(lower(scheme), field, [q, p], 1)
    assert [sympy.simplify(a - b) for a, b in zip(new, matrix * sympy.Matrix([q, p]), strict=True)] == [0, 0]


def test_stages_may_be_listed_in_any_order():
    first = st.nystrom_form(st.gauss(2))
    turned = st.RungeKuttaNystrom(
        [row[::-1] for row in first.A[::-1]], first.b[::-1], first.b_prime[::-1], first.c[::-1]
    )
    assert st.is_symmetric(turned) and st.is_symplectic(turned) and st.order(turned) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"b_prime": ["1/2"]}, "b_prime has 1 entries; 2 stages need 2"),
        ({"c": [0]}, "c has 1 entries"),
        ({"b_hat": [1, 0]}, "both b_hat, for q, and b_prime_hat"),
        ({"A_prime": [[], ["1/3"]]}, "row 1 of A_prime sums to 1/3"),
    ],
)
def test_a_malformed_tableau_is_refused(change, words):
    given = {"A": [[], ["1/2"]], "b": ["1/2", 0], "b_prime": ["1/2", "1/2"], "c": [0, 1], **change}
    with pytest.raises(st.SchemeError, match=words):
        st.RungeKuttaNystrom(**given)


def rounded(scheme):
    rows = [list(map(float, row)) for row in scheme.A]
    return st.RungeKuttaNystrom(rows, *(list(map(float, row)) for row in (scheme.b, scheme.b_prime, scheme.c)))


def test_a_rounded_method_has_the_order_that_it_means():
    found = rounded(st.dprkn6)
    assert not found.exact and st.order(found) == 6
    lengths = [float(st.stability(s).imaginary_interval) for s in (st.dprkn4, rounded(st.dprkn4))]
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-9)
