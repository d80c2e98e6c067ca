"""What a scheme is: frozen, hashable, equal by value, checked at construction."""

import copy
import dataclasses
import pickle

import pytest
import sympy
from sympy import Rational, Symbol, symbols

import schemetools as st
from schemetools.errors import SchemeError, TableauError
from schemetools.schemes.base import as_scheme


def test_a_runge_kutta_method_has_its_parts():
    heun = st.RungeKutta([[0, 0], [1, 0]], ["1/2", "1/2"], b_hat=[1, 0], name="mine")
    assert heun.c == (0, 1) and heun.stages == 2 and heun.is_explicit and heun.b_hat == (1, 0)
    assert not st.RungeKutta([["1/2"]], [1]).is_explicit
    assert st.RungeKutta([[0, 1], [0, 0]], [1, 0]).is_explicit, "stages in another order are still explicit"


def test_schemes_are_values():
    a = st.RungeKutta([[0]], [1], name="a", reference="here")
    b = st.RungeKutta([["0"]], [1.0], name="b")
    assert a == b and hash(a) == hash(b) and a != st.RungeKutta([[0]], [2])
    recurrences = [st.LinearMultistep([-1, 1], [0.5, 0.5], digits=n, name=f"{n} digits") for n in (3, 12)]
    assert recurrences[0] == recurrences[1] == st.LinearMultistep([-1, 1], ["1/2", "1/2"])
    assert len({*recurrences}) == 1 and [scheme.digits for scheme in recurrences] == [3, 12]
    with pytest.raises(dataclasses.FrozenInstanceError):
        a.b = ()  # type: ignore[misc]
    for scheme in (a, st.lm(), st.lm().normal_form()):
        assert pickle.loads(pickle.dumps(scheme)) == scheme == copy.deepcopy(scheme)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: st.RungeKutta([[0, 0], [1]], [1, 0]), "ragged"),
        (lambda: st.RungeKutta([[0]], [1, 1, 1]), "1 rows of length 1 and b has 3"),
        (lambda: st.RungeKutta([], []), "0 weights"),
        (lambda: st.RungeKutta([[0, 0], [1, 0]], [0, 1], [0, "1/2"]), "row 1 of A sums to 1 but c"),
        (lambda: st.RungeKutta([[0]], [1], b_hat=[1, 0]), "b_hat has 2"),
        (lambda: st.RungeKutta("12", [1]), "must be a list"),
        (lambda: st.RungeKutta([[float("nan")]], [1]), r"A\[0\]\[0\].*not finite"),
        (lambda: st.RungeKutta([[1 / 3]], [1], [0.25]), "row 0 of A sums to 0.333333 but c"),
        (lambda: st.RungeKutta([[0]], [1], exact=True, digits=3), "digits"),
        (lambda: st.RungeKutta([[0]], [1], c_is_declared=True), "give it"),
        (lambda: st.LinearMultistep([1, 1], [0, 1]), r"rho\(1\)"),
        (lambda: st.LinearMultistep([-1, 1], [0, 1, 0]), "need k"),
        (lambda: st.LinearMultistep([-1, 1, 0], [0, 1, 0]), "last entry of alpha"),
        (lambda: st.LinearMultistep([-1, 1], [0, 0]), "never evaluates f"),
        (lambda: st.GeneralLinear([[0]], [[1]], [[1]], [[1], [1], [1]]), "one more row"),
        (lambda: st.GeneralLinear([[0]], [[1]], [[1]], [[1]], colours=["F", "G"]), "2 colours"),
        (lambda: st.GeneralLinear([[0, 0], [1, 0]], [[1], [0]], [[1, 1]], [[1]]), "PolyNet"),
        (lambda: st.AdditiveRungeKutta({"F": st.euler}), "two or more"),
        (lambda: st.AdditiveRungeKutta({"F": st.euler, "G": st.rk4}), "share their stages"),
        (lambda: st.AdditiveRungeKutta({"F": st.euler, "G": 3}), "a int came"),
        (lambda: st.AdditiveRungeKutta(dict.fromkeys("FGH", st.euler), partitioned=True), "two fields"),
    ],
)
def test_malformed_input_is_refused_with_the_reason(make, reason):
    with pytest.raises(SchemeError, match=reason):
        make()


