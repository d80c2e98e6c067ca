from fractions import Fraction

import pytest
from sympy import Integer, Rational

import schemetools as st
from schemetools.analysis.series import bseries
from schemetools.analysis.series.bseries import BSeries
from tests.analysis import oracle


def fraction(value):
    return Fraction(int(value.p), int(value.q))


def as_function(series):
    values = {oracle.from_levels(t.level_sequence): fraction(v) for t, v in series.coefficients.items()}
    return values.__getitem__


def test_scheme_and_exact_flow():
    step = BSeries.of(st.rk4, 5)
    assert step.is_map
    assert [step[t] == Rational(1, t.density) for t in step.coefficients if t.order <= 4] == [True] * 8
    assert dict(BSeries.field_of(st.rk4, 5).coefficients) == dict(st.modified_equation(st.rk4, 5).coefficients)


@pytest.mark.parametrize("name", ["euler", "midpoint", "heun3"])
def test_exp_and_log_are_inverse(name):
    step = BSeries.of(st.get(name), 5)
    field = bseries.log(step)
    assert dict(field.coefficients) == dict(st.modified_equation(st.get(name), 5).coefficients)
    assert dict(bseries.exp(field).coefficients) == dict(step.coefficients)


def test_composition_is_the_composed_method():
    joined = st.compose(st.midpoint, st.heun3)

    def half(scheme):
        return BSeries.of(st.RungeKutta([[a / 2 for a in row] for row in scheme.A], [w / 2 for w in scheme.b]), 5)

    product = bseries.compose(half(st.midpoint), half(st.heun3))
    assert dict(product.coefficients) == dict(BSeries.of(joined, 5).coefficients)


def test_composition_is_associative_and_has_inverses():
    a, b, c = (BSeries.of(s, 4) for s in (st.euler, st.midpoint, st.heun3))
    left = bseries.compose(bseries.compose(a, b), c)
    right = bseries.compose(a, bseries.compose(b, c))
    assert dict(left.coefficients) == dict(right.coefficients)
    back = st.adjoint(st.euler)
    backwards = BSeries.of(st.RungeKutta([[-x for x in row] for row in back.A], [-x for x in back.b]), 4)
    assert all(v == 0 for v in bseries.compose(a, backwards).coefficients.values())


@pytest.mark.parametrize("outer", ["euler", "midpoint", "heun3"])
def test_substitution_against_the_law(outer):
    field, series = BSeries.field_of(st.heun2, 5), BSeries.of(st.get(outer), 5)
    found = bseries.substitute(field, series)
    b, a = as_function(field), as_function(series)
    for tree, value in found.coefficients.items():
        expected = oracle.substitution(b, a, oracle.from_levels(tree.level_sequence))
        assert fraction(value) == expected, tree


@pytest.mark.parametrize("name", ["euler", "midpoint", "rk4", "implicit_midpoint", "radau_iia(2)"])
def test_modifying_integrators_undo_their_schemes(name):
    scheme = st.get(name)
    field = BSeries(Integer(0), dict(st.modifying_integrator(scheme, 5).coefficients))
    step = bseries.substitute(field, BSeries.of(scheme, 5))
    assert dict(step.coefficients) == dict(BSeries.exact(5).coefficients)


def test_multistep_methods_have_an_underlying_step():
    step = BSeries.of(st.leapfrog, 4)
    assert step.is_map
    assert dict(bseries.log(step).coefficients) == dict(st.modified_equation(st.leapfrog, 4).coefficients)


def test_kinds_are_checked():
    step, field = BSeries.of(st.euler, 3), BSeries.field_of(st.euler, 3)
    for call in (lambda: bseries.exp(step), lambda: bseries.log(field), lambda: bseries.compose(field, step)):
        with pytest.raises(st.SchemeError, match="came where"):
            call()
    with pytest.raises(st.SchemeError, match="different trees"):
        bseries.compose(step, BSeries.of(st.revnet, 3))


def test_weights_are_taken_as_fractions_integers_and_text():
    dot, chain = st.Tree.from_level_sequence((1,)), st.Tree.from_level_sequence((1, 2))
    series = st.BSeries(1, {dot: Fraction(1), chain: "1/2"})
    assert series[chain] == Rational(1, 2) and bseries.log(series)[chain] == 0
