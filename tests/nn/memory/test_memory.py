"""What a stack keeps for its backward pass: the same gradients, fewer bytes, exact inversion."""

import math

import pytest
import sympy
import torch
from sympy import stats
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.memory.information import InformationBuffer, packed


def branches(depth, width=3):
    return [nn.Sequential(nn.Linear(width, width), nn.Tanh()) for _ in range(depth)]


def pairs(depth, width=3):
    return [dict(zip("FG", branches(2, width), strict=True)) for _ in range(depth)]


def gradients(scheme, fs, x, **options):
    torch.manual_seed(1)
    stack = st.to_stack(scheme, fs, **options)
    for p in stack.parameters():
        p.grad = None
    x = x.clone().requires_grad_()
    torch.manual_seed(2)
    y = stack(x)
    y.sin().sum().backward()
    return stack, [y.detach(), x.grad, *(p.grad.clone() for p in stack.parameters())]


CASES = [
    ("lm", {"init": {"k": (-0.3, -0.1)}}, branches),
    ("lm(k=9/10)", {}, branches),
    ("leapfrog", {"h": 0.5}, branches),
    ("leapfrog", {"start": "rk4"}, branches),
    ("revnet", {"split": True}, pairs),
    ("yoshida4", {"split": True, "h": 0.3}, pairs),
    ("stoermer_verlet", {"split": True}, pairs),
]


@pytest.mark.parametrize(("name", "options", "make"), CASES)
@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
def test_gradients_are_those_of_storing_everything(name, options, make, memory):
    options = {**options, **({"start": st.rk4} if options.get("start") else {})}
    fs, x = make(6), torch.randn(4, 6 if make is pairs else 3)
    _, stored = gradients(st.get(name), fs, x, **options)
    _, other = gradients(st.get(name), fs, x, memory=memory, every=4, **options)
    for a, b in zip(stored, other, strict=True):
        # A trained k runs as a fraction near it: 4096^-2 apart at most.
        assert (a - b).abs().max() < (1e-14 if memory == "checkpoint" else 1e-6 if name == "lm" else 1e-9)


def test_reversible_gradients_pass_gradcheck():
    stack = st.to_stack(st.lm(k=0.5), branches(4), memory="reversible")
    x = torch.randn(2, 3, requires_grad=True)
    # States are rounded to 2^-40, which a difference quotient over 2e-6 amplifies to about 1e-6.
    assert torch.autograd.gradcheck(lambda x, *_: stack(x), (x, *stack.parameters()), atol=3e-5)


class Recorder(nn.Module):
    """A branch that remembers where it was evaluated."""

    def __init__(self):
        super().__init__()
        self.linear, self.seen = nn.Linear(16, 16), []

    def forward(self, u):
        self.seen.append(u.detach().clone())
        return torch.tanh(self.linear(u))


@pytest.mark.parametrize("k", ["1", "9/10", "1/2", "-1/20", "-1"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_two_hundred_layers_are_inverted_bit_by_bit_and_remainders_are_packed_tightly(k, dtype):
    fs = [Recorder().to(dtype) for _ in range(200)]
    stack = st.to_stack(st.lm(k=k), fs, h=0.05, memory="reversible")
    stack(torch.randn(8, 16, dtype=dtype, requires_grad=True)).sum().backward()
    for f in fs:
        there, back = f.seen
        assert torch.equal(there, back)
    floor = max(0.0, -math.log2(abs(sympy.Rational(k)))) * 199 / 200
    assert stack.stored.floor == pytest.approx(floor)
    assert floor <= stack.stored.bits <= 1.25 * floor


def test_a_learned_k_is_inverted_bit_by_bit_as_well():
    fs = [Recorder() for _ in range(40)]
    stack = st.to_stack(st.lm(), fs, h=0.1, init={"k": (-0.1, 0.0)}, memory="reversible")
    stack(torch.randn(4, 16)).sum().backward()
    assert all(torch.equal(*f.seen) for f in fs)
    assert stack.stored.bits <= 1.25 * stack.stored.floor


@pytest.mark.parametrize("name", ["revnet", "ruth3"])
def test_partitioned_schemes_store_nothing_and_invert_bit_by_bit(name):
    fs = [{"F": Recorder(), "G": Recorder()} for _ in range(50)]
    stack = st.to_stack(st.get(name), fs, split=True, h=0.1, memory="reversible")
    stack(torch.randn(4, 32, requires_grad=True)).sum().backward()
    for f in fs:
        for branch in f.values():
            half = len(branch.seen) // 2
            assert all(torch.equal(a, b) for a, b in zip(branch.seen[:half], reversed(branch.seen[half:]), strict=True))
    assert stack.stored.bits == 0


def saved_bytes(stack, x):
    sizes = []

    def count(t):
        sizes.append(t.numel() * t.element_size())
        return t

    with torch.autograd.graph.saved_tensors_hooks(count, lambda t: t):
        stack(x)
    return sum(sizes)


def test_what_is_saved_does_not_grow_with_depth():
    x = torch.randn(4, 6, requires_grad=True)
    for name, make, width in (("lm(k=1)", branches, 6), ("revnet", pairs, 3)):
        short, long = (
            saved_bytes(st.to_stack(st.get(name), make(n, width), split=True, memory="reversible"), x) for n in (5, 50)
        )
        assert long == short


def test_checkpoints_keep_the_last_group_and_the_values_between_groups():
    x, fs = torch.randn(4, 6, requires_grad=True), branches(50, 6)
    last = saved_bytes(st.to_stack(st.rk4, fs[40:]), x)
    checkpoints = saved_bytes(st.to_stack(st.rk4, fs, memory="checkpoint", every=10), x)
    assert checkpoints == last + 4 * x.numel() * x.element_size()


def noisy(depth):
    return [nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.5)) for _ in range(depth)]