def test_subs_takes_names_and_values_and_keeps_the_name_true():
    lm = st.lm()
    assert lm.free_symbols == {Symbol("k")}
    half = lm.subs({"k": "1/2"})
    assert half == st.lm(k="1/2") and half.name == "lm(k=1/2)" and half.exact and not half.free_symbols
    learned = lm.subs({Symbol("k"): -0.0523456789012345678})
    assert not learned.exact and learned.name == "lm(k=-0.0523457)"
    assert learned.alpha[0] == Rational(*(0.0523456789012345678).as_integer_ratio())
    with pytest.raises(SchemeError, match="no free symbol 'q'"):
        lm.subs({"q": 1})
    a, b = symbols("a b")
    mine = st.RungeKutta([[0, 0], [a, 0]], [1 - b, b], name="mine")
    assert mine.subs({"b": 1, "a": "1/2"}) == st.midpoint
    assert mine.subs({"a": 1}).name == "mine[a=1]"


def test_random_symbols_are_told_from_free_ones():
    xi = st.random_symbol("xi", "bernoulli", Symbol("p"))
    scheme = st.RungeKutta([[0]], [xi])
    assert {s.name for s in scheme.random_symbols} == {"xi"} and scheme.free_symbols == {Symbol("p")}
    (drawn,) = scheme.subs({"p": "4/5"}).random_symbols
    assert drawn.pspace.distribution.args[0] == Rational(4, 5)
    assert ((xi,),) == scheme.normal_form().B


def test_as_scheme_takes_what_carries_a_scheme():
    class Carrier:
        scheme = st.rk4

    assert as_scheme(Carrier()) is st.rk4 and as_scheme(st.lm) == st.lm()
    assert as_scheme("rk4") is st.rk4 and st.order("lm:k=1") == 2
    with pytest.raises(SchemeError, match="a dict is not a scheme: give"):
        as_scheme({"A": [[0]]})


def test_latex_draws_what_people_write():
    assert r"\begin{array}{c|cccc}" in st.rk4._repr_latex_() and r"\frac{1}{6}" in st.rk4._repr_latex_()
    assert "u_{n+2}" in st.lm()._repr_latex_() and "f_{n+1}" in st.lm()._repr_latex_()
    two = st.AdditiveRungeKutta({"F": st.backward_euler, "G": st.euler}, partitioned=True)
    assert two._repr_latex_().count("array") == 4


# -- the normal form ------------------------------------------------------------------------------------------------


def characteristic(scheme):
    """det(w I - M(z)) with M(z) = V + z B (I - z A)^-1 U, by sympy's own matrices."""
    w, z = symbols("w z")
    g = scheme.normal_form()
    r = g.values
    A, U, B, V = sympy.Matrix(g.A), sympy.Matrix(g.U), sympy.Matrix(g.B)[:r, :], sympy.Matrix(g.V)[:r, :]
    M = V + z * B * (sympy.eye(g.stages) - z * A).inv() * U
    return sympy.factor((w * sympy.eye(r) - M).det()), w, z


MULTISTEP = {
    "ab2": ([0, -1, 1], ["-1/2", "3/2", 0]),
    "am2": ([0, -1, 1], ["-1/12", "2/3", "5/12"]),
    "bdf2": (["1/3", "-4/3", 1], [0, 0, "2/3"]),
    "leapfrog": ([-1, 0, 1], [0, 2, 0]),
    "milne": ([-1, 0, 1], ["1/3", "4/3", "1/3"]),
    "mixed": (["1/2", 0, "-3/2", 1], ["1/5", 0, "1/7", 0]),
    "implicit mixed": (["1/2", 0, "-3/2", 2 - 1], ["1/5", 0, 0, "1/7"]),
    "scaled": ([-2, 2], [1, 1]),
}


