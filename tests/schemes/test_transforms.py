"""Transforms obey their laws: exactly, on stability functions and tableaux."""

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as hyp
from sympy import Rational, Symbol, symbols
from sympy.polys.matrices import DomainMatrix
from sympy.stats import E

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme

z = Symbol("z")


def stability_function(scheme):
    """R(z) = det(I - z A + z 1 b^T) / det(I - z A), by sympy's own matrices."""
    A, s = sympy.Matrix(scheme.A), scheme.stages
    update = sympy.ones(s, 1) * sympy.Matrix([scheme.b])

    def det(matrix):
        domain_matrix = DomainMatrix.from_Matrix(matrix)
        return domain_matrix.domain.to_sympy(domain_matrix.det())

    return sympy.cancel(det(sympy.eye(s) - z * A + z * update) / det(sympy.eye(s) - z * A))


fractions = hyp.fractions(min_value=-3, max_value=3, max_denominator=6)
tableaux = hyp.integers(1, 3).flatmap(
    lambda s: hyp.tuples(
        hyp.lists(hyp.lists(fractions, min_size=s, max_size=s), min_size=s, max_size=s),
        hyp.lists(fractions, min_size=s, max_size=s),
    ).map(lambda parts: st.RungeKutta(*parts))
)


@given(tableaux)
@settings(deadline=None, max_examples=30)
def test_adjoint_twice_is_the_identity(scheme):
    assert st.adjoint(st.adjoint(scheme)) == scheme


@given(tableaux)
@settings(deadline=None, max_examples=20)
def test_adjoint_inverts_the_step_with_the_other_sign(scheme):
    assert sympy.cancel(stability_function(scheme) * stability_function(st.adjoint(scheme)).subs(z, -z)) == 1


@given(tableaux, tableaux, hyp.fractions(min_value=0, max_value=1, max_denominator=5))
@settings(deadline=None, max_examples=20)
def test_stability_functions_multiply_under_composition(first, second, share):
    joined = st.compose(first, second, fractions=[share, 1 - share])
    expected = stability_function(first).subs(z, share * z) * stability_function(second).subs(z, (1 - share) * z)
    assert sympy.cancel(stability_function(joined) - expected) == 0


@pytest.mark.parametrize("name", ["stoermer", "rkn4", "rkn5", "dprkn4", "fine_rkn4"])
def test_the_adjoint_of_a_nystrom_method_takes_its_step_back(name):
    """On q'' = -q a step is q, h p -> M(h^2) (q, h p) with M from the tableau; -h changes the sign of h p."""
    scheme = st.get(name)
    x, flip = Rational(3, 7), sympy.diag(1, -1)

    def step(t):
        A, b, b_prime = (sympy.Matrix(m) for m in (t.A, [t.b], [t.b_prime]))
        stages = (sympy.eye(t.stages) + x * A).inv() * sympy.Matrix([[1, c] for c in t.c])
        return sympy.Matrix([[1, 1], [0, 1]]) - x * b.col_join(b_prime) * stages

    assert step(scheme) * flip * step(st.adjoint(scheme)) * flip == sympy.eye(2)


def test_known_adjoints_and_compositions():
    assert st.adjoint(st.euler) == st.backward_euler
    assert st.adjoint(st.implicit_midpoint) == st.implicit_midpoint
    trapezoid = st.RungeKutta([[0, 0], ["1/2", "1/2"]], ["1/2", "1/2"])
    assert (
        sympy.cancel(stability_function(st.compose(st.euler, st.backward_euler)) - stability_function(trapezoid)) == 0
    )
    k = Symbol("k")
    assert st.adjoint(st.lm()).alpha == (-1, 1 - k, k) and st.adjoint(st.adjoint(st.lm())) == st.lm()


def test_n_steps_of_euler_are_the_lower_triangular_tableau():
    three = st.steps(st.euler, 3)
    third = Rational(1, 3)
    assert (
        three.b == (third,) * 3
        and ((0, 0, 0), (third, 0, 0), (third, third, 0)) == three.A
        and three.name == "steps(euler, 3)"
    )
    assert st.steps(st.rk4, 1) is st.rk4


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_picard_iterations_of_backward_euler_are_the_truncated_geometric_series(m):
    assert sympy.expand(stability_function(st.picard(st.backward_euler, m)) - sum(z**j for j in range(m + 1))) == 0


def test_picard_iterations_of_a_two_stage_scheme_approach_it():
    scheme = st.RungeKutta([["1/4", 0], ["1/2", "1/4"]], ["1/2", "1/2"])
    difference = sympy.series(stability_function(scheme) - stability_function(st.picard(scheme, 3)), z, 0, 5).removeO()
    assert sympy.Poly(difference, z).terms()[-1][0] == (4,)


def test_rescaling_makes_the_limit_one():
    k = Symbol("k")
    assert st.rescale(st.lm()).beta == (0, 1 + k, 0)
    w1, w2, a = symbols("w1 w2 a")
    scaled = st.rescale(st.RungeKutta([[0, 0], [a, 0]], [w1, w2]))
    assert sympy.cancel(sum(scaled.b)) == 1 and sympy.cancel(scaled.A[1][0] - a / (w1 + w2)) == 0
    with pytest.raises(SchemeError, match="no finite nonzero limit"):
        st.rescale(st.RungeKutta([[0, 0], [1, 0]], [1, -1]))


