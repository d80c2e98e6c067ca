"""`to_scipy` inside solve_ivp, beside SciPy's own methods."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import schemetools as st
from schemetools.errors import SchemeError


def pendulum(t, y):
    return [y[1], -np.sin(y[0]) + 0.1 * np.cos(t)]


EXACT = solve_ivp(pendulum, (0, 3), [1.0, 0.0], method="DOP853", rtol=1e-13, atol=1e-14, dense_output=True).sol
FIXED = ["euler", "rk4", "gauss(2)", "radau_iia(2)", "bdf(3)", "adams_bashforth(4)", "adams_moulton(2)", "leapfrog"]


@pytest.mark.parametrize("name", FIXED)
def test_equal_steps_are_those_of_solve(name):
    result = solve_ivp(pendulum, (0, 3), [1.0, 0.0], method=st.to_scipy(name), h=0.1)
    expected = st.solve(name, pendulum, (0, 3), [1.0, 0.0], h=0.1)
    np.testing.assert_allclose(result.t, expected.t, rtol=1e-14)
    np.testing.assert_allclose(result.y, expected.y, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", ["dopri5", "bs3", "fehlberg45", "cash_karp5", "trbdf2"])
def test_pairs_follow_the_tolerance(name):
    errors, evaluations = [], []
    for tolerance in (1e-4, 1e-7):
        result = solve_ivp(pendulum, (0, 3), [1.0, 0.0], method=st.to_scipy(name), rtol=tolerance, atol=tolerance)
        assert result.success
        errors.append(np.abs(result.y[:, -1] - EXACT(3)).max())
        evaluations.append(result.nfev)
    assert errors[0] < 3e-3 and errors[1] < 5e-5 and evaluations[1] > evaluations[0]


@pytest.mark.parametrize(("name", "theirs"), [("dopri5", "RK45"), ("bs3", "RK23")])
def test_one_step_of_a_pair_is_scipys(name, theirs):
    options = dict(t_span=(0, 0.3), y0=[1.0, 0.0], first_step=0.3, rtol=1e3, atol=1e3)
    ours = solve_ivp(pendulum, method=st.to_scipy(name), **options)
    np.testing.assert_allclose(ours.y[:, 1], solve_ivp(pendulum, method=theirs, **options).y[:, 1], rtol=1e-14)


def test_steps_are_about_as_many_as_scipys():
    options = dict(t_span=(0, 3), y0=[1.0, 0.0], rtol=1e-7, atol=1e-9)
    ours, theirs = (solve_ivp(pendulum, method=m, **options) for m in (st.to_scipy("dopri5"), "RK45"))
    assert 0.7 < ours.t.size / theirs.t.size < 1.4


def test_dense_output_is_of_order_four():
    errors = []
    times = np.linspace(0, 3, 200)
    for h in (0.2, 0.1):
        result = solve_ivp(pendulum, (0, 3), [1.0, 0.0], method=st.to_scipy("rk4"), h=h, dense_output=True)
        errors.append(np.abs(result.sol(times) - EXACT(times)).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.3)


def test_events_and_time_backwards():
    event = lambda t, y: y[0]  # noqa: E731
    found = solve_ivp(pendulum, (0, 3), [1.0, 0.0], method=st.to_scipy("dopri5"), events=event, rtol=1e-8, atol=1e-10)
    assert abs(EXACT(found.t_events[0][0])[0]) < 1e-5
    back = solve_ivp(pendulum, (3, 0), EXACT(3), method=st.to_scipy("dopri5"), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(back.y[:, -1], [1, 0], atol=1e-7)


@pytest.mark.parametrize("jac", [None, [[-1000.0]], lambda t, y: [[-1000.0]]])
def test_stiff_problems_with_and_without_a_jacobian(jac):
    stiff = lambda t, y: -1000 * (y - np.cos(t))  # noqa: E731
    result = solve_ivp(stiff, (0, 1), [0.0], method=st.to_scipy("radau_iia(3)"), h=0.02, jac=jac)
    assert result.success and result.y[0, -1] == pytest.approx(np.cos(1) + np.sin(1) / 1000, abs=1e-5)


def test_schemes_with_two_fields():
    parts = {"F": lambda t, y: np.array([0, 0.1 * np.cos(t)]), "G": lambda y: np.array([y[1], -np.sin(y[0])])}
    result = solve_ivp(pendulum, (0, 3), [1.0, 0.0], method=st.to_scipy("ars443"), h=0.05, fields=parts)
    np.testing.assert_allclose(result.y[:, -1], EXACT(3), atol=1e-4)
    kepler = lambda t, y: np.concatenate([-y[2:] / np.linalg.norm(y[2:]) ** 3, y[:2]])  # noqa: E731
    orbit = solve_ivp(kepler, (0, 2 * np.pi), [0.0, 1.0, 1.0, 0.0], method=st.to_scipy("yoshida4"), h=0.05)
    np.testing.assert_allclose(orbit.y[:, -1], [0, 1, 1, 0], atol=1e-4)
    with pytest.raises(SchemeError, match="is additive: give its parts"):
        solve_ivp(pendulum, (0, 3), [1.0, 0.0], method=st.to_scipy("ars443"), h=0.05)
    with pytest.raises(SchemeError, match="two halves"):
        solve_ivp(lambda t, y: y, (0, 3), [1.0], method=st.to_scipy("yoshida4"), h=0.05)


def test_what_fails_says_so():
    with pytest.raises(SchemeError, match="give k one"):
        st.to_scipy("lm")
    result = solve_ivp(lambda t, y: y**2 + 1, (0, 2), [1.0], method=st.to_scipy("backward_euler"), h=2)
    assert not result.success and "did not converge" in result.message
    with pytest.warns(UserWarning, match="no use for min_step"):
        solve_ivp(pendulum, (0, 0.1), [1.0, 0.0], method=st.to_scipy("rk4"), min_step=1)


def test_the_class_has_the_name_and_is_made_once():
    assert st.to_scipy("rk4").__name__ == "rk4" and st.to_scipy(st.rk4) is st.to_scipy("rk4")