@pytest.mark.parametrize("name", MULTISTEP)
def test_the_normal_form_of_a_multistep_scheme_has_its_stability_polynomial(name):
    alpha, beta = MULTISTEP[name]
    scheme = st.LinearMultistep(alpha, beta)
    polynomial, w, z = characteristic(scheme)
    expected = sum((a - z * b) * w**j for j, (a, b) in enumerate(zip(scheme.alpha, scheme.beta, strict=True)))
    ratio = sympy.cancel(polynomial / expected)
    spare = scheme.normal_form().values - scheme.steps
    assert sympy.cancel(ratio * (scheme.alpha[-1] - z * scheme.beta[-1]) / w**spare) == 1


def test_normal_forms_are_those_of_the_literature():
    k = Symbol("k")
    lm = st.lm().normal_form()
    assert (((0,),), ((1, 0),), ((1,), (0,)), ((1 - k, k), (1, 0))) == (lm.A, lm.U, lm.B, lm.V) and lm.q == (1, 1)
    ab2 = st.LinearMultistep([0, -1, 1], ["-1/2", "3/2", 0]).normal_form()
    assert ab2.U == ((1, 0),) and ab2.q == (1, 0) and ((1, Rational(-1, 2)), (0, 0)) == ab2.V
    revnet = st.AdditiveRungeKutta({"F": st.backward_euler, "G": st.euler}, partitioned=True).normal_form()
    assert (
        revnet.A == ((0, 0), (1, 0))
        and revnet.U == ((0, 1), (1, 0))
        and revnet.colours == ("F", "G")
        and revnet.parts == 2
    )
    assert revnet.is_explicit, "u += F(v); v += G(u) solves nothing"


def test_a_scheme_keeps_the_steps_with_which_it_was_written():
    assert st.lm(k=0).normal_form().values == 2
    adams = st.LinearMultistep([0, 0, -1, 1], ["5/12", "-4/3", "23/12", 0]).normal_form()
    assert adams.values == 3 and adams.q == (1, 0, 0)


def test_an_embedded_result_is_one_more_row():
    pair = st.RungeKutta([[0, 0], [1, 0]], ["1/2", "1/2"], b_hat=[1, 0]).normal_form()
    assert pair.embedded and pair.B[1] == (1, 0) and pair.V == ((1,), (1,))


def test_an_additive_stage_stands_once_per_field():
    both = st.AdditiveRungeKutta({"F": st.midpoint, "G": st.midpoint}).normal_form()
    assert both.colours == ("F", "G", "F", "G") and both.fields == ("F", "G")
    assert both.B == ((0, 0, 1, 1),)


def test_tableau_errors_are_scheme_and_value_errors():
    assert issubclass(TableauError, st.SchemeError) and issubclass(st.SchemeError, ValueError)


def test_a_bernoulli_symbol_with_other_values_than_one_and_zero_is_refused():
    """Its moments are those of a gate; two other values would be taken for 1 and 0 without a word."""
    from sympy.stats import Bernoulli

    scheme = st.RungeKutta([[0]], [Bernoulli("xi", Rational(1, 2), 3, 1)])
    with pytest.raises(st.SchemeError, match="takes the values 3 and 1"):
        st.modified_equation(scheme)


def test_error_weights_are_not_taken_for_an_embedded_result():
    A, b = st.bogacki_shampine3.A, st.bogacki_shampine3.b
    error = [x - y for x, y in zip(b, st.bogacki_shampine3.b_hat, strict=True)]
    with pytest.raises(TableauError, match=r"b_hat sums to 0: these look like error weights, b - b_hat; give b"):
        st.RungeKutta(A, b, b_hat=error)
    with pytest.raises(TableauError, match="nearly 0"):
        st.RungeKutta(A, b, b_hat=[*error[:-1], str(float(error[-1]) + 1e-8)])
    mended = [x - y for x, y in zip(b, error, strict=True)]
    assert st.RungeKutta(A, b, b_hat=mended) == st.bogacki_shampine3
    with pytest.raises(TableauError, match="b_hat sums to 0"):
        st.Rosenbrock([[0, 0], [1, 0]], [[1, 0], [0, 1]], ["1/2", "1/2"], b_hat=["1/2", "-1/2"])
    with pytest.raises(TableauError, match="b_prime_hat sums to 0: .* b_prime - b_prime_hat"):
        st.RungeKuttaNystrom([[0]], ["1/2"], [1], [0], b_hat=["1/2"], b_prime_hat=[0])