def test_nesting_substitutes_the_inner_increment():
    assert st.nest(st.euler, st.rk4) == st.rk4 and st.nest(st.rk4, st.euler) == st.rk4
    nested = stability_function(st.nest(st.rk4, st.implicit_midpoint))
    inner = stability_function(st.implicit_midpoint) - 1
    assert sympy.cancel(nested - stability_function(st.rk4).subs(z, inner)) == 0


def test_every_step_draws_its_own_random_numbers():
    gate = st.random_symbol("xi", "bernoulli", "4/5")
    once = st.randomise(st.euler, gate)
    twice = st.compose(once, once)
    assert {s.name for s in twice.random_symbols} == {"xi_1", "xi_2"} and once.b == (gate,)
    first, second = sorted(twice.random_symbols, key=str)
    assert E(first * second) == Rational(16, 25), "E[xi xi] would be 4/5"
    assert st.randomise(st.lm(), gate).beta == (0, gate, 0)
    adams = st.LinearMultistep([0, -1, 1], ["-1/2", "3/2", 0])
    assert ((Rational(3, 2) * gate,), (gate,)) == st.randomise(adams, gate).B
    with pytest.raises(SchemeError, match="not a random symbol"):
        st.randomise(st.euler, Symbol("p"))


def test_to_float_rounds_to_the_doubles_a_program_uses():
    rounded = st.to_float(st.rk4)
    assert not rounded.exact and [float(b) for b in rounded.b] == [1 / 6, 1 / 3, 1 / 3, 1 / 6]
    bdf2 = st.to_float(st.LinearMultistep(["1/3", "-4/3", 1], [0, 0, "2/3"]))
    assert sum(bdf2.alpha) == 0 and float(bdf2.alpha[1]) == -4 / 3


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: st.adjoint(st.LinearMultistep([0, -1, 1], ["-1/2", "3/2", 0])), "alpha_0 = 0"),
        (lambda: st.adjoint(st.lm().normal_form()), "kind GeneralLinear"),
        (lambda: st.compose(), "at least one"),
        (lambda: st.compose(st.euler, st.lm()), "compose joins"),
        (lambda: st.compose(st.euler, st.rk4, fractions=[1]), "1 fractions came for 2"),
        (lambda: st.steps(st.euler, 0), "n >= 1"),
        (lambda: st.steps(st.lm(), 2), "compose joins"),
        (lambda: st.picard(st.lm(), 2), "Runge-Kutta"),
        (lambda: st.picard(st.euler, True), "m >= 1"),
        (lambda: st.nest(st.euler, st.lm()), "two Runge-Kutta"),
        (lambda: st.rescale(st.rk4.normal_form()), "takes Runge-Kutta"),
    ],
)
def test_what_cannot_be_transformed_says_why(call, reason):
    with pytest.raises(SchemeError, match=reason):
        call()


ROUNDED_APART = {"feagin12", "feagin14"}  # five seconds each


@pytest.mark.parametrize("name", ["yoshida4", "ars222", "ars443", "imex_ssp2", "ruth3", "sbdf(2)", "dprkn4"])
def test_the_doubles_of_several_tableaux_keep_the_order(name):
    rounded = st.to_float(name)
    assert not rounded.exact and st.order(rounded) == st.order(name)


@pytest.mark.slow
def test_the_doubles_of_every_catalog_entry_keep_its_order():
    for scheme in (st.get(name) for name in st.names() if name not in ROUNDED_APART):
        if not isinstance(scheme, Scheme) or scheme.free_symbols or scheme.random_symbols:
            continue
        if isinstance(scheme, st.Exponential):
            with pytest.raises(SchemeError, match="functions of h L"):
                st.to_float(scheme)
            continue
        rounded = st.to_float(scheme)
        assert not rounded.exact and st.order(rounded) == st.order(scheme), scheme.name


def test_decimal_shares_of_steps_have_the_order_they_are_meant_to_have():
    """The triple jump and Yoshida's six (1990) to 16 digits and as floats; declared approximate where that is said."""
    gamma = 1 / (2 - 2 ** (1 / 3))
    outer = ["0.784513610477560", "0.235573213359357", "-1.17767998417887"]
    middle = str(1 - 2 * sum(map(Rational, outer)))
    yoshida = [*outer, middle, *outer[::-1]]
    for shares, order in (([gamma, 1 - 2 * gamma, gamma], 4), (yoshida, 6), ([float(Rational(w)) for w in yoshida], 6)):
        for declared in (None, False):
            scheme = st.compose(*[st.stoermer_verlet] * len(shares), fractions=shares, exact=declared)
            assert not scheme.exact and st.order(scheme) == order


def test_arrays_of_scipy_are_taken_as_they_are():
    integrate = pytest.importorskip("scipy.integrate")
    for method, order in ((integrate.RK23, 3), (integrate.RK45, 5), (integrate.DOP853, 8)):
        for declared in (None, False):
            scheme = st.RungeKutta(method.A, method.B, exact=declared)
            assert not scheme.exact or method is integrate.RK23
            assert st.order(scheme) == order
