"""The order in a few characters, with the note that goes with it."""

import dataclasses

import pytest

import schemetools as st
from schemetools.errors import UnsupportedError
from schemetools.present.kind import order_text


@pytest.mark.parametrize("name", ["rk4", "lm", "lm(k=1)", "bdf(3)", "stoermer_verlet", "sbdf(2)", "ros2", "two_stage"])
def test_the_limit_is_that_of_the_modified_equation(name):
    scheme = st.get(name)
    limit = st.modified_equation(scheme, 1).limit
    limits = limit if isinstance(limit, tuple) else (limit,)
    shown, note = order_text(scheme)
    assert shown.rstrip("*") == str(st.order(scheme))
    assert ("relative to" in note) == any(value != 1 for value in limits)


def test_a_w_method_with_another_limit_says_so():
    """The Jacobian is a colour of its trees, but no field of its limit."""
    method = st.get("ros2")
    doubled = dataclasses.replace(method, b=tuple(2 * x for x in method.b))
    assert order_text(doubled) == ("1*", "relative to u' = 2 f")


def test_random_coefficients_have_a_weak_order():
    with pytest.raises(UnsupportedError, match="weak_order"):
        order_text(st.get("lm_stochastic_depth"))
