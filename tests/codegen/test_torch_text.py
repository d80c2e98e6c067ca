"""The printed torch file as it stands, without a Block around it: a module of its own, which steps as the NumPy text does."""

import math

import numpy as np
import pytest
import sympy
from sympy import stats

import schemetools as st
from schemetools.codegen import lower
from schemetools.codegen.printers.masked import print_masked
from schemetools.codegen.printers.torch import print_torch
from schemetools.codegen.printers.torch_options import TorchOptions
from schemetools.codegen.source import defined_by
from schemetools.errors import UnsupportedError

torch = pytest.importorskip("torch")
TorchDispatchMode = pytest.importorskip("torch.utils._python_dispatch").TorchDispatchMode

X = np.linspace(0.2, 1.4, 6).reshape(2, 3)


def module(text):
    """The one class of a printed file."""
    [found] = [v for k, v in defined_by(text, "test").items() if k.endswith("Block")]
    return found


def block(scheme, branch, *values, h=0.3, **options):
    return module(print_torch(scheme, TorchOptions(**options)))(branch, *values, h=h)


def tensor(array):
    return torch.as_tensor(array, dtype=torch.float64)


@pytest.mark.parametrize(
    "name",
    ["rk4", "dopri5", "lm(k=3/10)", "adams_bashforth(3)", "bdf(2)", "carpenter_kennedy4", "gauss(2)", "trbdf2", "ros2"],
)
def test_the_module_of_the_text_steps_as_the_numpy_text(name):
    scheme, step = st.get(name), st.to_stepper(name)
    made = block(scheme, torch.sin)
    first = made(tensor(X))
    expected = step(np.sin, X if len(lower(scheme).inputs) == 1 else (X,), 0.3)
    if isinstance(expected, tuple):  # a start from the state alone, then a step with the history it leaves
        later = made(first[0], first[1])
        values = step(np.sin, tuple(v.numpy() for v in (first[0], *first[1])), 0.3)
        close = 1e-13 if scheme.is_explicit else 1e-9  # a solve has a tolerance
        assert all(np.allclose(a, b, atol=close) for a, b in zip((later[0], *later[1]), values, strict=True))
        first, expected = first[0], expected[0]
    assert np.allclose(first, expected, atol=1e-13 if lower(scheme).is_explicit else 1e-9)  # a solve has a tolerance
    assert np.allclose(made(tensor(X).bfloat16())[0].float(), np.asarray(made(tensor(X))[0]), atol=0.02)


def test_a_pair_and_a_partitioned_scheme():
    y, error = block(st.get("dopri5"), torch.sin)(tensor(X), error=True)
    values, estimate = st.to_stepper("dopri5")(np.sin, X, 0.3, error=True)
    assert np.allclose(y, values, atol=1e-14) and np.allclose(error, estimate, atol=1e-15)
    scheme, fields = st.stoermer_verlet, {"F": torch.sin, "G": torch.cos}
    p, q = block(scheme, fields)((tensor(X), tensor(X + 1)))
    expected = st.to_stepper(scheme)({"F": np.sin, "G": np.cos}, (X, X + 1), 0.3)
    assert np.allclose(p, expected[0], atol=1e-14) and np.allclose(q, expected[1], atol=1e-14)
    # One tensor, its channels split in halves.
    whole = block(scheme, fields, split=True)(torch.cat([tensor(X), tensor(X + 1)], dim=1))
    assert torch.equal(whole, torch.cat([p, q], dim=1))


def test_a_symbol_is_a_parameter_or_what_a_call_returns():
    made = block(st.lm(), torch.sin, 0.25)
    (y, _), expected = made(tensor(X), (tensor(X - 0.1),)), st.to_stepper("lm")(np.sin, (X, X - 0.1), 0.3, k=0.25)
    assert np.allclose(y.detach(), expected[0], atol=1e-14)
    y.sum().backward()
    # y = (1 - k) x + k u1 + h f(x), so that dy/dk = u1 - x, which is -0.1 at each of the six places.
    assert float(made.k.grad) == pytest.approx(-0.6)
    called = block(st.lm(), torch.sin, 0.0, called=frozenset({"k"}))
    del called.k
    called.k = lambda: torch.tensor(0.25)
    assert torch.allclose(called(tensor(X), (tensor(X - 0.1),))[0], y)


