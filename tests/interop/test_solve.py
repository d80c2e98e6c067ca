"""`solve` and `convergence` against exact solutions and proven orders."""

import numpy as np
import pytest

import schemetools as st
from schemetools.errors import SchemeError

ROTATION = np.array([[0.0, -1.0], [1.0, 0.0]])


def spiral(t, u):
    """u = (cos t, sin t) / (2 - t^2): times and nonlinear terms both count."""
    return 2 * t * np.linalg.norm(u) * u + ROTATION @ u


PROBLEM = (spiral, (0, 1), [0.5, 0.0], lambda t: np.array([np.cos(t), np.sin(t)]) / (2 - t**2))


@pytest.mark.parametrize(
    "name",
    ["euler", "rk4", "dopri5", "gauss(2)", "radau_iia(3)", "trbdf2", "bdf(2)", "bdf(4)", "adams_bashforth(3)",
     "adams_moulton(3)", "leapfrog", "milne_simpson(2)", "lmm2(a=1/5,b=1/3)"],
)  # fmt: skip
def test_slopes_on_a_problem_with_time_are_the_proven_orders(name):
    result = st.convergence(name, PROBLEM)
    assert result.order == st.order(name)
    assert result.measured > result.order - 0.4  # a missed condition would show; errors may happen to cancel
    assert st.convergence(name, steps=(16, 32, 64)).measured == pytest.approx(result.order, abs=0.25)


@pytest.mark.parametrize(
    "name", ["symplectic_euler", "stoermer_verlet", "ruth3", "yoshida4", "ars222", "ars443", "strang(midpoint)"]
)
def test_slopes_of_schemes_with_two_fields(name):
    assert st.convergence(name).agrees


def test_a_scheme_with_another_limit_converges_to_it():
    """lm(k=3/10) follows u' = f / 1.3."""
    assert st.convergence("lm(k=3/10)").agrees
    _, u = st.solve("lm(k=3/10)", lambda u: -u, (0, 1), 1.0, h=1e-3)
    assert u[-1] == pytest.approx(np.exp(-1 / 1.3), abs=1e-3)


def test_one_step_is_the_scheme():
    f = lambda u: np.array([u[1], -np.sin(u[0])])  # noqa: E731
    _, u = st.solve(st.rk4, f, (0, 0.1), [1, 0], h=0.1)
    np.testing.assert_allclose(u[1], st.to_stepper(st.rk4)(f, np.array([1.0, 0.0]), 0.1), rtol=1e-15)
    _, u = st.solve("implicit_midpoint", lambda u: ROTATION @ u, (0, 0.5), [1.0, 0.0], h=0.5)
    np.testing.assert_allclose(
        u[1], np.linalg.solve(np.eye(2) - ROTATION / 4, (np.eye(2) + ROTATION / 4) @ [1, 0]), rtol=1e-14
    )


def test_the_step_divides_the_span_and_time_runs_both_ways():
    t, u = st.solve("rk4", lambda t, u: -u, (0, 1), 1.0, h=0.3)
    assert t.shape == (5,) and t[-1] == pytest.approx(1.0)
    back = st.solve("rk4", lambda t, u: -u, (1, 0), u[-1], h=0.25)
    assert back.u[-1] == pytest.approx(1.0, abs=1e-4) and back.t[-1] == 0


def test_shapes_and_kinds_of_states():
    f = lambda u: -u  # noqa: E731
    assert st.solve("rk4", f, (0, 1), np.ones((2, 3)), h=0.5).u.shape == (3, 2, 3)
    assert st.solve("rk4", f, (0, 1), [1, 2], h=0.5).y.shape == (2, 3)
    turning = st.solve("gauss(2)", lambda u: 1j * u, (0, 1), 1 + 0j, h=0.1).u
    np.testing.assert_allclose(np.abs(turning), 1, rtol=1e-12)
    p_and_q = st.solve("stoermer_verlet", {"F": lambda q: -q, "G": lambda p: p}, (0, 1), (0.0, 1.0), h=0.1).u
    assert p_and_q.shape == (11, 2) and p_and_q[-1, 1] == pytest.approx(np.cos(1), abs=1e-3)


def test_the_callable_says_by_its_arguments_whether_it_wants_the_time():
    values = [
        st.solve("rk4", f, (0, 1), 1.0, h=0.1).u[-1]
        for f in (lambda u: -u, lambda t, u: -u, lambda u, rate=-1: rate * u, np.negative, lambda *args: -args[1])
    ]
    assert len(set(map(float, values))) == 1


