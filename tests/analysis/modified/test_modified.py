from fractions import Fraction

import pytest
from sympy import Rational, Symbol, factor, simplify, sqrt

import schemetools as st
from schemetools.analysis.series.lie import TreeSeries
from schemetools.analysis.trees.tree import Tree
from tests.analysis import oracle

k = Symbol("k")
TREES = {
    ".": (1,), "[.]": (1, 2), "[.,.]": (1, 2, 2), "[[.]]": (1, 2, 3),
    "[.,[.]]": (1, 2, 3, 2), "[[.,.]]": (1, 2, 3, 3), "[[[.]]]": (1, 2, 3, 4), "[.,.,.]": (1, 2, 2, 2),
}  # fmt: skip


def b(eq, name):
    return eq[Tree.from_level_sequence(TREES[name])]


def over_sigma(eq, name):
    return b(eq, name) / Tree.from_level_sequence(TREES[name]).symmetry


# shared knowledge: the coefficient b/sigma in the equation, derived by hand
TABLE = {
    "euler": ("-1/2", "1/12", "1/3", "-1/12", "-1/12", "-1/4", "0"),
    "backward_euler": ("1/2", "1/12", "1/3", "1/12", "1/12", "1/4", "0"),
    "midpoint": ("0", "-1/24", "-1/6", "0", "1/16", "1/8", "0"),
    "implicit_midpoint": ("0", "-1/24", "1/12", "0", "0", "0", "0"),
    "rk4": ("0",) * 7,
}


@pytest.mark.parametrize("name", TABLE)
def test_low_orders(name):
    eq = st.modified_equation(st.get(name))
    assert eq.limit == 1
    order = ("[.]", "[.,.]", "[[.]]", "[.,[.]]", "[[.,.]]", "[[[.]]]", "[.,.,.]")
    assert tuple(over_sigma(eq, t) for t in order) == tuple(map(Rational, TABLE[name]))


def test_rk4_at_order_five():
    eq = st.modified_equation(st.rk4, 5)
    at = {
        levels: eq[Tree.from_level_sequence(levels)] for levels in [(1, 2, 2, 2, 2), (1, 2, 3, 4, 5), (1, 2, 3, 2, 3)]
    }
    assert at[1, 2, 2, 2, 2] / 24 == Rational(1, 2880)
    assert at[1, 2, 3, 4, 5] == Rational(-1, 120)
    assert at[1, 2, 3, 2, 3] / 2 == Rational(1, 160)


def test_lm_in_k():
    eq = st.modified_equation(st.lm())
    expected = {
        ".": 1 / (1 + k),
        "[.]": -(1 - k) / (2 * (1 + k) ** 3),
        "[.,.]": (k**2 - 10 * k + 1) / (6 * (1 + k) ** 5),
        "[[.]]": (k**2 - 4 * k + 1) / (3 * (1 + k) ** 5),
        "[.,.,.]": 3 * k * (1 - k) / (1 + k) ** 7,
        "[.,[.]]": -(1 - k) * (k**2 - 28 * k + 1) / (12 * (1 + k) ** 7),
        "[[.,.]]": -(1 - k) * (k**2 - 16 * k + 1) / (6 * (1 + k) ** 7),
        "[[[.]]]": -(1 - k) * (k**2 - 8 * k + 1) / (4 * (1 + k) ** 7),
    }
    assert all(simplify(b(eq, name) - value) == 0 for name, value in expected.items())
    assert str(b(eq, "[.,.]")) == "(k**2 - 10*k + 1)/(6*(k + 1)**5)"
    assert eq.limit == 1 / (1 + k)
    # at a number it is the number's own equation, and k = 0 is Euler
    for value, other in (("3/10", st.lm(k=0.3)), (0, st.euler), (0, st.lm(k=0))):
        numeric = st.modified_equation(other)
        assert all(eq[t].subs(k, Rational(value)) == numeric[t] for t in eq.coefficients)


def test_leapfrog_is_lm_at_one_with_f_doubled():
    lm, leapfrog = st.modified_equation(st.lm(k=1), 5), st.modified_equation(st.leapfrog, 5)
    assert all(lm[t] * 2**t.order == leapfrog[t] for t in lm.coefficients)


