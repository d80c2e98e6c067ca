"""Numbers at the edge: steps, coefficients, states and sizes that are zero, tiny, huge, nan, or very many."""

import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError

SCHEMES = ["rk4", "dopri5", "gauss(2)", "bdf(2)", "adams_bashforth(2)", "strang"]
X = torch.linspace(-1, 1, 4, dtype=torch.float64)


def stepped(name, f, h, x=X):
    """A step by torch and one by NumPy, the state alone."""
    scheme = st.get(name)
    fields = scheme.frame().fields
    block = st.to_block(scheme)(f if len(fields) == 1 else dict.fromkeys(fields, f), h=h)
    stepper = st.to_stepper(scheme)

    def by_numpy(u):
        return f(torch.as_tensor(u)).numpy()

    values = stepper(by_numpy if len(fields) == 1 else dict.fromkeys(fields, by_numpy), x.numpy(), h)
    result = block(x)
    return (result[0] if isinstance(result, tuple) else result).detach(), values[0] if isinstance(
        values, tuple
    ) else values


@pytest.mark.parametrize("name", SCHEMES)
def test_a_step_of_size_zero_stays_and_a_tiny_one_nearly_so(name):
    for h in (0, 0.0, 1e-300, -1e-300):
        for value in stepped(name, torch.tanh, h):
            assert np.array_equal(np.asarray(value), X.numpy())


@pytest.mark.parametrize("h", [-0.5, 1e12, 2.0**53, 1e18, 1e300])
def test_negative_and_huge_steps_are_steps(h):
    """One step of Euler's method and of rk4 where f = cos 0 = 1 is constant: u + h."""
    for name in ("euler", "rk4"):
        for value in stepped(name, torch.ones_like, h):
            assert np.allclose(np.asarray(value), X.numpy() + h, rtol=1e-15)


@pytest.mark.parametrize("h", [float("inf"), float("-inf"), float("nan"), "0.5 s", None, [0.1, 0.2, "x"]])
def test_a_step_that_is_no_finite_number_is_refused(h):
    with pytest.raises(SchemeError, match="h "):
        st.to_block(st.rk4)(torch.tanh, h=h)
    with pytest.raises(SchemeError, match=r"h is a finite number; .* came"):
        st.to_stepper(st.rk4)(np.tanh, np.ones(2), h)


def test_a_span_of_more_steps_than_can_be_kept_is_refused():
    with pytest.raises(SchemeError, match=r"makes 1e\+12 steps from 0 to 1, .* take a larger h"):
        st.solve("rk4", lambda u: -u, (0, 1), 1.0, h=1e-12)


@pytest.mark.parametrize("name", ["rk4", "gauss(2)", "bdf(2)"])
@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
def test_states_that_are_no_floating_point_numbers_are_refused(name, dtype):
    with pytest.raises(SchemeError, match=rf"the state holds {dtype}; .* give x\.float\(\)"):
        st.to_block(st.get(name))(torch.neg, h=0.1)(torch.ones(2, dtype=dtype))


@pytest.mark.parametrize("name", ["rk4", "gauss(2)"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_a_step_keeps_the_precision_and_is_right_in_it(name, dtype):
    y = st.to_block(st.get(name))(torch.neg, h=0.125)(torch.ones(2, dtype=dtype))
    assert y.dtype is dtype
    assert abs(float(y[0]) - np.exp(-0.125)) < 2 * torch.finfo(dtype).eps + 1e-6


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_an_empty_batch_gives_an_empty_batch(name, shape):
    result, values = stepped(name, torch.tanh, 0.1, torch.ones(shape, dtype=torch.float64))
    assert tuple(result.shape) == values.shape == shape


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_stays_where_it_is_or_is_refused(bad):
    x = torch.tensor([bad, 1.0])
    y = st.to_block(st.rk4)(torch.tanh, h=0.1)(x)
    assert not torch.isfinite(y[0]) and torch.isfinite(y[1])
    with pytest.raises(SchemeError, match="did not converge: nan or inf is in them"):
        st.to_block(st.gauss(2))(lambda u: u * bad, h=0.1)(torch.ones(2))


def test_k_at_its_ends_and_just_beyond():
    """Zero-stable are -1 < k <= 1, on both ends exactly; at k = -1 the root 1 is double and there is no limit."""
    little = Fraction(1, 10**7)
    stable = {-1 - little: False, Fraction(-1): False, -1 + little: True, Fraction(1): True, 1 + little: False}
    for k, expected in stable.items():
        assert st.stability(st.lm(k=k)).is_zero_stable is expected
    with pytest.raises(SchemeError, match="1 is a double root of rho"):
        st.modified_equation(st.lm(k=-1))
    for k in (-1 - little, 1 + little):
        assert "not zero-stable" in str(st.modified_equation(st.lm(k=k)))


def test_a_thousand_layers_have_gradients_that_are_right():
    """u' = a u through a thousand steps of Euler's method: (1 + a h)^1000 u, and its derivative to u."""
    branch = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    branch.weight.data.fill_(0.5)
    x = torch.ones(1, 1, dtype=torch.float64, requires_grad=True)
    y = st.to_stack(st.euler, [branch] * 1000, h=1e-3)(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    assert [float(y.detach()), float(slope)] == pytest.approx([1.0005**1000] * 2, rel=1e-12)


def test_a_tableau_of_fifty_stages():
    """Stages one after another with a_(i+1, i) = 1/(50 - i): R(z) is the exponential's polynomial of degree 50."""
    A = [[Fraction(1, 51 - i) if j == i - 1 else 0 for j in range(50)] for i in range(50)]
    scheme = st.RungeKutta(A, [0] * 49 + [1])
    found = st.to_block(scheme)(lambda u: 2 * u, h=1.0)(torch.ones(1, dtype=torch.float64))
    assert float(found) == pytest.approx(np.exp(2.0), rel=1e-14)
    assert st.order(scheme) == 2


def test_coefficients_of_four_hundred_digits_stay_exact():
    digits = "".join(random.Random(0).choice("123456789") for _ in range(400))
    a = Fraction(int(digits), 10**400)
    scheme = st.RungeKutta([[0, 0], [a, 0]], [1 - 1 / (2 * a), 1 / (2 * a)])
    assert st.order(scheme) == 2
    assert st.stability(scheme).real_interval == 2
    assert st.RungeKutta(scheme.A, scheme.b) == scheme
    with pytest.raises(SchemeError, match="at most 4000 are read"):
        st.RungeKutta([[0, 0], ["0." + "3" * 100_000, 0]], ["1/2", "1/2"])


def test_steps_that_differ_by_ten_to_the_twelve():
    """variable_bdf2 at the ratio 1e-12 has order 2; at 1e12 it is not zero-stable, which is said, with its reason."""
    assert st.order(st.variable_bdf2(Fraction(1, 10**12))) == 2
    with pytest.warns(st.SchemeWarning, match="not zero-stable"):
        scheme = st.variable_bdf2(10**12)
    with pytest.raises(SchemeError, match="has no program"):
        st.to_block(scheme)


@pytest.mark.parametrize("points", [[np.nan], [np.inf], [0, -np.inf]])
def test_points_that_are_not_finite_are_in_no_region(points):
    with pytest.raises(SchemeError, match="must be finite"):
        st.stability(st.rk4).contains(np.array(points))


def test_points_of_any_finite_size_are_decided():
    inside = st.stability(st.rk4).contains(np.array([0, -1e-300, 1e-300, -2.78, -2.79, 1e300, -1e300]))
    assert inside[[0, 1, 3]].all() and not inside[4:].any()
