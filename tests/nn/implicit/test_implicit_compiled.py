"""Implicit blocks in compiled graphs and exported programs: one operator for the root, one for its gradient."""

import copy
import gc

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def network():
    return nn.Sequential(nn.Linear(3, 3), nn.Tanh())


class Timed(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, t, u):
        return torch.tanh(self.linear(u) + t)


MAKERS = {
    "backward_euler": lambda: st.to_block(st.backward_euler)(network(), h=0.7),
    "gauss": lambda: st.to_block(st.get("gauss(2)"))([network(), network()], h=0.7),
    "trained": lambda: st.to_block(st.schemes.theta())(network(), h=nn.Parameter(torch.tensor(0.8)), init=0.6),
    "stack": lambda: st.to_stack(st.get("trbdf2"), [network() for _ in range(3)], h=0.5),
    "bdf": lambda: st.to_stack(st.get("bdf(2)"), [network() for _ in range(3)], h=0.5),
    "timed": lambda: st.to_stack(st.get("gauss(2)"), [Timed() for _ in range(2)], h=0.5, timed=True),
    "norm": lambda: st.to_stack(
        st.get("trbdf2"), [nn.Sequential(nn.BatchNorm1d(3), network()) for _ in range(2)], h=0.5
    ),
}


@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", MAKERS)
def test_one_graph_gives_values_gradients_and_statistics_of_the_eager_step(name, backend):
    torch.compiler.reset()
    module, x = MAKERS[name](), torch.randn(4, 3)
    twin = copy.deepcopy(module)
    compiled = torch.compile(module, fullgraph=True, backend=backend)
    for _ in range(2):
        y, expected = compiled(x), twin(x)
        assert (y - expected).abs().max() < 1e-9
    y.square().sum().backward()
    expected.square().sum().backward()
    for p, q in zip(module.parameters(), twin.parameters(), strict=True):
        assert (p.grad - q.grad).abs().max() < 1e-8
    for b, c in zip(module.buffers(), twin.buffers(), strict=True):
        assert (b - c).abs().max() < 1e-9
    with torch.no_grad():
        assert (compiled(x) - twin(x)).abs().max() < 1e-9


@pytest.mark.parametrize("name", ["backward_euler", "trained", "stack"])
def test_an_exported_program_takes_the_same_step(name):
    module, x = MAKERS[name](), torch.randn(4, 3)
    exported = torch.export.export(module, (x,))
    assert "schemetools.root" in str(exported.graph)
    assert (exported.module()(x) - module(x)).abs().max() < 1e-9


def test_equal_layers_share_one_compiled_graph():
    torch.compiler.reset()
    torch._dynamo.utils.counters.clear()
    stack, x = st.to_stack(st.backward_euler, [network() for _ in range(12)], h=0.1), torch.randn(2, 3)
    expected = stack(x)
    stack.compile(fullgraph=True, backend="aot_eager")
    assert (stack(x) - expected).abs().max() < 1e-12
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] <= 2


def test_one_dropout_mask_for_the_iteration_and_the_backward_pass():
    torch.compiler.reset()
    block = st.to_block(st.backward_euler)(nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)), h=0.5)
    compiled, found = torch.compile(block, fullgraph=True, backend="aot_eager"), []
    for call in (compiled, block):
        x = torch.ones(4, 3, requires_grad=True)
        torch.manual_seed(3)
        y = call(x)
        found.append((y, *torch.autograd.grad(y.sum(), x)))
    assert all((a - b).abs().max() < 1e-9 for a, b in zip(*found, strict=True))


def test_no_convergence_is_said_by_the_compiled_call():
    torch.compiler.reset()
    block = st.to_block(st.backward_euler)(lambda u: torch.exp(u) + 1, h=10)
    with pytest.raises(SchemeError, match="did not converge"):
        torch.compile(block, fullgraph=True, backend="aot_eager")(torch.ones(2))


def test_an_exported_program_whose_block_is_gone_says_so():
    block, x = st.to_block(st.backward_euler)(network()), torch.randn(4, 3)
    program = torch.export.export(block, (x,)).module()
    program(x)
    del block
    gc.collect()
    with pytest.raises(SchemeError, match="gone"):
        program(x)


def test_inference_mode_runs_the_compiled_step():
    torch.compiler.reset()
    block, x = st.to_block(st.get("gauss(2)"))(network(), h=3.0), torch.randn(4, 3)
    compiled = torch.compile(block, fullgraph=True, backend="aot_eager")
    with torch.inference_mode():
        assert (compiled(x) - block(x)).abs().max() < 1e-9


def test_a_function_that_closes_over_a_network_breaks_the_graph_and_keeps_its_gradients():
    torch.compiler.reset()
    closed = network()
    block, x = st.to_block(st.backward_euler)(lambda u: closed(u), h=0.5), torch.randn(4, 3)
    found = [
        torch.autograd.grad(f(x).sum(), list(closed.parameters()))
        for f in (torch.compile(block, backend="aot_eager"), block)
    ]
    assert all((a - b).abs().max() < 1e-9 for a, b in zip(*found, strict=True))


def test_a_module_that_hides_a_tensor_with_gradients_is_refused_in_a_graph():
    class Hiding(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.rates = nn.Linear(3, 3), [torch.randn(3, requires_grad=True)]

        def forward(self, u):
            return self.rates[0] * self.linear(u)

    torch.compiler.reset()
    block, x = st.to_block(st.backward_euler)(Hiding(), h=0.1), torch.randn(4, 3)
    block(x).sum().backward()
    assert block.branch.rates[0].grad is not None
    compiled = torch.compile(block, fullgraph=True, backend="aot_eager")
    with pytest.raises(UnsupportedError, match="not its parameters"):
        compiled(x)
    with torch.no_grad():
        assert (compiled(x) - block(x)).abs().max() < 1e-9


@pytest.mark.parametrize("transform", [torch.vmap, torch.func.jacrev])
def test_transforms_of_a_block_may_be_compiled(transform):
    torch.compiler.reset()
    block, x = st.to_block(st.backward_euler)(network(), h=0.5), torch.randn(3, 3)
    found = torch.compile(lambda x: transform(block)(x), backend="aot_eager")(x)
    assert (found - transform(block)(x)).abs().max() < 1e-9
