"""Moments of kernels: derivatives of monomials, the bijection, and published operators."""

import itertools
import math

import numpy as np
import pytest
from sympy import Rational

import schemetools as st


def test_moments_are_what_the_correlation_does_to_monomials():
    """(K * x^p y^q)(0) = sum m_ab d_x^a d_y^b x^p y^q at 0 = m_pq p! q!."""
    rng = np.random.default_rng(3)
    kernel = rng.integers(-5, 6, (3, 5)).tolist()
    moments = st.kernel_moments(kernel)
    for p, q in itertools.product(range(5), range(3)):
        value = sum(kernel[j][i] * (i - 2) ** p * (j - 1) ** q for j in range(3) for i in range(5))
        assert moments[p, q] * math.factorial(p) * math.factorial(q) == value


@pytest.mark.parametrize("shape", [(3,), (5,), (4,), (3, 3), (3, 5), (3, 3, 3)])
def test_moments_and_kernels_are_in_bijection(shape):
    rng = np.random.default_rng(1)
    kernel = np.array([Rational(int(n), 7) for n in rng.integers(-9, 9, math.prod(shape))], dtype=object).reshape(shape)
    moments = st.kernel_moments(kernel, dx=Rational(1, 3))
    assert np.array_equal(st.kernel_from_moments(moments, shape, dx=Rational(1, 3)), kernel)
    floats = kernel.astype(float)
    assert np.allclose(st.kernel_from_moments(st.kernel_moments(floats), shape), floats, atol=1e-13)


def test_upwind_and_five_points():
    found = st.kernel_from_moments({(1, 0): -1, (2, 0): Rational(1, 2), (0, 2): Rational(1, 2)})
    assert found.tolist() == [[0, Rational(1, 2), 0], [1, -2, 0], [0, Rational(1, 2), 0]]


def test_the_width_scales_the_derivatives():
    assert st.kernel_moments([Rational(-1, 2), 0, Rational(1, 2)], dx=Rational(1, 10))[1,] == Rational(1, 10)


@pytest.mark.parametrize(
    ("kernel", "dx", "said"),
    [
        ([[1, 2], [3]], 1, "different lengths"),
        (np.zeros((2, 2, 2, 2)), 1, "1 to 3 axes"),
        ([], 1, "at least one"),
        ([1, 2, 1], 0, "dx must be positive"),
        ([1, 2, 1], (1, 1), "one width"),
        (["a", "b"], 1, "numbers"),
    ],
)
def test_bad_kernels(kernel, dx, said):
    with pytest.raises(st.SchemeError, match=said):
        st.kernel_moments(kernel, dx)
    with pytest.raises(st.SchemeError, match="no moments"):
        st.kernel_from_moments({(3,): 1}, (3,))
