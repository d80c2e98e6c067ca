"""The exact path never touches a float: mathematics runs with floats made impossible, programs run on a tracer type."""

from fractions import Fraction

import pytest
import sympy

import schemetools as st
from schemetools.codegen import execute, lower
from schemetools.exact import to_fraction


class Tracer(Fraction):
    """A fraction that refuses to become a float, and stays a tracer under arithmetic."""

    def __float__(self):
        raise AssertionError("an exact number was turned into a float")

    def _wrapped(operation):  # noqa: N805
        def apply(self, other):
            assert not isinstance(other, float), "an exact number met a float"
            return Tracer(operation(Fraction(self), Fraction(other)))

        return apply

    __add__ = __radd__ = _wrapped(Fraction.__add__)
    __mul__ = __rmul__ = _wrapped(Fraction.__mul__)


@pytest.fixture
def no_floats(monkeypatch):
    """sympy can make no finite Float while a test runs; the infinity with which it compares inside `Mul` is let through."""
    make = sympy.Float.__new__

    def refuse(cls, number, *args, **kwargs):
        if number not in (float("inf"), float("-inf")):
            raise AssertionError(f"a Float was made from {number}")
        return make(cls, number, *args, **kwargs)

    monkeypatch.setattr(sympy.Float, "__new__", refuse)


RATIONAL = [
    "rk4",
    "dopri5",
    "bdf(4)",
    "adams_bashforth(3)",
    "lm(k=3/10)",
    "lm(k)",
    "radau_iia(2)",
    "two_stage(w1, w2, a)",
    "fehlberg45",
]


@pytest.mark.parametrize("name", RATIONAL)
def test_definitions_orders_and_modified_equations_make_no_float(name, no_floats):
    scheme = st.get(name)
    copy = type(scheme)(*[_copied(array) for array in scheme._arrays()[:2]])
    assert copy.coefficients[0] == scheme.coefficients[0]
    eq = st.modified_equation(copy, order=4)
    assert all(not value.has(sympy.Float) for value in eq.coefficients.values())
    assert st.order(copy) >= 1


def _copied(array):
    return [[*row] if isinstance(row, tuple) else row for row in array]


@pytest.mark.parametrize("name", ["rk4", "dopri5", "bdf(3)", "adams_bashforth(3)", "lm(k=3/10)", "rk38", "gauss(1)"])
def test_verdicts_make_no_float(name, no_floats):
    found = st.stability(st.get(name))
    assert found.is_zero_stable is True
    assert found.is_a_stable in (True, False) and found.is_l_stable in (True, False)


@pytest.mark.parametrize("name", ["rk4", "dopri5", "verner65", "adams_bashforth(4)", "lm(k=3/10)", "leapfrog"])
def test_a_plan_runs_on_numbers_that_refuse_to_be_floats(name):
    plan = lower(st.get(name))
    result = execute(
        plan,
        lambda u: u * u,
        [Tracer(1, 3)] * len(plan.inputs),
        Tracer(1, 7),
        number=lambda c: Tracer(to_fraction(c)),
    )
    assert all(isinstance(value, Tracer) for value in result)


def test_the_tracer_itself_catches_floats():
    with pytest.raises(AssertionError):
        float(Tracer(1, 3))
    with pytest.raises(AssertionError):
        Tracer(1, 3) * 0.5
