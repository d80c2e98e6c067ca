"""What a branch takes beside the state: every kind of memory and of scheme, against steps written out by hand."""

import threading

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError

H, DEPTH = 0.3, 4


class Conditioned(nn.Module):
    """f(u, gain, shift=None, note=None), with a weight of its own."""

    def __init__(self, width: int = 6) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width)

    def forward(self, u, gain, shift=None, note=None):
        y = torch.tanh(self.inner(u)) * gain
        return 0.5 * (y if shift is None else y + shift["by"][0])


def explicit(scheme):
    """A step by a tableau, stage by stage, as it is written in textbooks."""
    A, b = [[float(a) for a in row] for row in scheme.A], [float(v) for v in scheme.b]

    def step(f, u, past, k):
        stages = []
        for row in A:
            stages.append(f(u + H * sum((a * s for a, s in zip(row, stages, strict=False)), torch.zeros_like(u))))
        return u + H * sum(w * s for w, s in zip(b, stages, strict=True)), past

    return step


def fixed(image, start):
    for _ in range(60):
        start = image(start)
    return start


def midpoint(f, u, past, k):
    return u + H * fixed(lambda s: f(u + H / 2 * s), f(u)), past


def bdf2(f, u, past, k):
    before = u if past is None else past
    z = 4 / 3 * u - 1 / 3 * before
    return z + 2 / 3 * H * fixed(lambda s: f(z + 2 / 3 * H * s), f(z)), u


def adams2(f, u, past, k):
    new = f(u)
    return u + H * (1.5 * new - 0.5 * (new if past is None else past)), new


def momentum(f, u, past, k):
    return (u if past is None else (1 - k) * u + k * past) + H * f(u), u


def leapfrog(f, u, past, k):
    return (u if past is None else past) + 2 * H * f(u), u


def both(f, u, past, k):
    return u + H * (f["F"](u) + f["G"](u)), past


def in_turn(f, u, past, k):
    p, q = u.chunk(2, dim=1)
    p = p + H * f["F"](q)
    return torch.cat([p, q + H * f["G"](p)], dim=1), past


SUM = st.AdditiveRungeKutta({"F": st.euler, "G": st.euler})
CASES = {
    "rk4": (st.rk4, explicit(st.rk4), {}),
    "dopri5": (st.dopri5, explicit(st.dopri5), {}),
    "implicit_midpoint": (st.implicit_midpoint, midpoint, {"tol": 1e-13}),
    "bdf(2)": (st.bdf(2), bdf2, {"tol": 1e-13}),
    "adams_bashforth(2)": (st.adams_bashforth(2), adams2, {}),
    "lm": (st.lm(), momentum, {"init": {"k": -0.3}}),
    "leapfrog": (st.leapfrog, leapfrog, {}),
    "additive": (SUM, both, {}),
    "symplectic_euler": (st.symplectic_euler, in_turn, {"split": True}),
}
BACKWARDS = {"lm", "leapfrog", "symplectic_euler"}


def branches(name):
    torch.manual_seed(0)
    width = 3 if name == "symplectic_euler" else 6
    two = name in ("additive", "symplectic_euler")
    return [{v: Conditioned(width) for v in "FG"} if two else Conditioned(width) for _ in range(DEPTH)], width


def tensors(width):
    torch.manual_seed(1)
    x, gain = torch.randn(2, 6, requires_grad=True), torch.randn(2, 1, requires_grad=True)
    return x, gain, [torch.randn(width, requires_grad=True) for _ in range(DEPTH)]


@pytest.mark.parametrize("memory", ["store", "checkpoint", "reversible"])
@pytest.mark.parametrize("name", CASES)
def test_all_gradients_are_those_of_the_formula(name, memory):
    scheme, step, options = CASES[name]
    if memory == "reversible" and name not in BACKWARDS:
        pytest.skip("not to be run backwards")
    fs, width = branches(name)
    stack = st.to_stack(scheme, fs, h=H, memory=memory, **options)
    x, gain, shifts = tensors(width)
    weights = list(stack.parameters())

    def bound(f, shift):
        if isinstance(f, dict):
            return {v: bound(g, shift) for v, g in f.items()}
        return lambda u: f(u, gain, shift={"by": (shift,)})

    ks = [layer.k for layer in stack.layers if "k" in layer.trained()]
    u, past = x, None
    for n, f in enumerate(fs):
        u, past = step(bound(f, shifts[n]), u, past, ks[n - 1] if ks and n else None)
    sources = [x, gain, *shifts, *weights]
    expected = torch.autograd.grad(u.sin().sum(), sources)
    y = stack(x, gain, shift=[{"by": (s,)} for s in shifts], note="text")
    assert torch.allclose(y, u, atol=1e-9)
    found = torch.autograd.grad(y.sin().sum(), sources)
    assert max(float((a - b).abs().max()) for a, b in zip(found, expected, strict=True)) < 1e-8


@pytest.mark.parametrize("scheme", [st.rk4, st.implicit_midpoint, st.trbdf2])
def test_a_block_takes_inputs_by_position_and_by_name(scheme):
    f = Conditioned()
    block = st.to_block(scheme)(f, h=H)
    x, gain, shifts = tensors(6)
    plain = st.to_block(scheme)(lambda u: f(u, gain, shift={"by": shifts[:1]}), h=H)
    assert torch.allclose(block(x, gain, shift={"by": shifts[:1]}), plain(x), atol=1e-12)


def test_a_multistep_block_takes_inputs_behind_its_history():
    f = Conditioned()
    block, (x, gain, _) = st.to_block(st.adams_bashforth(2))(f, h=H), tensors(6)
    y, history = block(x, None, gain)
    z, _ = block(y, history, gain=gain)
    assert torch.allclose(z, y + H * (1.5 * f(y, gain) - 0.5 * f(x, gain)))


