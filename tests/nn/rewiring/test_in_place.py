"""Blocks as steps in their own places: what goes in and out, what travels, against the recurrences written by hand."""

import copy
import pickle
import threading

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.rewiring.convert import convert
from tests.nn.rewiring.networks import Block, Net, Shared, branch, by_hand, gradients, rk4_by_hand

K = -0.3


@pytest.fixture(autouse=True)
def _double(double_precision):
    pass


@pytest.fixture
def x():
    return torch.randn(2, 6)


def lm(net, x, **options):
    return convert(net, st.lm(k=K), ["blocks"], example=x, **options)


def test_each_block_hands_out_the_state_after_its_step(x):
    net = Net()
    made, seen = lm(net, x), []
    assert len(made.blocks) == 4
    assert type(made.blocks[1]).__name__ == "Block"
    assert isinstance(made.blocks[1], Block)
    for block in made.blocks:
        block.register_forward_hook(lambda module, args, out: seen.append(out))
    made(x)
    fields = [block.f for block in net.blocks]
    for n, state in enumerate(seen, start=1):
        torch.testing.assert_close(state, by_hand(fields[:n], x, [0, K, K, K][:n]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("scheme", ["lm(k=-3/10)", "adams_bashforth(2)", "adams_bashforth(3)", "leapfrog", "midpoint"])
@pytest.mark.parametrize("h", [1, 0.5])
def test_steps_are_those_of_a_stack(scheme, h, x):
    net, s = Net(6), st.get(scheme)
    size = st.cost(s).evaluations
    fields = [block.f for block in net.blocks]
    groups = [fields[i] if size == 1 else fields[i : i + size] for i in range(0, 6, size)]
    made = convert(net, s, ["blocks"], example=x, h=h)
    torch.testing.assert_close(made(x), st.to_stack(s, groups, h=h)(x), rtol=1e-12, atol=1e-12)


def test_four_blocks_are_the_evaluations_of_one_step(x):
    net = Net(8)
    made = convert(net, st.rk4, ["blocks"], example=x)
    torch.testing.assert_close(made(x), rk4_by_hand([b.f for b in net.blocks], x), rtol=1e-12, atol=1e-12)
    whole = convert(net, st.rk4, ["blocks"], example=x, shared=True)
    fields = [f for block in net.blocks for f in [block.f] * 4]
    torch.testing.assert_close(whole(x), rk4_by_hand(fields, x), rtol=1e-12, atol=1e-12)


def test_an_implicit_step_is_solved_with_the_arguments_of_its_call(x):
    net, gain = Net(3), torch.tensor([[0.3], [0.1]], requires_grad=True)
    made = convert(net, st.backward_euler, ["blocks"], example={"x": x, "gain": gain}, h=0.2)
    u = x
    for block in net.blocks:
        before, u = u, u
        for _ in range(60):
            u = before + 0.2 * gain * block.f(u)
    torch.testing.assert_close(made(x, gain=gain), u, rtol=0, atol=1e-9)


@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
@pytest.mark.parametrize("net", [Net, Shared])
@pytest.mark.parametrize("k", [K, None])
def test_memory_kinds_have_the_gradients_of_store(memory, net, k, x):
    found = []
    for kind in ("store", memory):
        torch.manual_seed(0)
        made = convert(net(), st.lm() if k is None else st.lm(k=k), ["blocks"], example=x, memory=kind, **start(k))
        u, gain = x.clone().requires_grad_(), torch.tensor([[1.5], [0.2]], requires_grad=True)
        inputs = (u, gain) if net is Net else (u,)
        made(*inputs).square().sum().backward()
        found.append(torch.cat([gradients(made), *(t.grad.flatten() for t in inputs)]))
    # A trained k runs backwards as the nearest fraction with a denominator up to 4096.
    tolerance = 1e-10 if k is not None or memory == "checkpoint" else 1e-3
    assert (found[1] - found[0]).norm() < tolerance * found[0].norm()


def start(k):
    return {"init": -0.25} if k is None else {}


@pytest.mark.parametrize("scheme", ["rk4", "adams_bashforth(2)", "midpoint"])
def test_every_explicit_scheme_is_evaluated_again(scheme, x):
    found = []
    for memory in ("store", "checkpoint"):
        torch.manual_seed(0)
        net = Net(8)
        for block in net.blocks:
            block.f.insert(2, nn.Dropout(0.5))
        made = convert(net, st.get(scheme), ["blocks"], example=x, memory=memory).train()
        torch.manual_seed(1)
        gain = torch.tensor([[1.5], [0.2]], requires_grad=True)
        made(x, gain=gain).square().sum().backward()
        found.append(torch.cat([gradients(made), gain.grad.flatten()]))
    torch.testing.assert_close(found[1], found[0], rtol=1e-12, atol=1e-12)


def test_a_second_gradient_and_a_second_derivative_of_reversible_steps(x):
    made = lm(Net(), x, memory="reversible")
    loss = made(x).square().sum()
    first = torch.autograd.grad(loss, list(made.parameters()), retain_graph=True)
    again = torch.autograd.grad(loss, list(made.parameters()))
    for a, b in zip(first, again, strict=True):
        assert torch.equal(a, b)
    u = x.clone().requires_grad_()
    with pytest.raises(UnsupportedError, match="first derivatives only"):
        torch.autograd.grad(made(u).sum(), u, create_graph=True)


def test_memory_that_is_not_to_be_had_is_refused(x):
    with pytest.raises(UnsupportedError, match="two-step schemes"):
        convert(Net(), st.rk4, ["blocks"], example=x, memory="reversible")
    with pytest.raises(UnsupportedError, match="every=1"):
        lm(Net(), x, memory="checkpoint", every=2)
    with pytest.raises(SchemeError, match="one of store"):
        lm(Net(), x, memory="disk")


class Dropping(Net):
    """Blocks left out at random in training: LayerDrop."""

    left_out = ()

    def forward(self, x):
        for n, block in enumerate(self.blocks):
            if n not in self.left_out:
                x = block(x)
        return x


@pytest.mark.parametrize("left_out", [(0,), (1,), (1, 2), (3,), (0, 1, 2, 3)])
def test_the_history_goes_on_where_a_block_is_left_out(left_out, x):
    net = Dropping()
    made = lm(net, x)
    made.left_out = left_out
    fields = [block.f for n, block in enumerate(net.blocks) if n not in left_out]
    torch.testing.assert_close(made(x), by_hand(fields, x, [0, K, K, K][: len(fields)]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("left_out", [(0,), (2,), (7,)])
def test_a_step_of_several_blocks_with_one_left_out_is_refused(left_out, x):
    made = convert(Dropping(8), st.rk4, ["blocks"], example=x)
    made.left_out = left_out
    with pytest.raises(SchemeError, match="shared=True"):
        made(x)
    whole = convert(Dropping(8), st.rk4, ["blocks"], example=x, shared=True)
    whole.left_out = left_out
    assert whole(x).shape == x.shape


class Touched(Net):
    touch = False

    def forward(self, x):
        for n, block in enumerate(self.blocks):
            x = block(x + 1 if self.touch and n == 2 else x)
        return x


def test_what_works_between_the_blocks_in_one_call_only_is_noticed_there(x):
    made = lm(Touched(), x)
    made(x)
    made.touch = True
    with pytest.raises(SchemeError, match=r"blocks\.2 was given a state that no step"):
        made(x)
    made.touch = False
    assert made(x).shape == x.shape


class Checkpointed(Net):
    reentrant = False

    def forward(self, x):
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=self.reentrant)
        return x


def test_gradient_checkpointing_of_the_network_itself(x):
    torch.manual_seed(0)
    net = Checkpointed()
    made = convert(net, st.lm(), ["blocks"], example=x, init=K)
    plain = convert(Net(), st.lm(), ["blocks"], example=x, init=K)
    plain.load_state_dict(made.state_dict())
    for each in (made, plain):
        each(x.clone().requires_grad_()).square().sum().backward()
    torch.testing.assert_close(gradients(made), gradients(plain), rtol=1e-12, atol=1e-12)
    made.reentrant = True
    with pytest.raises(SchemeError, match="use_reentrant=False"):
        made(x.clone().requires_grad_()).square().sum().backward()


def test_copies_pickles_and_old_weights(x):
    net = Net()
    made = convert(net, st.lm(), ["blocks"], example=x, init=K)
    for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert torch.equal(other(x), made(x))
        other.blocks[1].step.k.data.fill_(0.2)
        assert not torch.equal(other(x), made(x))
    assert set(net.state_dict()) <= set(made.state_dict())
    fresh = Net()
    made.load_state_dict(fresh.state_dict())  # by their old names, strictly
    torch.testing.assert_close(made(x), by_hand([b.f for b in fresh.blocks], x, [0, K, K, K]))
    copied = lm(net, x)
    assert list(copied.state_dict()) == list(net.state_dict())


def test_threads_share_a_converted_network(x):
    made, wrong = lm(Net(), x), []
    inputs = [torch.randn(2, 6) for _ in range(4)]
    wanted = [made(v) for v in inputs]

    def work(i):
        for _ in range(20):
            if not torch.equal(made(inputs[i]), wanted[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.filterwarnings("ignore:The .grad attribute")
def test_slices_names_and_compiled_blocks(x):
    net = nn.Sequential(nn.Sequential(*(Block() for _ in range(4))))
    made = convert(net, st.lm(k=K), example=x)
    fields = [block.f for block in net[0]]
    torch.testing.assert_close(made[0][:2](x), by_hand(fields[:2], x, [0, K]), rtol=1e-12, atol=1e-12)
    assert [name for name, _ in made[0].named_children()] == ["0", "1", "2", "3"]
    torch.compiler.reset()
    compiled = torch.compile(made, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), made(x), rtol=1e-12, atol=1e-12)
    for block in made[0]:
        block.compile(backend="eager")
    torch.testing.assert_close(made(x), compiled(x), rtol=1e-12, atol=1e-12)


def test_one_block_in_several_places_is_as_many_steps(x):
    f = Block()
    made = convert(nn.Sequential(nn.Sequential(*[f] * 4)), st.lm(), ["0"], example=x, init=K)
    assert sum(name.endswith(".k") for name, _ in made.named_parameters()) == 3
    torch.testing.assert_close(made(x), by_hand([f.f] * 4, x, [0, K, K, K]), rtol=1e-12, atol=1e-12)


def test_what_a_network_says_of_itself(x):
    made = convert(Net(9), st.rk4, ["blocks"], example=x)
    assert "blocks: 8 blocks of 9 in 2 steps of rk4, 1 Euler step" in repr(made)
    assert "evaluation 2 of 4 of rk4" in repr(made)
    report = st.inspect(made, x, eigenvalues=1)
    assert [f"{layer.scheme}" for layer in report.layers] == ["rk4", "rk4", "euler"]
    assert "blocks: 8 blocks of 9 in 2 steps of rk4, 1 Euler step" in str(report)


def test_too_few_blocks_for_a_step_are_no_steps(x):
    with pytest.raises(SchemeError, match=r"rk4 takes 4 blocks .* has 3 in turn.*shared=True"):
        convert(Net(3), st.rk4, ["blocks"], example=x)
    with pytest.raises(SchemeError, match="nothing to rewire"):
        convert(Net(1), st.lm(k=K), ["blocks"], example=x)
    with pytest.raises(SchemeError, match="nothing to rewire"):
        convert(nn.Sequential(nn.Linear(6, 6), branch()), st.lm(k=K), example=x)


class Turns(nn.Module):
    """A list of pairs, attention and an MLP, whose sums the loop makes."""

    def __init__(self, depth=4, size=2):
        super().__init__()
        self.layers = nn.ModuleList(nn.ModuleList(branch() for _ in range(size)) for _ in range(depth))

    def forward(self, x):
        for parts in self.layers:
            for f in parts:
                x = f(x) + x
        return x


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("scheme", ["lm(k=-3/10)", "midpoint", "adams_bashforth(2)"])
def test_pairs_with_the_sum_outside_are_blocks(size, scheme, x):
    net, s = nn.Sequential(nn.Linear(6, 6), Turns(size=size)), st.get(scheme)
    assert torch.equal(convert(net, st.lm(k=0), example=x)(x), net(x))
    made = convert(net, s, example=x)

    def field(parts):
        def f(u):
            v = u
            for part in parts:
                v = v + part(v)
            return v - u

        return f

    fields = [field(parts) for parts in net[1].layers]
    n = st.cost(s).evaluations
    stack = st.to_stack(s, [fields[i] if n == 1 else fields[i : i + n] for i in range(0, 4, n)])
    torch.testing.assert_close(made(x), stack(net[0](x)), rtol=1e-12, atol=1e-12)
    report = st.inspect(made, x)
    assert len(report.chains) == 1
    want = torch.autograd.functional.jacobian(fields[0], net[0](x)).reshape(12, 12)
    assert abs(report.layers[0].field_norm - float(torch.linalg.matrix_norm(want, 2))) < (1e-9 if n == 1 else 10)
    with pytest.raises(UnsupportedError, match="sum outside"):
        convert(net, s, example=x, memory="checkpoint")
