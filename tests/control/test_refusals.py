"""What is no diffusion, grid or loss: refused in a sentence, and nothing of it is dropped."""

import numpy as np
import pytest
import sympy

import schemetools as st
from schemetools.errors import SchemeError

x, y = sympy.symbols("x y")
WORDS = {"grid": (-2, 2, 21), "t": 1, "steps": 10}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: st.Diffusion(-x, sympy.nan, x), "nan or infinity"),
        (lambda: st.Diffusion(-x, float("inf"), x), "infinity|finite"),
        (lambda: st.Diffusion([], [], ()), "u is a variable"),
        (lambda: st.Diffusion([x, x], [[1, 0], [0, 1]], (x, x)), "different ones"),
        (lambda: st.Diffusion(-x, 1, 3), "u is a variable"),
        (lambda: st.Diffusion([x, y], [[1, 0], [0]], (x, y)), "square matrix"),
    ],
)
def test_what_is_no_diffusion_is_refused(made, said):
    with pytest.raises(SchemeError, match=said):
        made()


@pytest.mark.parametrize(
    ("loss", "changed", "said"),
    [
        (sympy.I * x, {}, "the loss consists of real numbers"),
        (["a"] * 21, {}, "the loss consists of real numbers"),
        (x**2, {"grid": "abc"}, "an axis of the grid consists of real numbers"),
        (x**2, {"grid": ("a", "b", 10)}, "an end of an axis consists of real numbers"),
        (x**2, {"boundary": None}, "it is 'clipped' or 'periodic'"),
        (x**2, {"boundary": 5}, "it is 'clipped' or 'periodic'"),
        (x**2, {"steps": 10**9}, "more values than the 1,000,000,000 that are kept"),
    ],
)
def test_what_has_no_value_function_is_refused(loss, changed, said):
    with pytest.raises(SchemeError, match=said):
        st.value_function(st.Diffusion(-x, "1/2", x), loss, **WORDS | changed)


def test_a_complex_drift_is_refused():
    with pytest.raises(SchemeError, match="the drift or the covariance consists of real numbers"):
        st.value_function(st.Diffusion(sympy.I * x, 1, x), x**2, **WORDS)
    found = st.value_function(st.Diffusion(-x, 1, x), np.zeros(21), **WORDS)
    assert not found.values.any()