def test_a_given_jacobian_and_a_given_start():
    exact = lambda t: np.cos(t) + np.sin(t) / 1000  # noqa: E731
    stiff = lambda t, u: -1000 * (u - np.cos(t)) + np.cos(t) / 1000  # noqa: E731
    result = st.solve("radau_iia(2)", stiff, (0, 1), [1.0], h=0.05, jac=lambda t, u: [[-1000.0]])
    assert result.u[-1, 0] == pytest.approx(exact(1), abs=1e-6)
    crude, fine = (st.convergence("adams_bashforth(4)", start=start) for start in ("euler", None))
    assert crude.measured == pytest.approx(2, abs=0.3) and fine.agrees


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lm", abs, (0, 1), 1.0, 0.1), "coefficients without a value: give k one"),
        (("rk4", abs, (0, 0), 1.0, 0.1), "from one time to another"),
        (("rk4", abs, (0, 1), 1.0, 0), "h > 0"),
        (("rk4", 3, (0, 1), 1.0, 0.1), "f is one callable"),
        (("ars222", abs, (0, 1), 1.0, 0.1), "'F': ..., 'G': ..."),
        (("stoermer_verlet", {"F": abs, "G": abs}, (0, 1), 1.0, 0.1), r"\(p, q\)"),
        (("rk4", abs, (0, 1), "one", 0.1), "u0 is an array of numbers"),
        (("rk5", abs, (0, 1), 1.0, 0.1), "the catalog has no scheme"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(arguments, message):
    with pytest.raises(SchemeError, match=message):
        st.solve(*arguments)


def test_stages_without_a_solution_are_refused():
    with pytest.raises(SchemeError, match="did not converge|singular"):
        st.solve("backward_euler", lambda u: u**2 + 1, (0, 2), 1.0, h=2)


def test_convergence_shows_its_table_and_refuses_no_problem():
    result = st.convergence("rk4", PROBLEM, steps=(4, 8, 16))
    lines = str(result).splitlines()
    assert lines[0].startswith("rk4: order 4, measured ") and len(lines) == 5
    assert result.h.tolist() == [0.25, 0.125, 0.0625] and result.slopes.shape == (2,)
    with pytest.raises(SchemeError, match="a problem is"):
        st.convergence("rk4", spiral)
    with pytest.raises(SchemeError, match="numbers of steps"):
        st.convergence("rk4", steps=(0.1, 0.2))


def test_an_exact_solution_of_another_shape_is_refused_not_broadcast():
    for u0, exact in (([1.0], lambda t: np.exp(-t)), (1.0, lambda t: [np.exp(-t)])):
        with pytest.raises(SchemeError, match="the shape of u0"):
            st.convergence("bdf(2)", (lambda u: -u, (0, 1), u0, exact))
    assert st.convergence("bdf(2)", (lambda u: -u, (0, 1), 1.0, lambda t: np.exp(-t))).agrees


def turning(u):
    return np.array([u[1], -u[0]])


def in_one_array():
    """The field of a rotation that returns the same array every time, as a compiled one does."""
    kept = np.zeros(2)

    def field(u):
        kept[:] = u[1], -u[0]
        return kept

    return field


def in_place(u):
    u[:] = u[1], -u[0]
    return u


@pytest.mark.parametrize("name", ["heun2", "rk4", "dopri5", "adams_bashforth(3)", "bdf(2)", "gauss(2)", "rodas3"])
def test_a_field_may_reuse_its_array_or_work_in_place(name):
    right = st.solve(name, turning, (0, 1), [1.0, 0.0], 0.1).u
    for field in (in_one_array(), in_place):
        assert np.array_equal(st.solve(name, field, (0, 1), [1.0, 0.0], 0.1).u, right)


def test_steppers_keep_what_a_field_returned():
    for name in ("rk4", "adams_bashforth(2)", "gauss(2)"):
        step = st.to_stepper(st.get(name))
        right, reused, placed = (step(f, np.array([1.0, 0.5]), 0.1) for f in (turning, in_one_array(), in_place))
        assert np.array_equal(right, reused) and np.array_equal(right, placed)
    step = st.to_stepper(st.carpenter_kennedy4)
    assert np.array_equal(*(step(f, np.array([1.0, 0.5]), 0.1) for f in (turning, in_one_array())))
    with pytest.raises(SchemeError, match="f changed its argument, of which a program of few registers has no copy"):
        step(in_place, np.array([1.0, 0.5]), 0.1)
    linear = {"L": np.array([-1.0, -2.0]), "N": in_one_array()}
    right = st.solve("etdrk4", linear | {"N": turning}, (0, 1), [1.0, 0.0], 0.1).u
    assert np.array_equal(st.solve("etdrk4", linear, (0, 1), [1.0, 0.0], 0.1).u, right)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lambda u: -u[:1], r"an array of shape \(1,\) and type float64"),
        (lambda u: -1.0, r"-1\.0"),
        (lambda u: None, "None"),
        (lambda u: "ab", "'ab'"),
        (lambda u: [[1.0], [1.0, 2.0]], "a list"),
    ],
)
def test_what_a_field_returns_has_the_shape_of_the_state(value, said):
    for name in ("rk4", "bdf(2)"):
        with pytest.raises(
            SchemeError, match=rf"^{said}.* came from f, which returns numbers in the shape \(2,\) of the state"
        ):
            st.solve(name, value, (0, 1), [1.0, 2.0], 0.25)


def test_a_solution_that_ceases_to_be_finite_says_when():
    with pytest.warns(UserWarning, match=r"not finite from t = 0\.5 on; take a smaller h, or see f"):
        st.solve("rk4", lambda t, u: u if t < 0.3 else u * np.nan, (0, 1), [1.0], 0.25)
