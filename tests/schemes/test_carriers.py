"""Objects laid out as other libraries lay out theirs, and SciPy's own."""

import types
import warnings
from collections import namedtuple
from fractions import Fraction

import numpy as np
import pytest
import scipy.integrate
import sympy
from sympy import Rational

import schemetools as st
from schemetools.errors import SchemeError, SchemeWarning
from schemetools.schemes.carriers.conditions import float_order

TorchdiffeqTable = namedtuple("TorchdiffeqTable", "alpha beta c_sol c_error")
PAIRS = ["bs3", "dopri5", "cash_karp5", "fehlberg45", "merson4"]


def floats(scheme):
    A = np.array([[float(x) for x in row] for row in scheme.A])
    return A, *(np.array([float(x) for x in row]) for row in (scheme.b, scheme.c, scheme.b_hat or scheme.b))


def thing(**attributes):
    return types.SimpleNamespace(**attributes)


def close(found, scheme):
    for ours, theirs in zip(floats(found), floats(scheme), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-14, atol=1e-15)
    return True


def scipy_like(scheme, sign):
    A, b, c, hat = floats(scheme)
    return type("Solver", (), {"A": A, "B": b, "C": c, "E": np.append(sign * (hat - b), 0), "order": st.order(scheme)})


def torchdiffeq_like(scheme, sign):
    A, b, c, hat = floats(scheme)
    rows = [row[:i] for i, row in enumerate(A)][1:]
    return type(
        "Solver", (), {"tableau": TorchdiffeqTable(c[1:], rows, b, sign * (b - hat)), "order": st.order(scheme)}
    )


def diffrax_like(scheme, sign):
    A, b, c, hat = floats(scheme)
    lower = tuple(A[i, :i] for i in range(1, len(b)))
    table = thing(a_lower=lower, a_diagonal=np.diag(A), b_sol=b, b_error=sign * (b - hat), c=c[1:], c1=c[0])
    return thing(tableau=table)


def torchode_like(scheme, sign):
    A, b, c, hat = floats(scheme)
    return type("Method", (), {"TABLEAU": thing(a=A, b=b, c=c, b_err=sign * (b - hat))})


def pathsim_like(scheme, sign):
    A, b, c, hat = floats(scheme)
    rows = [*(A[i, :i].tolist() for i in range(1, len(b))), b.tolist()]
    return thing(
        BT=dict(enumerate(rows)), eval_stages=c.tolist(), TR=(sign * (b - hat)).tolist(), is_explicit=True, n=1
    )


@pytest.mark.parametrize("layout", [scipy_like, torchdiffeq_like, diffrax_like, torchode_like, pathsim_like])
@pytest.mark.parametrize("name", PAIRS)
def test_embedded_weights_come_from_an_error_vector_with_the_usual_sign(layout, name):
    assert close(st.as_scheme(layout(st.get(name), 1)), st.get(name))


@pytest.mark.parametrize("layout", [scipy_like, torchdiffeq_like, diffrax_like])
@pytest.mark.parametrize("name", ["bs3", "cash_karp5", "fehlberg45", "kvaerno3"])
def test_the_other_sign_is_seen_through(layout, name):
    """fehlberg45 by its order, kvaerno3 by its stages, bs3 and cash_karp5 by the length of the fractions."""
    if layout is torchdiffeq_like and not st.get(name).is_explicit:
        pytest.skip("torchdiffeq holds explicit tableaus")
    assert close(st.as_scheme(layout(st.get(name), -1)), st.get(name))


def test_heun_as_two_libraries_hold_it():
    for error in ([0.5, -0.5], [-0.5, 0.5]):
        table = TorchdiffeqTable([1.0], [[1.0]], [0.5, 0.5], error)
        assert st.as_scheme(table).b_hat == (1, 0)


def test_layouts_with_both_rows_of_weights():
    scheme = st.dopri5
    A, b, c, hat = floats(scheme)
    held = [
        thing(A=A, B=np.stack([b, hat]), C=c[:, None], order=5),
        type("Sweeper", (), {"matrix": A, "weights": np.stack([b, hat]), "nodes": c}),
        thing(Q=A, weights=b, nodes=c, weightsEmbedded=hat, order=5),
        thing(A=A, b=b, c=c, bhat=hat, p=5),
        thing(A=A, b=b, c=c, btilde=hat, order=5),
        thing(
            tableau_intermediate=np.column_stack([c, A]), tableau_final=np.column_stack([[0, 0], [b, hat]]), __order__=5
        ),
    ]
    for one in held:
        assert close(st.as_scheme(one), scheme)
    assert st.as_scheme(thing(a=A.tolist(), b=b.tolist(), c=c.tolist(), s=7)).b_hat is None


def test_exact_numbers_stay_exact():
    held = thing(A=[[0, 0], [Fraction(2, 3), 0]], b=[Fraction(1, 4), Fraction(3, 4)], c=[0, Fraction(2, 3)])
    assert st.as_scheme(held) == st.ralston2 and st.as_scheme(held).exact
    assert st.as_scheme(thing(alpha=[0, -1, 1], beta=[Fraction(-1, 2), Fraction(3, 2), 0])) == st.adams_bashforth(2)


