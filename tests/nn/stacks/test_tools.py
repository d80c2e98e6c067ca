"""Tools of torch around stacks: counters of operations, graphs, scripts, exports."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError


def stack_of(scheme=None, **options):
    torch.manual_seed(0)
    fs = [nn.Sequential(nn.Linear(6, 6), nn.Tanh()) for _ in range(4)]
    return st.to_stack(st.lm() if scheme is None else scheme, fs, h=0.5, init={"k": -0.3}, **options)


def test_operations_are_counted_with_every_memory():
    counts = {}
    for memory in ("store", "checkpoint", "reversible"):
        stack = stack_of(memory=memory)
        with FlopCounterMode(display=False) as counter:
            stack(torch.randn(2, 6, requires_grad=True)).sum().backward()
        counts[memory] = counter.get_total_flops()
    forward = 4 * 2 * 2 * 6 * 6  # four products of (2, 6) and (6, 6); backward twice as many
    assert counts["store"] == 3 * forward
    assert counts["checkpoint"] == 3 * forward + 3 * forward // 4  # all layers but the last again
    assert counts["reversible"] == 4 * forward


def test_a_step_is_one_node_of_a_graph_of_fx():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = st.to_block(st.rk4)(nn.Linear(6, 6), h=0.1)
            self.stack = stack_of()

        def forward(self, x):
            return torch.relu(self.stack(self.block(x)))

    net, x = Net(), torch.randn(2, 6)
    graph = torch.fx.symbolic_trace(net)
    assert torch.equal(graph(x), net(x))
    assert [n.target for n in graph.graph.nodes if n.op == "call_module"] == ["block", "stack"]
    for alone in (net.block, net.stack):
        with pytest.raises(UnsupportedError, match=r"torch\.fx"):
            torch.fx.symbolic_trace(alone)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_jit_traces_before_the_first_call_and_scripts_nothing():
    for module in (stack_of(), st.to_block(st.rk4)(nn.Linear(6, 6))):
        x = torch.randn(2, 6)
        assert torch.allclose(torch.jit.trace(module, x)(x), module(x))
        with pytest.raises(SchemeError, match=r"torch\.jit\.script"):
            torch.jit.script(module)
        with pytest.raises(SchemeError, match=r"torch\.jit\.script"):
            torch.jit.script(nn.Sequential(module))


@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
def test_strict_export_has_the_computation_itself(memory):
    stack, x = stack_of(memory=memory), torch.randn(2, 6)
    assert torch.allclose(torch.export.export(stack, (x,), strict=True).module()(x), stack(x))


def test_arguments_and_step_sizes_go_into_one_compiled_graph():
    torch.compiler.reset()

    class Conditioned(nn.Linear):
        def forward(self, u, gain):
            return torch.tanh(super().forward(u)) * gain

    stack = st.to_stack(st.rk4, [Conditioned(6, 6) for _ in range(3)], h=0.5)
    compiled = torch.compile(stack, backend="eager", fullgraph=True)
    x, gain = torch.randn(2, 6), torch.randn(2, 1)
    assert torch.allclose(compiled(x, gain), stack(x, gain))
    h = torch.tensor([[0.1], [0.2]])
    assert torch.allclose(compiled(x, gain, h=h), stack(x, gain, h=h))
