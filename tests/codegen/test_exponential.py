"""Printed exponential methods: exact where N is constant, the NumPy and the torch text alike, wrong input refused."""

import numpy as np
import pytest
from scipy.linalg import expm

import schemetools as st
from schemetools.codegen.printers.exponential import print_exponential
from schemetools.codegen.source import defined_by
from schemetools.errors import SchemeError

torch = pytest.importorskip("torch")

NAMES = [n for n in st.names("exponential") if n != "lawson"]
X, C, H = np.array([1.0, -0.5, 0.25]), np.array([0.3, 0.2, -1.0]), 0.4
FULL = np.array([[-2.0, 1.0, 0.0], [0.5, -1.0, 0.3], [0.0, 0.2, -20.0]])
LINEAR = {"number": -1.5, "diagonal": np.array([-1.0, -30.0, 0.0]), "matrix": FULL}


def matrix(linear):
    return linear if np.ndim(linear) == 2 else np.diag(np.broadcast_to(linear, 3))


def flow(linear, c=C, h=H):
    """The solution of u' = L u + c after h, by the exponential of a larger matrix."""
    larger = np.zeros((4, 4))
    larger[:3, :3], larger[:3, 3] = matrix(linear), c
    return (expm(h * larger) @ [*X, 1])[:3]


@pytest.mark.parametrize("kind", LINEAR)
@pytest.mark.parametrize("name", NAMES)
def test_a_step_is_exact_where_n_is_constant(name, kind):
    found = st.to_stepper(name)(lambda u: C, X, H, linear=LINEAR[kind])
    assert np.allclose(found, flow(LINEAR[kind]), atol=1e-13)


def test_a_step_of_lawsons_method_is_that_of_its_tableau_in_the_moving_frame():
    """v = exp(-t L) u obeys v' = exp(-t L) N(exp(t L) v); one step of rk4 for v, here by hand."""
    rate = -0.7

    def moving(t, v):
        return np.exp(-rate * t) * np.sin(np.exp(rate * t) * v)

    k1 = moving(0, X)
    k2 = moving(H / 2, X + H / 2 * k1)
    k3 = moving(H / 2, X + H / 2 * k2)
    k4 = moving(H, X + H * k3)
    expected = np.exp(rate * H) * (X + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    assert np.allclose(st.to_stepper("lawson(rk4)")(np.sin, X, H, linear=rate), expected, atol=1e-14)


@pytest.mark.parametrize("kind", LINEAR)
@pytest.mark.parametrize("name", [*NAMES, "lawson(rk4)"])
def test_the_torch_text_alone_steps_as_the_numpy_text(name, kind):
    scheme, x = st.get(name), torch.tensor(X)
    linear = torch.as_tensor(LINEAR[kind], dtype=torch.float64)
    [module] = [v for k, v in defined_by(st.to_source(scheme, "torch"), "test").items() if k.endswith("Block")]
    assert np.allclose(
        module(torch.sin, linear, H)(x), st.to_stepper(scheme)(np.sin, X, H, linear=LINEAR[kind]), atol=1e-13
    )
    timed = defined_by(print_exponential(scheme, "torch", timed=True), "test")
    [module] = [v for k, v in timed.items() if k.endswith("Block")]
    # u' = -u + t from t = 1/2: t - 1 + (u(t0) - t0 + 1) exp(-(t - t0)), exact through the order's error only
    errors = []
    for h in (0.1, 0.05):
        made = module(lambda t, u: t * torch.ones_like(u), torch.tensor(-1.0, dtype=torch.float64), h)
        errors.append(abs(made(x, 0.5).numpy() - (h - 0.5 + (X + 0.5) * np.exp(-h))).max())
    order = st.order(scheme)
    assert errors[0] < 1e-12 or np.log2(errors[0] / errors[1]) > order + 0.7


def test_a_pair_gives_the_difference_of_its_results():
    step, low = st.to_stepper("etdrk2"), st.to_stepper("etd1")
    y, estimate = step(np.sin, X, H, linear=FULL, error=True)
    assert np.allclose(y - estimate, low(np.sin, X, H, linear=FULL), atol=1e-14) and abs(estimate).max() > 1e-4
    (inside,), same = step(np.sin, (X,), H, linear=FULL, error=True)
    assert np.array_equal(inside, y) and np.array_equal(same, estimate)
    [module] = [v for k, v in defined_by(st.to_source("etdrk2"), "test").items() if k.endswith("Block")]
    made = module(torch.sin, torch.tensor(FULL), H)
    found = made(torch.tensor(X), error=True)
    assert np.allclose(found[0], y, atol=1e-14) and np.allclose(found[1], estimate, atol=1e-14)
    assert torch.equal(made(torch.tensor(X)), found[0])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "give L as linear="),
        ({"linear": np.ones(2)}, r"a diagonal \(3,\) or a matrix \(3, 3\) for this state; an array of shape \(2,\)"),
        ({"linear": "stiff"}, "linear is a number"),
        ({"linear": [0, np.nan, 1]}, "not finite"),
        ({"linear": -1.0, "error": True}, "no embedded result"),
    ],
)
def test_what_does_not_fit_is_refused(more, message):
    with pytest.raises(SchemeError, match=message):
        st.to_stepper("etdrk4")(np.sin, X, H, **more)


def test_one_state_one_callable_and_two_targets():
    for f, history in ((np.sin, (X, X)), ({"N": np.sin}, X)):
        with pytest.raises(SchemeError, match="carries one value, the state, and f is N, one callable"):
            st.to_stepper("etdrk4")(f, history, H, linear=-1.0)
    with pytest.raises(SchemeError, match="printed for numpy and torch, not for julia"):
        st.to_source("etdrk4", "julia")


def test_a_constant_coefficient_stays_outside_the_phi_functions():
    """Y2 = x + h c with a constant weight 1/2: c_2 = 1/2 and a_21 = phi1(z/2)/2 would be the exact one."""
    scheme = st.Exponential([[0, 0], ["1/2", 0]], ["phi1(z)", 0], [0, "1/2"])
    assert np.allclose(st.to_stepper(scheme)(lambda u: C, X, H, linear=FULL), flow(FULL), atol=1e-13)
    second = st.Exponential([[0, 0], ["1/2", 0]], [0, "phi1(z)"], [0, "1/2"])
    stage = expm(H / 2 * FULL) @ X + H / 2 * np.sin(X)
    expected = flow(FULL, np.sin(stage))
    assert np.allclose(st.to_stepper(second)(np.sin, X, H, linear=FULL), expected, atol=1e-13)
