"""States of several tensors, branches from a factory, coefficients shared by all layers."""

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError


def oscillator(u):
    return {"p": -torch.sin(u["q"]), "q": u["p"]}


def flat(u):
    return torch.cat([-torch.sin(u[..., 3:]), u[..., :3]], dim=-1)


@pytest.mark.parametrize("name", ["rk4", "dopri5", "lm(k=3/10)", "adams_bashforth(3)"])
def test_a_dictionary_is_stepped_like_the_tensor_of_its_entries(name):
    x = torch.randn(2, 6)
    state = {"p": x[:, :3], "q": x[:, 3:]}
    block, plain = (st.to_block(st.get(name))(f, h=0.3) for f in (oscillator, flat))
    if st.get(name).normal_form().values == 1:
        y, expected = block(state), plain(x)
    else:
        y, history = block(state)
        y, _ = block(y, history)
        expected, history = plain(x)
        expected, _ = plain(expected, history)
    assert set(y) == {"p", "q"}
    assert (torch.cat([y["p"], y["q"]], dim=1) - expected).abs().max() < 1e-14


def test_tuples_with_tensors_of_different_shapes_and_an_error_estimate():
    block = st.to_block(st.get("dopri5"))(lambda u: (-u[0], 2 * u[1]), h=0.1)
    y, error = block((torch.ones(3), torch.ones(2, 2)), error=True)
    assert [t.shape for t in y] == [(3,), (2, 2)]
    assert [t.shape for t in error] == [(3,), (2, 2)]
    assert y[0][0].item() == pytest.approx(torch.tensor(-0.1).exp().item(), abs=1e-9)


def test_stacks_with_learned_coefficients_take_structured_states():
    stack = st.to_stack(st.lm(), [oscillator] * 4, h=0.1, init={"k": -0.05})
    plain = st.to_stack(st.lm(), [flat] * 4, h=0.1, init={"k": -0.05})
    x = torch.randn(2, 6)
    y = stack({"p": x[:, :3], "q": x[:, 3:]})
    assert (torch.cat([y["p"], y["q"]], dim=1) - plain(x)).abs().max() < 1e-14
    (y["p"].sum() + y["q"].sum()).backward()
    assert all(p.grad is not None for p in stack.parameters())


@pytest.mark.parametrize("name", ["backward_euler", "gauss(2)", "trbdf2", "bdf(2)", "adams_moulton(2)"])
def test_implicit_blocks_step_a_dictionary_like_the_tensor_of_its_entries(name):
    x = torch.randn(2, 6)
    block, plain = (st.to_block(st.get(name))(f, h=0.3) for f in (oscillator, flat))
    y, expected = block({"p": x[:, :3], "q": x[:, 3:]}), plain(x)
    if st.get(name).normal_form().values > 1:
        (y, _), (expected, _) = block(*y), plain(*expected)
    assert (torch.cat([y["p"], y["q"]], dim=1) - expected).abs().max() < 1e-9


class Rotation(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, u):
        return torch.tanh(self.linear(u[1])), -self.linear(u[0])


