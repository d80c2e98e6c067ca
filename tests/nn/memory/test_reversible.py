"""Reversible stacks with the branches, dtypes and options that people use."""

from fractions import Fraction

import pytest
import sympy
import torch
from sympy import stats
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.memory import shears
from schemetools.nn.memory.two_step import fraction_of

from .test_memory import Recorder, branches, gradients, pairs
from .test_recompute import Scaled


@pytest.mark.parametrize(
    ("name", "options", "make"),
    [("lm(k=9/10)", {}, branches), ("leapfrog", {"h": 0.5}, branches), ("revnet", {"split": True}, pairs)],
)
@pytest.mark.parametrize("every", [2, 5, 6, 9])
def test_the_last_layers_can_be_stored(name, options, make, every):
    fs, x = make(6), torch.randn(4, 6 if make is pairs else 3)
    _, stored = gradients(st.get(name), fs, x, **options)
    _, other = gradients(st.get(name), fs, x, memory="reversible", every=every, **options)
    for a, b in zip(stored, other, strict=True):
        assert (a - b).abs().max() < 1e-9


@pytest.mark.parametrize("every", [1, 4])
def test_only_the_last_layers_are_not_evaluated_again(every):
    fs = [Recorder() for _ in range(12)]
    st.to_stack(st.lm(k=1), fs, h=0.1, memory="reversible", every=every)(torch.randn(2, 16)).sum().backward()
    assert [len(f.seen) for f in fs] == [2] * (13 - every) + [1] * (every - 1)