@pytest.mark.parametrize(
    "name", ["euler", "midpoint", "rk4", "implicit_midpoint", "backward_euler", "radau_iia(2)", "heun3"]
)
def test_runge_kutta_against_the_substitution_law(name):
    scheme = st.get(name)
    A = [[Fraction(int(x.p), int(x.q)) for x in row] for row in scheme.A]
    weights = [Fraction(int(x.p), int(x.q)) for x in scheme.b]
    expected = oracle.modified(oracle.weights(A, weights))
    eq = st.modified_equation(scheme, 6)
    assert len(eq.coefficients) == 37
    for tree, value in eq.coefficients.items():
        assert Fraction(int(value.p), int(value.q)) == expected(oracle.from_levels(tree.level_sequence)), tree


@pytest.mark.parametrize(
    "name",
    ["lm(k=3/10)", "lm(k=-1/2)", "bdf(2)", "bdf(3)", "adams_bashforth(2)", "adams_moulton(2)", "milne_simpson(2)"],
)
def test_multistep_against_the_definition(name):
    """sum_j alpha_j (flow over j steps) = sum_j beta_j (f after j steps), with flows by the substitution law."""
    scheme = st.get(name)
    eq = st.modified_equation(scheme, 5)
    values = {oracle.from_levels(t.level_sequence): Fraction(int(v.p), int(v.q)) for t, v in eq.coefficients.items()}
    flows = [oracle.flow(values.__getitem__, j) for j in range(scheme.steps + 1)]
    alpha = [Fraction(int(a.p), int(a.q)) for a in scheme.alpha]
    beta = [Fraction(int(x.p), int(x.q)) for x in scheme.beta]

    def slope(flow, tree):
        result = Fraction(1)
        for child in tree:
            result *= flow(child)
        return result

    for tree in values:
        left = sum(a * flow(tree) for a, flow in zip(alpha, flows, strict=True))
        assert left == sum(x * slope(flow, tree) for x, flow in zip(beta, flows, strict=True)), tree


def test_number_fields_are_exact():
    eq = st.modified_equation(st.gauss(2), 6)
    assert all(v == 0 for t, v in eq.coefficients.items() if 1 < t.order <= 4 or t.order == 6)
    assert any(v != 0 for t, v in eq.coefficients.items() if t.order == 5)
    crouzeix = st.modified_equation(st.crouzeix3, 4)
    tall = crouzeix[Tree.from_level_sequence((1, 2, 3, 4))]
    gamma = (3 + sqrt(3)) / 6  # R(z) has the coefficient of z^4 of P/(1 - gamma z)^2
    r = [1, 1, Rational(1, 2), Rational(1, 6)]
    r4 = simplify(2 * gamma * r[3] - gamma**2 * r[2])
    assert simplify(tall - (r4 - Rational(1, 24))) == 0


def test_several_parameters():
    a, c = Symbol("a"), Symbol("c")
    scheme = st.RungeKutta([[0, 0], [a, 0]], [1 - c, c])
    eq = st.modified_equation(scheme, 3)
    assert eq.limit == 1
    assert factor(b(eq, "[.]") - (a * c - Rational(1, 2))) == 0
    assert str(b(eq, "[.]")) == "(2*a*c - 1)/2"


def test_flexible_factors_have_their_own_limit():
    w1, w2, a = (Symbol(x) for x in ("w1", "w2", "a"))
    eq = st.modified_equation(st.RungeKutta([[0, 0], [a, 0]], [w1, w2]), 2)
    assert eq.limit == w1 + w2
    assert simplify(b(eq, "[.]") - (a * w2 - (w1 + w2) ** 2 / 2)) == 0


def test_adjoint_pairs():
    for name in ("euler", "rk4", "heun3", "radau_iia(2)", "lobatto_iiic(2)"):
        scheme = st.get(name)
        eq, adjoint = st.modified_equation(scheme, 6), st.modified_equation(st.adjoint(scheme), 6)
        assert all(adjoint[t] == (-1) ** (t.order - 1) * v for t, v in eq.coefficients.items())


def test_symmetric_schemes_have_odd_orders_only():
    for name in ("implicit_midpoint", "trapezoid", "leapfrog", "gauss(2)", "milne_simpson(2)", "lobatto_iiib(3)"):
        eq = st.modified_equation(st.get(name), 6)
        assert all(v == 0 for t, v in eq.coefficients.items() if t.order % 2 == 0)