def test_time_comes_before_the_inputs():
    block = st.to_block(st.heun2, timed=True)(lambda t, u, gain: gain * t + 0 * u, h=1.0)
    y = block(torch.zeros(2), 1.0, 4.0)
    assert torch.allclose(y, torch.full((2,), 4 * (1 + 2) / 2))
    stack = st.to_stack(st.heun2, [lambda t, u, gain: gain * t + 0 * u] * 3, h=1.0, timed=True)
    assert torch.allclose(stack(torch.zeros(2), gain=2.0), torch.full((2,), 2 * 4.5))


def test_states_of_several_tensors_take_inputs():
    def f(u, gain):
        return {"a": gain * u["b"], "b": -gain * u["a"]}

    for scheme in (st.rk4, st.implicit_midpoint):
        y = st.to_block(scheme)(f, h=0.1)({"a": torch.ones(2), "b": torch.zeros(2)}, 2.0)
        z = st.to_block(scheme)(lambda u: f(u, 2.0), h=0.1)({"a": torch.ones(2), "b": torch.zeros(2)})
        assert torch.allclose(y["a"], z["a"]) and torch.allclose(y["b"], z["b"])


def test_a_list_is_one_value_per_layer_and_a_tuple_goes_to_all():
    stack = st.to_stack(st.euler, [lambda u, c: 0 * u + c] * 3)
    assert stack(torch.zeros(1), [1, 10, 100]) == 111
    whole = st.to_stack(st.euler, [lambda u, c: 0 * u + sum(c)] * 3)
    assert whole(torch.zeros(1), (1, 2)) == 9
    with pytest.raises(SchemeError, match="2 came for 3 layers"):
        stack(torch.zeros(1), [1, 2])


class Remembers(nn.Module):
    """A branch that adds its state to a cache and works on all that is in it."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(6, 6)

    def forward(self, u, cache):
        cache.append(u)
        return torch.tanh(self.inner(torch.stack(cache).sum(0)))


def test_a_cache_is_filled_once_and_gradients_through_it_are_right():
    fs = [Remembers() for _ in range(DEPTH)]
    found = []
    for memory in ("store", "checkpoint"):
        stack = st.to_stack(st.euler, fs, h=H, memory=memory)
        x, old = torch.ones(2, 6, requires_grad=True), torch.full((2, 6), 0.3, requires_grad=True)
        caches = [[old] for _ in fs]
        y = stack(x, caches)
        assert [len(cache) for cache in caches] == [2] * DEPTH
        found.append(torch.autograd.grad(y.sum(), [x, old, *stack.parameters()]))
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(*found, strict=True))
    stack = st.to_stack(st.lm(k=1), fs, h=H, memory="reversible")
    with pytest.raises(UnsupportedError, match="cache"):
        stack(torch.ones(2, 6, requires_grad=True), [[] for _ in fs])


@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
def test_an_argument_that_is_written_into_is_refused(memory):
    class Writes(Conditioned):
        def forward(self, u, count):
            count.add_(1)
            return self.inner(u)

    stack = st.to_stack(st.lm(k=1), [Writes() for _ in range(DEPTH)], memory=memory)
    with pytest.raises(UnsupportedError, match="writes into an argument"):
        stack(torch.ones(2, 6, requires_grad=True), torch.zeros(1))


class Kept(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner, self.gain, self.calls = nn.Linear(6, 6), 1.0, 0

    def forward(self, u):
        self.calls += 1
        return self.gain * torch.tanh(self.inner(u))


@pytest.mark.parametrize(
    ("scheme", "memory"), [("lm(k=1)", "checkpoint"), ("lm(k=1)", "reversible"), ("gauss(1)", "store")]
)
def test_a_condition_in_an_attribute_is_noticed(scheme, memory):
    fs = [Kept() for _ in range(3)]
    stack = st.to_stack(st.get(scheme), fs, h=H, memory=memory)
    stack(torch.ones(2, 6)).sum().backward()  # calls are counted, which decides nothing
    y = stack(torch.ones(2, 6)).sum()
    for f in fs:
        f.gain = -2.0
    with pytest.raises(UnsupportedError, match="Kept.gain changed"):
        y.backward()


def test_a_condition_that_a_function_closes_over_is_noticed():
    gain, inner = 1.0, nn.Linear(6, 6)
    stack = st.to_stack(st.rk4, [lambda u: gain * torch.tanh(inner(u))] * 3, memory="checkpoint")
    y = stack(torch.ones(2, 6, requires_grad=True)).sum()
    gain = 2.0
    with pytest.raises(UnsupportedError, match="gain changed"):
        y.backward()


@pytest.mark.parametrize(
    ("scheme", "memory"), [("lm(k=1)", "checkpoint"), ("lm(k=1)", "reversible"), ("gauss(2)", "store")]
)
def test_threads_share_a_stack(scheme, memory):
    fs = [Conditioned() for _ in range(3)]
    stack = st.to_stack(st.get(scheme), fs, h=H, memory=memory)
    weights = list(stack.parameters())

    def gradient(gain):
        x = torch.ones(2, 6, requires_grad=True)
        return torch.autograd.grad(stack(x, gain).square().sum(), [x, *weights])

    gains = [0.5, -1.0, 2.0, 3.0]
    alone, together = [gradient(g) for g in gains], [[] for _ in gains]
    jobs = [
        threading.Thread(target=lambda n=n, g=g: together[n].extend(gradient(g) for _ in range(5)))
        for n, g in enumerate(gains)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    for expected, found in zip(alone, together, strict=True):
        assert len(found) == 5
        assert all(torch.allclose(a, b, atol=1e-9) for run in found for a, b in zip(run, expected, strict=True))