def test_implicit_steps_of_a_tuple_have_first_and_second_derivatives():
    block = st.to_block(st.get("gauss(2)"))(Rotation(), h=nn.Parameter(torch.tensor(0.4)), tol=1e-13)
    inputs = tuple(torch.randn(2, 3, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(lambda p, q, *_: block((p, q)), (*inputs, *block.parameters()))
    assert torch.autograd.gradgradcheck(lambda p, q, *_: block((p, q)), (*inputs, *block.parameters()))


@pytest.mark.parametrize("memory", ["store", "checkpoint"])
def test_implicit_stacks_of_tuples_with_any_memory_and_an_error_estimate(memory):
    stack = st.to_stack(st.get("trbdf2"), [Rotation() for _ in range(2)], h=0.3, memory=memory)
    y = stack((torch.randn(2, 3), torch.randn(2, 3)))
    (y[0].sum() + y[1].square().sum()).backward()
    assert all(p.grad is not None for p in stack.parameters())
    _, error = stack.layers[0](y, error=True)
    assert [e.shape for e in error] == [(2, 3), (2, 3)]


def test_branches_that_change_the_structure_are_refused():
    with pytest.raises(SchemeError, match="structure"):
        st.to_block(st.rk4)(lambda u: (u["p"],))({"p": torch.ones(2)})
    with pytest.raises(SchemeError, match="structure"):
        st.to_block(st.backward_euler)(lambda u: (u["p"],))({"p": torch.ones(2)})
    for scheme in (st.rk4, st.backward_euler):
        with pytest.raises(SchemeError, match="tuple or dict of tensors"):
            st.to_block(scheme)(lambda u: u)(("p", torch.ones(2)))
    with pytest.raises(SchemeError, match="one dtype; float32, float64 came"):
        st.to_block(st.backward_euler)(lambda u: u)((torch.ones(2), torch.ones(2).float()))


def test_a_factory_makes_one_branch_per_evaluation():
    block = st.to_block(st.rk4).build(lambda: nn.Linear(3, 3), h=0.5)
    assert len(list(block.parameters())) == 8
    assert "void" in repr(block)
    pairs = st.to_block(st.get("stoermer_verlet")).build(lambda: nn.Linear(3, 3))
    assert len(list(pairs.parameters())) == 6


@pytest.mark.parametrize("bounds", [None, {"k": (-1, 1)}])
def test_one_coefficient_for_all_layers(bounds):
    stack = st.to_stack(st.lm(), [nn.Linear(3, 3) for _ in range(5)], init={"k": (-0.1, 0)}, bounds=bounds, shared=True)
    assert len([p for p in stack.parameters() if p.numel() == 1]) == 1
    assert len({s.coefficients for s in stack.schemes[1:]}) == 1


def test_one_coefficient_per_channel():
    stack = st.to_stack(st.lm(), [nn.Linear(3, 3) for _ in range(3)], init={"k": torch.tensor([0.1, 0.2, 0.3])})
    fs, x = [layer.branch for layer in stack.layers], torch.randn(2, 3)
    k, u, v = torch.tensor([0.1, 0.2, 0.3]), x + fs[0](x), x
    for f in fs[1:]:
        u, v = (1 - k) * u + k * v + f(u), u
    assert (stack(x) - u).abs().max() < 1e-14
    with pytest.raises(UnsupportedError, match="per channel"):
        _ = stack.schemes


@pytest.mark.filterwarnings("ignore")  # the compiler's own
@pytest.mark.parametrize("name", ["rk4", "dopri5", "lm(k=3/10)", "adams_bashforth(2)"])
def test_structured_states_go_into_compiled_and_exported_graphs(name):
    torch.compiler.reset()
    stack = st.to_stack(st.get(name), [Oscillator() for _ in range(3)], h=0.3)
    state = {"p": torch.randn(2, 3), "q": torch.randn(2, 3)}
    y = stack(state)
    compiled = torch.compile(stack, fullgraph=True, backend="aot_eager")(state)
    exported = torch.export.export(stack, (state,)).module()(state)
    for other in (compiled, exported, torch.func.vmap(stack)({k: v[None] for k, v in state.items()})):
        assert all((y[k] - other[k].reshape(2, 3)).abs().max() < 1e-14 for k in "pq")
    sum(v.sum() for v in compiled.values()).backward()
    assert all(p.grad is not None for p in stack.parameters())


def test_hooks_and_later_calls_of_a_block_are_untouched_by_structured_states():
    block, seen = st.to_block(st.rk4)(lambda u: (-u[0],) if isinstance(u, tuple) else -u, h=0.1), []
    block.register_forward_hook(lambda module, args, result: seen.append(len(args)))
    (y,) = block((torch.ones(3),))
    assert torch.equal(y, block(torch.ones(3)))
    assert seen == [1, 1]
    with pytest.raises(ZeroDivisionError):
        st.to_block(st.rk4)(lambda u: 1 / 0)((torch.ones(3),))
    assert "forward" not in vars(block)


class Oscillator(nn.Module):
    """Two linear maps, each of one part into the other."""

    def __init__(self):
        super().__init__()
        self.f, self.g = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, u):
        return {"p": -torch.sin(self.f(u["q"])), "q": self.g(u["p"])}


def test_keys_may_come_in_any_order_and_what_does_not_fit_is_named():
    state = {"p": torch.randn(5, 3), "q": torch.randn(5, 3)}
    turned = st.to_block(st.rk4)(lambda u: {"q": u["p"], "p": -torch.sin(u["q"])}, h=0.3)(state)
    plain = st.to_block(st.rk4)(oscillator, h=0.3)(state)
    assert list(turned) == ["p", "q"]
    assert all(torch.equal(turned[k], plain[k]) for k in "pq")
    for faulty in (lambda u: {k: v.mean(0, keepdim=True) for k, v in u.items()}, lambda u: {"p": u["p"]}):
        with pytest.raises(SchemeError, match="another structure"):
            st.to_block(st.rk4)(faulty)(state)
    with pytest.raises(SchemeError, match="overwrites its argument"):
        st.to_block(st.euler)(lambda u: {k: v.mul_(2) for k, v in u.items()})(state)


@pytest.mark.parametrize("gates", ["sample", "batch"])
def test_random_coefficients_are_drawn_once_for_all_tensors(gates):
    block = st.to_block(st.get("stochastic_depth"), gates=gates)(lambda u: {k: 1 + 0 * v for k, v in u.items()})
    y = block({"p": torch.zeros(64, 2), "q": torch.zeros(64, 3)})
    assert torch.equal(y["p"][:, :1], y["q"][:, :1])
    assert set(y["p"].unique().tolist()) <= {0.0, 1.0}
    assert len(y["p"].unique()) == (2 if gates == "sample" else 1)
    with pytest.raises(UnsupportedError, match="gates='batch'"):
        st.to_block(st.get("stochastic_depth"))(lambda u: u)((torch.zeros(4), torch.zeros(4, 2)))
    assert st.to_block(st.get("stochastic_depth"))(torch.ones_like)(torch.tensor(2.0)) in (2.0, 3.0)
