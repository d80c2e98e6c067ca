"""Intervals of schemes with many values: the points where roots meet the circle, by resultants."""

import numpy as np
import pytest
import sympy

import schemetools as st


def pece(k, j):
    """Adams-Bashforth of order k predicts, Adams-Moulton of order j corrects, PECE; values y, h f_n, h f_(n-1), ..."""
    predict = list(reversed(st.adams_bashforth(k).beta[:-1]))
    correct = list(reversed(st.adams_moulton(j - 1).beta)) if j > 1 else [1, 0]
    m = max(len(predict), len(correct) - 1)
    predict += [0] * (m - len(predict))
    correct += [0] * (m + 1 - len(correct))
    shift = [[0] * i + [1] + [0] * (m - i) for i in range(1, m)]
    V = [[1, *correct[1:]], [0] * (m + 1), *shift]
    B = [[correct[0], 0], [0, 1]] + [[0, 0]] * (m - 1)
    return st.GeneralLinear([[0, 0], [correct[0], 0]], [[1, *predict], [1, *correct[1:]]], B, V)


@pytest.mark.parametrize(
    ("k", "j", "real", "imaginary"),
    [
        (1, 1, 1, 1),
        (2, 2, 2, 1.28718850581),
        (2, 3, 2.4, 1.2),
        (3, 3, 1.72878356807, 0),
        (3, 4, 1.93460842116, 1.17847173060),
        pytest.param(5, 5, 0.946917034537, 0.258711747666, marks=pytest.mark.flint),
        pytest.param(6, 6, 0.698002629549, 0.526717426944, marks=pytest.mark.flint),
        pytest.param(8, 8, 0.381569095042, 0, marks=pytest.mark.flint),
    ],
)
def test_intervals_of_predictor_corrector_pairs(k, j, real, imaginary):
    found = st.stability(pece(k, j))
    assert abs(sympy.N(found.real_interval) - real) < 1e-10
    assert abs(sympy.N(found.imaginary_interval) - imaginary) < 1e-10


@pytest.mark.flint
def test_the_intervals_do_not_depend_on_the_way(monkeypatch):
    scheme = st.GeneralLinear(
        [[0, 0], ["1/3", 0]], [[1, "1/5"], [1, "1/7"]], [["1/2", "1/4"], [1, 0]], [[1, "1/4"], [0, 0]]
    )
    fast = st.stability(scheme)
    expected = float(fast.real_interval), float(fast.imaginary_interval)
    monkeypatch.setattr("schemetools.analysis.stability.verdicts.circle_crossings", lambda *_, **__: None)
    slow = st.stability(scheme, normalized=True)
    L = float(fast.limit)
    assert np.allclose([float(slow.real_interval) / L, float(slow.imaginary_interval) / L], expected, rtol=1e-12)


def test_a_stability_of_extended_methods_is_decided():
    assert st.stability(st.ebdf(5)).is_a_stable is False
    assert st.stability(st.ebdf(3)).is_a_stable is True