@pytest.mark.parametrize(
    ("name", "degree"), [("rk4", 3), ("gauss(2)", 3), ("dopri5", 4), ("ros2", 1), ("adams_bashforth(2)", 1)]
)
def test_a_branch_with_a_time_is_a_quadrature(name, degree):
    """For f(t, u) = t^degree a step of order degree + 1 adds the integral; with a history, of h f one step before."""
    scheme, t, h = st.get(name), 0.4, 0.3
    made = block(scheme, lambda t, u: t**degree * torch.ones_like(u), timed=True)
    more = () if len(lower(scheme).inputs) == 1 else ((torch.full((2, 3), h * (t - h) ** degree).double(),),)
    found = made(tensor(X), *more, t)
    found = found if not more else found[0]
    assert np.allclose(found, X + ((t + h) ** (degree + 1) - t ** (degree + 1)) / (degree + 1), atol=1e-13)


def test_branches_may_be_one_per_evaluation_but_not_where_a_jacobian_is_shared():
    """The midpoint method on f1, f2 in turn: x + h f2(x + h/2 f1(x))."""
    made = block(st.get("midpoint"), [torch.sin, torch.cos], separate=True)
    assert np.allclose(made(tensor(X)), X + 0.3 * np.cos(X + 0.15 * np.sin(X)), atol=1e-15)
    pair = st.AdditiveRungeKutta({"E": st.euler, "I": st.backward_euler})
    made = block(pair, {"E": [torch.sin], "I": [torch.neg]}, separate=True)  # the one stage is x / (1 + h)
    assert np.allclose(made(tensor(X)), X / 1.3 + 0.3 * np.sin(X / 1.3), atol=1e-9)
    with pytest.raises(UnsupportedError, match="one Jacobian per step"):
        print_torch(st.get("ros2"), TorchOptions(separate=True))


def test_a_step_size_may_be_a_tensor_or_come_with_the_call():
    """On u' = -u a step of rk4 multiplies by 1 - h + h^2/2 - h^3/6 + h^4/24, whose derivative in h is known."""
    h = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    block(st.rk4, torch.neg, h=h, tensor_h=True)(tensor(1.0)).backward()
    assert float(h.grad) == pytest.approx(-1 + 0.3 - 0.3**2 / 2 + 0.3**3 / 6)
    made = module(print_torch(st.lm(k="1/5"), TorchOptions(sized=True)))(torch.sin, h=None)
    given = made.forward_sized(tensor(X), (tensor(X + 1),), h=0.3)
    assert torch.equal(given[0], block(st.lm(k="1/5"), torch.sin)(tensor(X), (tensor(X + 1),))[0])


# ---- random coefficients


def gated(distribution):
    """Euler's method with a random weight."""
    return st.RungeKutta([[0]], [distribution])