def test_revnet_is_baker_campbell_hausdorff():
    eq = st.modified_equation(st.revnet, 4)
    assert eq.limit == (1, 1)
    expected = {"F[G]": "-1/2", "F[G[F]]": "-1/6", "F[G,G]": "1/6", "F[G[F[G]]]": "1/12", "F[G[F],G]": "1/12"}
    found = {str(t): v for t, v in eq.coefficients.items()}
    for name, value in expected.items():
        assert found[name] == Rational(value)
        swapped = name.translate(str.maketrans("FG", "GF"))
        sign = 1 if name.count("F") + name.count("G") == 3 else -1
        assert found[swapped] == sign * Rational(value)
    assert found["F[G[F,F]]"] == found["F[G,G,G]"] == 0


def test_additive_schemes_with_one_tableau_are_that_tableau():
    scheme = st.AdditiveRungeKutta({"F": st.rk4, "G": st.rk4})
    eq, plain = st.modified_equation(scheme, 5), st.modified_equation(st.rk4, 5)
    assert len(eq.coefficients) == 2 + 4 + 14 + 52 + 214
    assert all(v == plain[Tree(t.level_sequence)] for t, v in eq.coefficients.items())


def test_reducible_schemes_are_reduced():
    doubled = st.RungeKutta([[0, 0, 0], ["1/2", 0, 0], ["1/4", "1/4", 5]], [0, 1, 0])
    assert dict(st.modified_equation(doubled, 5).coefficients) == dict(
        st.modified_equation(st.midpoint, 5).coefficients
    )
    common = st.LinearMultistep([0, -1, 1], [0, 1, 0])  # zeta (zeta - 1), sigma = zeta
    assert dict(st.modified_equation(common, 5).coefficients) == dict(st.modified_equation(st.euler, 5).coefficients)


def test_mapping_and_order():
    eq = st.modified_equation(st.midpoint, 5)
    assert list(eq.coefficients)[:4] == [Tree((1,)), Tree((1, 2)), Tree((1, 2, 2)), Tree((1, 2, 3))]
    assert len(eq.coefficients) == 17
    assert eq[Tree((1, 2, 3))] == eq.coefficients[Tree((1, 2, 3))] == Rational(-1, 6)
    with pytest.raises(KeyError):
        eq[Tree((1, 2, 3, 4, 5, 6))]


@pytest.mark.parametrize("order", [0, -1, 40, 1.5, True])
def test_bad_orders(order):
    with pytest.raises(st.SchemeError, match="order"):
        st.modified_equation(st.rk4, order)


def test_no_limit_of_first_order():
    with pytest.raises(st.SchemeError, match="second_order_limit"):
        st.modified_equation(st.lm(k=-1))
    with pytest.raises(st.SchemeError, match=r"sigma\(1\) = 0"):
        st.modified_equation(st.LinearMultistep([0, -1, 1], [-1, 1, 0]))


def test_not_zero_stable_derives_and_warns():
    eq = st.modified_equation(st.lm(k=2))
    assert eq.limit == Rational(1, 3)
    assert "not zero-stable" in eq.warnings[0]
    assert "not zero-stable" in str(eq)
    assert st.modified_equation(st.lm(k=1)).warnings == ()
    assert "not zero-stable" in st.modified_equation(st.bdf(7)).warnings[0]


def test_progress():
    calls = []
    st.modified_equation(st.euler, 5, progress=lambda done, total: calls.append(done))
    assert calls[-5:] == [1, 2, 3, 4, 5]


def test_denominators_are_shared():
    """One denominator per order clears all b(t): the arithmetic in between is on integers."""
    eq = st.modified_equation(st.rk4, 5)
    assert isinstance(eq.series, TreeSeries)
    for tree, value in eq.coefficients.items():
        assert (value * eq.series.denominators[tree.order]).is_Integer


@pytest.mark.parametrize(("name", "through"), [("euler", 4), ("lm", 4), ("rk4", 5), ("dopri5", 6), ("rkc2(9)", 4)])
def test_without_an_order_the_equation_goes_through_the_first_error(name, through):
    eq = st.modified_equation(st.get(name))
    first = st.order(st.get(name)) + 1
    assert eq.order == through == max(4, first)
    assert any(eq[tree] != 0 for tree in eq.coefficients if tree.order == first)


def test_beyond_order_eight_the_equation_says_through_which_power_it_vanishes():
    eq = st.modified_equation(st.gauss(5))
    assert eq.order == 4 and str(eq).splitlines()[-1] == "note         zero through h^9"


def test_an_order_that_was_asked_for_is_printed():
    assert "h^3 [" in str(st.modified_equation(st.euler, 4))
    assert "h^3 [" not in str(st.modified_equation(st.euler))
    assert st.modified_equation(st.euler, 4) == st.modified_equation(st.euler)