def test_cosines_come_to_fifty_digits():
    """Crouzeix's method of order four, as nodepy holds it."""
    g = sympy.cos(sympy.pi / 18) / sympy.sqrt(3) + Rational(1, 2)
    d = 1 / (6 * (2 * g - 1) ** 2)
    held = thing(
        A=[[g, 0, 0], [Rational(1, 2) - g, g, 0], [2 * g, 1 - 4 * g, g]],
        b=[d, 1 - 2 * d, d],
        c=[g, Rational(1, 2), 1 - g],
    )
    found = st.as_scheme(held)
    assert not found.exact and st.order(found) == 4


def test_implicit_and_additive_layouts():
    F, G = (dict(st.ars443.tableaux)[label] for label in "FG")
    parts = [diffrax_like(t, 1).tableau for t in (F, G)]
    found = st.as_scheme(thing(tableau=thing(tableaus=tuple(parts))))
    assert isinstance(found, st.AdditiveRungeKutta) and st.order(found) == 3
    (A, b, c, _), (B, d, _, _) = floats(G), floats(F)
    swept = type("Sweeper", (), {"matrix": A, "weights": b, "nodes": c, "matrix_explicit": B, "weights_explicit": d})
    assert st.order(swept) == 3
    halves = {"matrix_explicit": [[0, 0], [1, 0]], "weights_explicit": None, "matrix": [[0, 0], [0.5, 0.5]]}
    both = type("Sweeper", (), halves | {"weights": [0.5, 0.5], "nodes": [0, 1]})
    assert st.as_scheme(both) == st.AdditiveRungeKutta({"F": st.heun2, "G": st.trapezoid})
    rows = {0: None, 1: [0.5, 0.5]}
    assert st.as_scheme(thing(BT=rows, eval_stages=[0.0, 1.0], is_explicit=False)) == st.trapezoid


def test_scipys_own():
    assert close(st.as_scheme(scipy.integrate.RK45), st.dopri5) and st.order(scipy.integrate.RK45) == 5
    assert close(st.as_scheme(scipy.integrate.RK23(lambda t, y: -y, 0, [1.0], 1)), st.bs3)
    big = st.as_scheme(scipy.integrate.DOP853)
    A, b, _, hat = floats(big)
    assert (st.order(big), float_order(A, b), float_order(A, hat)) == (8, 8, 5)
    assert st.as_scheme(scipy.integrate.Radau) == st.radau_iia(3)
    with pytest.raises(SchemeError, match="it is no one scheme; bdf"):
        st.as_scheme(scipy.integrate.BDF)


def test_nodes_of_a_quadrature_rule_and_of_an_element():
    _, b, c, _ = floats(st.radau_iia(3))
    rule = thing(pts=tuple((x,) for x in c), wts=tuple(b))
    element = thing(dual_basis=lambda: [thing(get_point_dict=lambda x=x: {(x,): [(1.0, ())]}) for x in c])
    for one in (rule, element):
        assert close(st.as_scheme(one), st.radau_iia(3))


def test_a_table_that_contradicts_its_claim_is_called_wrong():
    A, b, c, hat = floats(st.fehlberg45)
    advancing_low = thing(A=A, B=np.stack([b, hat]), C=c, order=5)
    with pytest.warns(SchemeWarning, match="stated to have order 5; the weights that it advances with have order 4"):
        found = st.as_scheme(advancing_low)
    assert st.order(found) == 4 and "order 4" in st.reference(found)
    radau = np.array([[1 / 3, 5 / 12, -1 / 12], [1.0, 3 / 4, 1 / 3]])
    wrong = type(
        "RadauIIA3", (), {"tableau_intermediate": radau, "tableau_final": np.array([[0, 3 / 4, 1 / 4]]), "__order__": 3}
    )
    with pytest.raises(SchemeError, match=r"RadauIIA3: row 1 of A sums to 1\.08333 but c\[1\] is 1"):
        st.as_scheme(wrong)


def test_right_claims_are_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in PAIRS:
            st.as_scheme(scipy_like(st.get(name), 1))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (thing(A=[[0]], Ap=[[0]], B=[1], Bp=[1], C=[0], E=[0]), "Runge-Kutta-Nystrom"),
        (thing(A=[[0]], Gamma=[[1]], b=[1], c=[0]), "Rosenbrock"),
        (3.5, "3.5, a float, is not a scheme: give"),
        (dict, "the class dict is not a scheme"),
        ("rk45x", "the catalog has no scheme"),
    ],
)
def test_what_is_not_read_is_refused_by_name(value, message):
    with pytest.raises(SchemeError, match=message):
        st.as_scheme(value)


def test_every_verb_takes_names_and_objects():
    assert (
        st.order("bdf(3)") == 3 and st.stability("rk4").contains(-1) and "order 4" in str(st.modified_equation("rk4"))
    )
    assert st.to_source("euler", "numpy") == st.to_source(st.euler, "numpy")
    assert st.steps("euler", 2) == st.steps(st.euler, 2) and st.compose("euler", "euler") == st.steps(st.euler, 2)
    assert (
        st.order(scipy.integrate.RK23) == 3 and st.cost(scipy.integrate.RK23).evaluations == st.cost("bs3").evaluations
    )


@pytest.mark.parametrize("name", ["rk4", "dopri5", "gauss(3)", "verner65", "trbdf2", "dopri8"])
def test_float_orders_are_the_exact_ones(name):
    A, b, _, _ = floats(st.get(name))
    assert float_order(A, b) == st.order(name)
