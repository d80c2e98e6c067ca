"""Coefficients that depend on t: multistep schemes and fields f(t, u), against one step of the flow."""

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp
from sympy import Function, sin, symbols

import schemetools as st
from schemetools.errors import SchemeError

k, h, t, u = symbols("k h t u")


def step_defect(scheme, function, field, order, step):
    """The defect of the recurrence at the exact flow of the derived field, by series in h at t = 1/2, u = 1."""
    eq = st.modified_equation(scheme, order=order, k=Function("k"))
    [rhs] = eq.vector_field([field], [u], h, t)
    value = rhs.subs(Function("k")(t), function).doit().subs(h, step)
    f = sympy.lambdify((t, u), value)
    times = [0.5 - step, 0.5, 0.5 + step]
    ahead = solve_ivp(lambda s, y: [f(s, y[0])], (0.5, times[2]), [1.0], rtol=1e-13, atol=1e-15).y[0, -1]
    behind = solve_ivp(lambda s, y: [f(s, y[0])], (0.5, times[0]), [1.0], rtol=1e-13, atol=1e-15).y[0, -1]
    return times, (behind, 1.0, ahead)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_multistep_scheme_with_a_schedule_follows_its_equation(order):
    """lm: u_(n+1) = (1 - k) u_n + k u_(n-1) + h f with k = k(t_n): the defect is O(h^(order + 1))."""
    defects = []
    for step in (0.02, 0.01):
        times, (behind, now, ahead) = step_defect(st.lm(), sin(t) / 3, -u + u**2 / 5, order, step)
        weight = np.sin(times[1]) / 3
        defects.append(abs(ahead - (1 - weight) * now - weight * behind - step * (-now + now**2 / 5)))
    assert np.log2(defects[0] / defects[1]) == pytest.approx(order + 1, abs=0.15)


def test_what_varies_must_be_in_the_scheme():
    with pytest.raises(SchemeError, match="no free symbol|no symbol|k"):
        st.modified_equation(st.rk4, k=Function("k"))