@pytest.mark.parametrize("name", ["revnet", "yoshida4"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_partitioned_schemes_invert_two_hundred_layers_bit_by_bit(name, dtype):
    fs = [{"F": Recorder().to(dtype), "G": Recorder().to(dtype)} for _ in range(200)]
    stack = st.to_stack(st.get(name), fs, split=True, h=0.05, memory="reversible")
    stack(torch.randn(4, 32, dtype=dtype, requires_grad=True)).sum().backward()
    for branch in (b for f in fs for b in f.values()):
        there, back = branch.seen[: len(branch.seen) // 2], branch.seen[len(branch.seen) // 2 :]
        assert there
        assert all(torch.equal(a, b) for a, b in zip(there, reversed(back), strict=True))


@pytest.mark.parametrize("name", ["lm(k=1/2)", "leapfrog"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_inverted_bit_by_bit_and_sums_on_the_finer_grid(name, dtype):
    fs = [Recorder().to(dtype) for _ in range(60)]
    stack = st.to_stack(st.get(name), fs, h=0.05, memory="reversible")
    x = torch.randn(8, 16, dtype=dtype)
    y = stack(x.requires_grad_())
    y.sum().backward()
    assert y.dtype == dtype
    assert all(torch.equal(*f.seen) for f in fs)
    exact = st.to_stack(st.get(name), [f.double() for f in fs], h=0.05)(x.detach().double())
    # Branches round, and the result; a state kept in half precision would round 60 times more.
    assert (y.double() - exact).abs().max() < 30 * torch.finfo(dtype).eps


def test_a_branch_in_double_precision_serves_states_in_single():
    class Precise(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 3)

        def forward(self, u):
            return torch.tanh(self.linear(u.double()))  # a result that its own gradient needs again

    fs, x = [Precise() for _ in range(5)], torch.randn(2, 3, dtype=torch.float32)
    _, stored = gradients(st.lm(k=1), fs, x.double())
    _, other = gradients(st.lm(k=1), fs, x, memory="reversible")
    assert other[0].dtype == torch.float32
    for a, b in zip(stored, other, strict=True):
        assert (a - b).abs().max() < 1e-5


class Boxed:
    """A tensor kept for a gradient; how many there are at a time, and were at most."""

    alive, most = 0, 0

    def __init__(self, kept):
        self.kept = kept
        Boxed.alive += 1
        Boxed.most = max(Boxed.most, Boxed.alive)

    def __del__(self):
        Boxed.alive -= 1


@pytest.mark.parametrize(("name", "make", "evaluations"), [("lm(k=1)", branches, 1), ("revnet", pairs, 2)])
def test_small_layers_run_backwards_a_few_together_and_large_ones_one_by_one(monkeypatch, name, make, evaluations):
    fs, x = make(11), torch.randn(4, 3 * evaluations, dtype=torch.float32)
    for p in (p for f in fs for b in (f.values() if isinstance(f, dict) else [f]) for p in b.float().parameters()):
        p.grad = None
    stack = st.to_stack(st.get(name), fs, split=evaluations == 2, h=0.1, memory="reversible")
    found, most = [], []
    for small in (shears.SMALL, x[:, :3].numel() * 4, x[:, :3].numel() * 4 - 1):
        monkeypatch.setattr(shears, "SMALL", small)
        y = stack(x.clone().requires_grad_()).sin().sum()
        Boxed.alive = Boxed.most = 0
        with torch.autograd.graph.saved_tensors_hooks(Boxed, lambda box: box.kept):
            found.append(torch.autograd.grad(y, list(stack.parameters())))
        assert Boxed.alive == 0
        most.append(Boxed.most)
    assert most[0] == most[1] == shears.TOGETHER * most[2]
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


class Own(nn.Module):
    """A branch that computes otherwise when no gradient is wanted, as torch's attention does."""

    def __init__(self):
        super().__init__()
        self.linear, self.seen = nn.Linear(3, 3), []

    def forward(self, u):
        self.seen.append(torch.is_grad_enabled())
        return torch.tanh(self.linear(u)) * (1 if torch.is_grad_enabled() else 1.5)


def test_branches_of_unknown_kinds_are_evaluated_with_gradients_both_times():
    fs, x = [Own() for _ in range(5)], torch.randn(2, 3)
    _, stored = gradients(st.lm(k=1), fs, x)
    _, other = gradients(st.lm(k=1), fs, x, memory="reversible")
    for a, b in zip(stored, other, strict=True):
        assert (a - b).abs().max() < 1e-9
    assert all(all(f.seen) for f in fs)


def test_hooks_of_branches_take_part_in_both_evaluations():
    fs, x = branches(5), torch.randn(2, 3)
    for f in fs:
        f[0].register_forward_hook(lambda module, args, result: result * 0.5)
    _, stored = gradients(st.lm(k=1), fs, x)
    _, other = gradients(st.lm(k=1), fs, x, memory="reversible")
    for a, b in zip(stored, other, strict=True):
        assert (a - b).abs().max() < 1e-9


@pytest.mark.parametrize("k", ["1", "1/2"])
def test_a_branch_that_writes_into_its_parameters_in_the_second_evaluation_is_noticed(k):
    class Late(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.calls = nn.Linear(3, 3), 0

        def forward(self, u):
            self.calls += 1
            y = torch.tanh(self.linear(u))
            if self.calls == 2:
                with torch.no_grad():
                    self.linear.bias.add_(1)  # which no gradient depends on, so that torch says nothing
            return y

    stack = st.to_stack(st.lm(k=k), [Late() for _ in range(4)], memory="reversible")
    with pytest.raises(UnsupportedError, match="changed between"):
        stack(torch.ones(2, 3, requires_grad=True)).sum().backward()


def test_a_tensor_that_a_branch_closes_over_is_named_instead_of_losing_its_gradient():
    scale, x = torch.tensor(0.7, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    stack = st.to_stack(st.lm(k=1), [Scaled(scale) for _ in range(4)], memory="reversible")
    with pytest.raises(UnsupportedError, match="no parameter of the branch"):
        stack(x).sum().backward()
    st.to_stack(st.lm(k=1), [Scaled(scale.detach()) for _ in range(4)], memory="reversible")(x).sum().backward()
    assert x.grad.isfinite().all()


def test_attention_is_reversible():
    layer = [nn.TransformerEncoderLayer(8, 2, 16, dropout=0.2, batch_first=True) for _ in range(4)]
    x = torch.randn(2, 5, 8)
    _, stored = gradients(st.lm(k=1), layer, x, h=0.1)
    _, other = gradients(st.lm(k=1), layer, x, h=0.1, memory="reversible")
    for a, b in zip(stored, other, strict=True):
        assert (a - b).abs().max() < 1e-9


def test_branches_that_return_their_argument_or_a_constant():
    class Constant(nn.Module):
        def forward(self, u):
            return torch.ones_like(u)

    x = torch.randn(2, 6)
    _, stored = gradients(st.lm(), [Constant() for _ in range(4)], x, init={"k": -0.5})
    _, other = gradients(st.lm(), [Constant() for _ in range(4)], x, init={"k": -0.5}, memory="reversible")
    for a, b in zip(stored, other, strict=True):
        assert (a - b).abs().max() < 1e-9
    identity, constant = nn.Identity(), Constant()
    for fs in ([{"F": identity, "G": g}] * 4 for g in (identity, constant, nn.Sequential(nn.Linear(3, 3), nn.Tanh()))):
        _, stored = gradients(st.get("revnet"), fs, x, split=True)
        _, other = gradients(st.get("revnet"), fs, x, split=True, memory="reversible")
        for a, b in zip(stored, other, strict=True):
            assert (a - b).abs().max() < 1e-9


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
def test_transforms_and_export_see_the_computation_itself(memory):
    fs, x = branches(4), torch.randn(2, 3)
    stored, stack = (st.to_stack(st.lm(k=1), fs, memory=m) for m in ("store", memory))
    for transform in (torch.func.jacrev, torch.func.jacfwd, torch.func.vmap, torch.func.hessian):
        assert torch.equal(transform(stack)(x), transform(stored)(x))
    assert torch.equal(torch.export.export(stack, (x,)).module()(x), stored(x))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the compiler's own
def test_compiled_branches_and_a_compiled_stack_are_reversible():
    fs, x = [Recorder() for _ in range(4)], torch.randn(2, 16)
    _, stored = gradients(st.lm(k=1), fs, x)
    for f in fs:
        f.seen.clear()
        f.linear.compile()
    stack, other = gradients(st.lm(k=1), fs, x, memory="reversible")
    for a, b in zip(stored, other, strict=True):
        assert (a - b).abs().max() < 1e-9
    assert all(torch.equal(*f.seen) for f in fs)
    assert torch.equal(torch.compile(stack)(x), stack(x))


def test_what_cannot_run_backwards_is_said_before_anything_is_lost():
    x, tanh = torch.ones(2, 3), [torch.tanh] * 4
    pair = st.to_stack(st.lm(k=0.5), [lambda u: u] * 4, memory="reversible")
    with pytest.raises(UnsupportedError, match="steps a tensor"):
        pair((x, x))
    stack = st.to_stack(st.lm(k=0.5), tanh, memory="reversible")
    stack.layers[1].register_forward_pre_hook(lambda module, args: None)
    with pytest.raises(UnsupportedError, match="hooks on the branches"):
        stack(x)
    channels = st.to_stack(st.lm(), tanh, init={"k": torch.full((3,), 0.5)}, memory="reversible")
    with pytest.raises(UnsupportedError, match="one value of k per layer"):
        channels(x)
    gate = stats.Bernoulli("g", sympy.Rational(1, 2))
    zero, one = st.RungeKutta([[0, 0], [0, 0]], [gate, 0]), st.RungeKutta([[0, 0], [1, 0]], [0, gate])
    drawn = st.AdditiveRungeKutta({"F": zero, "G": one}, partitioned=True)
    with pytest.raises(UnsupportedError, match="cannot be run backwards"):
        st.to_stack(drawn, pairs(3), memory="reversible")


@pytest.mark.parametrize("name", ["lm(k=1)", "lm(k=1/2)"])
def test_faulty_branches_are_named_in_every_layer(name):
    x = torch.ones(2, 3, requires_grad=True)
    for faulty in (lambda u: u.mean(1, keepdim=True), lambda u: u.detach().mul_(2)):
        with pytest.raises(SchemeError, match="needs the same shape|overwrites its argument"):
            st.to_stack(st.get(name), [torch.tanh, torch.tanh, faulty], memory="reversible")(x)


def test_odd_states_and_depths():
    for x in (torch.ones(0, 3), torch.ones(2, 3, 4).transpose(1, 2)):
        stack = st.to_stack(st.lm(k=1), [torch.tanh] * 4, memory="reversible")
        assert stack(x.requires_grad_()).shape == x.shape
    one = st.to_stack(st.lm(k=0.5), branches(1), memory="reversible")
    assert one(torch.ones(2, 3)).shape == (2, 3)


def test_a_branch_that_differentiates_itself_is_reversible():
    class Hamiltonian(nn.Module):
        def __init__(self):
            super().__init__()
            self.energy = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1, bias=False))

        def forward(self, u):
            at = u if u.requires_grad else u.detach().requires_grad_()
            with torch.enable_grad():
                return torch.autograd.grad(self.energy(at).sum(), at, create_graph=True)[0]

    fs, x = [Hamiltonian() for _ in range(4)], torch.randn(2, 4)
    _, stored = gradients(st.lm(k=1), fs, x, h=0.1)
    _, other = gradients(st.lm(k=1), fs, x, h=0.1, memory="reversible")
    for a, b in zip(stored, other, strict=True):
        assert (a - b).abs().max() < 1e-9


@pytest.mark.parametrize(("k", "fraction"), [(-1e-4, "-1/10000"), (1e-5, "1/100000"), (0.0, "1/1048576")])
def test_a_small_trained_k_keeps_its_sign_and_size(k, fraction):
    layer = st.to_stack(st.lm(), branches(2), init={"k": k}).layers[1]
    assert fraction_of(layer, sympy.Symbol("k")) == Fraction(fraction)


def test_gradients_are_taken_outside_of_autocast():
    class Island(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(8, 8, dtype=torch.float32)

        def forward(self, u):
            with torch.autocast("cpu", enabled=False):
                return torch.tanh(self.linear(u.float()))

    fs, x = [Island() for _ in range(4)], torch.randn(3, 8, dtype=torch.float32)
    found = []
    for memory in ("store", "reversible"):
        stack, leaf = st.to_stack(st.lm(k=1), fs, h=0.5, memory=memory), x.clone().requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = stack(leaf)
        found.append(torch.autograd.grad(y.square().sum(), leaf)[0])
    assert (found[0] - found[1]).norm() < 1e-5 * found[0].norm()


def test_fractions_of_any_size_run_backwards_and_copies_end():
    for k in ("1/3", "12345678/100000000", "1/5000"):
        st.to_stack(st.lm(k=k), branches(3), memory="reversible")(torch.ones(2, 3)).sum().backward()
    assert st.to_stack(st.lm(k=0.5), branches(3), memory="reversible")(torch.ones(0, 3)).shape == (0, 3)

    class Late(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.relu = nn.Linear(3, 3), nn.ReLU(inplace=True)

        def forward(self, u):
            return self.relu(self.linear(u))

    fs = [Late() for _ in range(3)]
    st.to_stack(st.lm(k=1), fs, memory="reversible")(torch.ones(2, 3)).sum().backward()
    assert [len(f._forward_pre_hooks) for f in fs] == [0, 0, 0]


@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
def test_freezing_between_the_passes_and_lazy_parameters_are_named(memory):
    stack = st.to_stack(st.lm(k=1), branches(4), memory=memory)
    y = stack(torch.ones(2, 3, requires_grad=True))
    stack.requires_grad_(False)
    with pytest.raises(UnsupportedError, match="freezing"):
        y.sum().backward()
    lazy = [nn.Sequential(nn.LazyLinear(3), nn.Tanh()) for _ in range(3)]
    with pytest.raises(SchemeError, match="lazy parameters"):
        st.to_stack(st.lm(k=1), lazy, memory=memory)(torch.ones(2, 3))