DRAWS = {
    "two values": (stats.Bernoulli("xi", sympy.Rational(1, 4), 3, 1), 1.5, math.sqrt(0.75)),
    "uniform": (stats.Uniform("xi", 0, 2), 1, math.sqrt(1 / 3)),
    "normal": (stats.Normal("xi", 1, sympy.Rational(1, 2)), 1, 0.5),
    "on or off": (stats.Bernoulli("xi", sympy.Rational(1, 5)), 0.2, 0.4),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_gate_has_the_mean_and_the_deviation_of_its_distribution(name):
    """With f = 1 and h = 1 the step adds the gate itself; in evaluation its mean."""
    distribution, mean, deviation = DRAWS[name]
    made, x = block(gated(distribution), torch.ones_like, h=1), torch.zeros(40_000, 1, dtype=torch.float64)
    torch.manual_seed(0)
    drawn = made(x)
    assert float(drawn.mean()) == pytest.approx(mean, abs=5 * deviation / 200)
    assert float(drawn.std()) == pytest.approx(deviation, rel=0.03)
    assert torch.equal(made.eval()(x), torch.full_like(x, float(mean)))


def test_gates_are_drawn_per_sample_or_per_batch():
    x = torch.zeros(64, 3)
    shapes = {}
    for gates in ("sample", "batch"):
        drawn = block(gated(stats.Normal("xi", 1, 1)), torch.ones_like, h=1, gates=gates)(x)
        assert (drawn == drawn[:, :1]).all()
        shapes[gates] = len(drawn[:, 0].unique())
    assert shapes == {"sample": 64, "batch": 1}
    with pytest.raises(UnsupportedError, match="gates='layer' came"):
        print_torch(gated(stats.Normal("xi", 1, 1)), TorchOptions(gates="layer"))


def test_shaken_gates_are_drawn_again_for_the_gradient():
    """x + xi h F + (1 - xi) h G with F = x, G = 0 and h = 1: value 1 + xi, gradient 1 + another draw."""
    scheme = st.get("shake_shake")
    fields = dict(zip(lower(scheme).fields, (lambda u: u, torch.zeros_like), strict=True))
    torch.manual_seed(0)
    for shaken in (False, True):
        x = torch.ones(100, 1, dtype=torch.float64, requires_grad=True)
        y = block(scheme, fields, h=1, shaken=shaken)(x)
        y.sum().backward()
        assert (y > 1).all() and (y < 2).all() and (x.grad > 1).all() and (x.grad < 2).all()
        assert bool((abs(x.grad - y) > 1e-12).all()) == shaken


@pytest.mark.parametrize(
    ("distribution", "message"),
    [
        (stats.Exponential("xi", 1), "kind ExponentialDistribution; gates can be Bernoulli, uniform or normal"),
        (stats.Bernoulli("xi", sympy.Symbol("p")), "needs numbers; give p a value"),
    ],
)
def test_gates_of_other_kinds_are_refused(distribution, message):
    with pytest.raises(UnsupportedError, match=message):
        print_torch(gated(distribution))


# ---- what a step costs


class Products(TorchDispatchMode):
    """Counts products of a tensor and a number."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func in (torch.ops.aten.mul.Tensor, torch.ops.aten.mul.Scalar)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("name", "weights"), [("heun2", 2), ("rk4", 5), ("kutta3", 5)])
def test_each_weight_is_one_product_on_the_way_back_however_many_stages_have_it(name, weights):
    """A weight per argument of a stage, and one per different weight of the sum."""
    made, x = module(print_torch(st.get(name)))(lambda u: u + 1, 0.3), torch.randn(2, 3, requires_grad=True)
    y = made(x)
    with Products() as back:
        y.sum().backward()
    assert back.count == weights


# ---- masks


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dropout_output(1/2)", lambda x: [x + 0.3 * m * torch.sin(x) for m in (0, 2)]),
        ("dropout_input(1/2)", lambda x: [x + 0.3 * torch.sin(m * x) for m in (0, 2)]),
        ("dropout_skip(1/2)", lambda x: [m * x + 0.3 * torch.sin(x) for m in (0, 2)]),
        ("dropout_hidden(1/2)", lambda x: [x + 0.3 * torch.sin(m * torch.cos(x)) for m in (0, 2)]),
    ],
)
def test_a_masked_step_has_one_of_two_values_at_each_unit_and_the_mean_in_evaluation(name, expected):
    scheme, x = st.get(name), torch.linspace(0.2, 1.4, 600, dtype=torch.float64).reshape(30, 20)
    branch = (torch.cos, torch.sin) if scheme.placement == "hidden" else torch.sin
    made = module(print_masked(scheme))(branch, 0.3)
    off, on = expected(x)
    torch.manual_seed(0)
    y = made(x)
    dropped, kept = torch.isclose(y, off), torch.isclose(y, on)
    assert (dropped ^ kept).all() and 200 < int(kept.sum()) < 400
    mean = {"dropout_hidden(1/2)": x + 0.3 * torch.sin(torch.cos(x))}.get(name, x + 0.3 * torch.sin(x))
    assert torch.allclose(made.eval()(x), mean)


def test_noise_that_is_added_has_the_root_of_h_and_masks_need_numbers():
    scheme = st.get("additive_noise(1/10)")
    made, x = module(print_masked(scheme))(torch.zeros_like, 0.25), torch.zeros(50_000, dtype=torch.float64)
    torch.manual_seed(0)
    variance = sympy.stats.variance(scheme.mask)
    assert float(made(x).var()) == pytest.approx(float(variance) * 0.25 ** float(2 * scheme.power), rel=0.05)
    with pytest.raises(UnsupportedError, match="the mask needs numbers; give p a value"):
        st.to_source(st.get("dropout_output(p)"))
    with pytest.raises(UnsupportedError, match="printed for torch, not for c"):
        st.to_source(st.get("dropout_output"), "c")