@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
@pytest.mark.parametrize("random", [False, True])
def test_draws_are_repeated_and_statistics_counted_once(memory, random):
    fs, x = noisy(5), torch.randn(16, 3)
    k, xi = sympy.Rational(1, 2), stats.Bernoulli("xi", sympy.Rational(4, 5))
    gated = st.GeneralLinear([[0]], [[1, 0]], [[xi], [0]], [[1 - k, k], [1, 0]])
    scheme = gated if random else st.lm(k=k)
    _, stored = gradients(scheme, fs, x)
    means = [f[1].running_mean.clone() for f in fs]
    for f in fs:
        f[1].reset_running_stats()
    _, other = gradients(scheme, fs, x, memory=memory)
    for a, b in zip(stored, other, strict=True):
        assert (a - b).abs().max() < 1e-8
    for f, mean in zip(fs, means, strict=True):
        assert f[1].num_batches_tracked == 1
        assert (f[1].running_mean - mean).abs().max() < 1e-9


def test_autocast_is_repeated():
    fs, x = [m.float() for m in branches(4)], torch.randn(8, 3, dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        stack = st.to_stack(st.lm(k=0.5), fs, memory="reversible")
        y = stack(x.requires_grad_())
        plain = st.to_stack(st.lm(k=0.5), fs)(x)
    y.sum().backward()
    assert (y - plain).abs().max() < 1e-2
    assert x.grad.isfinite().all()


def test_leaving_the_grid_is_said():
    stack = st.to_stack(st.lm(k=1), [nn.Linear(3, 3) for _ in range(40)], h=1000, memory="reversible")
    with pytest.raises(SchemeError, match="left the grid"):
        stack(torch.ones(2, 3, requires_grad=True))
    with pytest.raises(SchemeError, match="left the grid"):
        stack(torch.full((2, 3), float("nan"), requires_grad=True))


@pytest.mark.parametrize(
    ("name", "memory", "message"),
    [("rk4", "reversible", "cannot be run backwards"), ("lm(k=0)", "reversible", "cannot"), ("rk4", "swap", "one of")],
)
def test_what_cannot_be_done_is_refused(name, memory, message):
    with pytest.raises((SchemeError, UnsupportedError), match=message):
        st.to_stack(st.get(name), branches(3), memory=memory)


@pytest.mark.parametrize(("n", "d"), [(1, 20), (9, 10), (1, 2), (4095, 4096), (17, 5)])
def test_the_information_buffer_undoes_its_multiplications(n, d):
    v = torch.randint(-(2**45), 2**45, (100,))
    kept, values = InformationBuffer(v), [v]
    for _ in range(60):
        values.append(kept.multiply(values[-1] % 2**46 - 2**45, n, d))
    for before, after in zip(reversed(values[:-1]), reversed(values[1:]), strict=True):
        assert torch.equal(kept.divide(after, n, d), before % 2**46 - 2**45)


@pytest.mark.parametrize("bound", [1, 2, 3, 20, 255, 257, 10**6, 2**30 + 1, 2**46, 2**61])
def test_packing_is_undone_by_unpacking(bound):
    values = torch.randint(0, bound, (1001,))
    p = packed(values, bound)
    assert torch.equal(p.unpacked(), values)
    bits = 8 * (p.low.numel() + 8 * p.words.numel()) / 1001
    assert bits <= 1.1 * math.log2(bound) + 0.3
