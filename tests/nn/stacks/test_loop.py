"""A stack compiled as a loop: the same numbers as layer by layer, and refusals of what a loop cannot do."""

import copy
from collections import OrderedDict

import pytest
import torch
import torch._functorch.config
import torch._inductor.config
from torch import nn
from torch._inductor.utils import run_and_get_code

import schemetools as st
from schemetools.nn.stacks import loop

# Torch imports what it says itself is no longer to be used, and hides the other warning by a filter that "error" goes before.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning"),
]


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()


def branch():
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 4))


def gradients(run, stack, x):
    x = x.detach().requires_grad_()
    found = torch.autograd.grad(run(x).sin().sum(), [x, *stack.parameters()])
    return run(x).detach(), found


@pytest.mark.parametrize(
    ("name", "shared"), [("heun2", True), ("lm", False), ("adams_bashforth(3)", False), ("adams_bashforth(2)", True)]
)
def test_a_loop_computes_what_the_layers_do(name, shared):
    """State and gradients of every layer, learned coefficients among them, with shared branches and with own ones."""
    one = branch()
    init = {"k": -0.1} if name == "lm" else None
    stack = st.to_stack(st.get(name), [one if shared else branch() for _ in range(6)], h=0.3, init=init).double()
    x = torch.randn(3, 4, dtype=torch.float64)
    plain = copy.deepcopy(stack)
    expected, right = gradients(plain, plain, x)
    stack.compile(loop=True, backend="aot_eager")
    stack(x)
    found, got = gradients(stack, stack, x)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(got, right)
    with torch.no_grad():
        torch.testing.assert_close(stack(x), expected)


def same_as_layers(stack, x):
    """State and gradients of a compiled stack against those of its layers called one by one."""
    torch.testing.assert_close(gradients(stack, stack, x), gradients(stack._call_impl, stack, x))


def test_coefficients_of_zero_are_each_layers_own():
    stack, x = st.to_stack(st.lm(), [branch()] * 4, h=0.3, init={"k": 0.0}).double(), torch.randn(3, 4).double()
    stack.compile(loop=True, backend="eager")
    stack(x)
    same_as_layers(stack, x)


def test_layers_that_were_put_in_later_are_what_runs():
    other, x = st.to_stack(st.euler, [branch()] * 3), torch.randn(3, 4)
    stack = st.to_stack(st.euler, [branch()] * 3)
    stack.compile(loop=True, backend="eager")
    stack(x)
    stack.layers = other.layers
    stack(x)
    same_as_layers(stack, x)


def test_random_draws_are_refused_that_came_later():
    x, stack = torch.randn(3, 4), st.to_stack(st.euler, [nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.0))] * 3)
    stack.compile(loop=True, backend="eager")
    stack(x)
    stack[0].branch[1].p = 0.5
    with pytest.raises(st.SchemeError, match="draw no random numbers"):
        stack(x)
    stack.compile(backend="eager")  # what the sentence says helps
    assert stack(x).shape == x.shape


@pytest.mark.slow
@pytest.mark.parametrize("options", [None, {"cpp_wrapper": True}])
def test_a_loop_goes_through_inductor_with_and_without_gradients(options):
    one, x = branch(), torch.randn(3, 4)
    stack = st.to_stack(st.heun2, [one] * 5, h=0.3)
    expected, right = gradients(stack, stack, x)
    stack.compile(loop=True, options=options)
    stack(x)
    uncached = torch._functorch.config.patch(enable_autograd_cache=False)
    with torch.no_grad(), torch._inductor.config.patch(fx_graph_cache=False), uncached:
        found, (code,) = run_and_get_code(stack, x)
    torch.testing.assert_close(found, expected)
    assert "addmm" not in code and "mm_out" not in code  # small products are in the kernels
    found, got = gradients(stack, stack, x)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(got, right)


def test_new_values_of_parameters_and_steps_are_seen():
    stack = st.to_stack(st.euler, [branch() for _ in range(3)], h=0.3)
    stack.compile(loop=True, backend="eager")
    x = torch.randn(3, 4)
    stack(x), stack(x)
    with torch.no_grad():
        for p in stack.parameters():
            p.mul_(1.5)
    torch.testing.assert_close(stack(x), stack._call_impl(x))
    for layer in stack:
        layer.h = 0.1
    torch.testing.assert_close(stack(x), stack._call_impl(x))
    stack[1].h = 0.2
    with pytest.raises(st.SchemeError, match="layers 0 and 1 differ, h=0.1 and 0.2"):
        stack(x)


def test_a_copy_is_not_compiled_and_computes_the_same():
    stack = st.to_stack(st.euler, [branch()] * 3)
    stack.compile(loop=True, backend="eager")
    x = torch.randn(3, 4)
    torch.testing.assert_close(copy.deepcopy(stack)(x), stack(x))


class Scaled(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, u):
        return self.factor * u


class Optional(nn.Linear):
    def __init__(self, hold=None):
        super().__init__(4, 4)
        if hold is not None:
            hold(self)

    def forward(self, u):
        return getattr(self, "factor", 1.0) * super().forward(u)


def with_parameter(module):
    module.factor = nn.Parameter(torch.tensor(2.0))


def with_buffer(module):
    module.register_buffer("factor", torch.tensor(2.0))


def ordered(first, second):
    made = {"a": nn.Tanh(), "b": nn.Linear(4, 4)}
    return nn.Sequential(OrderedDict([(first, made[first]), (second, made[second])]))


def tied(same):
    one = nn.Linear(4, 4)
    return nn.Sequential(one, nn.Tanh(), one if same else nn.Linear(4, 4))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: st.to_stack(st.euler, [Optional(), Optional(with_parameter)]), "differ, what Optional holds"),
        (lambda: st.to_stack(st.euler, [Optional(), Optional(with_buffer)]), "differ, what Optional holds"),
        (lambda: st.to_stack(st.euler, [ordered("a", "b"), ordered("b", "a")]), "differ, Sequential and Sequential"),
        (lambda: st.to_stack(st.euler, [tied(True), tied(False)]), "differ, in the parameters that are shared"),
        (lambda: st.to_stack(st.euler, [tied(False), tied(True)]), "differ, in the parameters that are shared"),
        (lambda: st.to_stack(st.adams_bashforth(3), [torch.sin]), "all layers start one"),
        (lambda: st.to_stack(st.euler, [Scaled(1.0), Scaled(2.0)]), "differ, factor=1.0 and 2.0"),
        (lambda: st.to_stack(st.euler, [nn.Linear(4, 4), nn.Linear(4, 4, bias=False)]), "differ, bias of Linear"),
        (lambda: st.to_stack(st.euler, [nn.Linear(4, 4), Scaled(1.0)]), "differ, Linear and Scaled"),
        (lambda: st.to_stack(st.euler, [torch.sin, torch.cos]), "differ, function"),
        (lambda: st.to_stack(st.euler, [nn.BatchNorm1d(4)] * 2), "without buffers; here is branch.running_mean"),
        (lambda: st.to_stack(st.backward_euler, [torch.sin] * 2), "explicit steps"),
        (lambda: st.to_stack(st.euler, [torch.sin] * 2, memory="checkpoint"), "memory='checkpoint'"),
    ],
)
def test_what_a_loop_cannot_do_is_refused(make, words):
    with pytest.raises(st.SchemeError, match=words):
        make().compile(loop=True, backend="eager")


def test_random_draws_hooks_and_arguments_are_refused():
    x = torch.randn(3, 4)
    stack = st.to_stack(st.euler, [nn.Sequential(nn.Linear(4, 4), nn.Dropout())] * 3)
    stack.compile(loop=True, backend="eager")
    with pytest.raises(st.SchemeError, match="draw no random numbers"):
        stack(x)
    stack.eval()
    torch.testing.assert_close(stack(x), stack(x))
    with pytest.raises(st.SchemeError, match="blocks run on floating point numbers"):
        stack(torch.ones(3, 4, dtype=torch.long))
    with pytest.raises(st.SchemeError, match="takes one tensor and gives the last state"):
        stack(x, states=True)
    stack[2].branch[0].register_forward_hook(lambda *_: None)
    with pytest.raises(st.SchemeError, match="calls no hooks"):
        stack(x)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_second_derivatives_are_refused_and_first_ones_are_not(backend):
    stack, x = st.to_stack(st.heun2, [branch()] * 4, h=0.3), torch.randn(3, 4, requires_grad=True)
    stack.compile(loop=True, backend=backend)
    stack(x)
    y = stack(x)
    with pytest.raises(st.SchemeError, match="create_graph=True asks for second ones"):
        torch.autograd.grad(y.sin().sum(), x, create_graph=True)
    same_as_layers(stack, x)


def test_any_batch_is_one_program_and_the_tensors_given_are_not_marked():
    one = branch()
    stack, plain = (st.to_stack(st.adams_bashforth(2), [one] * 5, h=0.3) for _ in range(2))
    stack.compile(loop=True, backend="aot_eager")
    for n in (2, 1, *range(3, 14), 2):
        x = torch.randn(n, 4, requires_grad=True)
        torch.testing.assert_close(gradients(stack, stack, x), gradients(plain, plain, x))
        assert not hasattr(x, "_dynamo_weak_dynamic_indices")


def test_samples_of_too_many_shapes_are_said():
    stack = st.to_stack(st.euler, [torch.tanh] * 3, h=0.3)
    stack.compile(loop=True, backend="eager")
    for n in range(2, 11):
        stack(torch.randn(3, n))
    with pytest.raises(st.SchemeError, match="torch keeps 8 programs of a loop"):
        stack(torch.randn(3, 11))


def renamed(module):
    module.other = module.__dict__.pop("factor")


@pytest.mark.parametrize(
    "change",
    [
        lambda b: setattr(b[0], "factor", 2.0),
        lambda b: setattr(b[0], "added", 1.0),
        lambda b: renamed(b[0]),
        lambda b: b[0].weight.requires_grad_(False),
        lambda b: setattr(b[0].weight, "data", torch.randn(5, 4)),
        lambda b: setattr(b[0], "bias", None),
        lambda b: setattr(b[2], "weight", b[0].weight),
        lambda b: b[1].register_buffer("held", torch.ones(1)),
        lambda b: b[1].register_forward_hook(lambda *_: None),
        lambda b: b.__setitem__(1, nn.ReLU()),
        lambda b: b.append(nn.Tanh()),
        lambda b: setattr(b[1], "__class__", nn.ReLU),
        lambda b: b[1].eval(),
    ],
)
def test_what_becomes_of_one_layer_after_a_call_is_seen(change):
    """Layers that were found equal once are refused at the next call when one has become another."""
    branches = [nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4)) for _ in range(4)]
    for b in branches:
        b[0].factor = 1.0
    stack, x = st.to_stack(st.heun2, branches, h=0.3), torch.randn(3, 4)
    stack.compile(loop=True, backend="eager")
    for _ in range(3):
        stack(x)
    change(branches[2])
    with pytest.raises(st.SchemeError, match="differ|calls no hooks"):
        stack(x)


def test_other_parameters_after_a_call_are_what_runs():
    stack, x = st.to_stack(st.heun2, [branch() for _ in range(4)], h=0.3), torch.randn(3, 4)
    stack.compile(loop=True, backend="eager")
    stack(x), stack(x)
    for layer in stack:
        layer.branch[0].weight = nn.Parameter(torch.randn(6, 4))
    same_as_layers(stack, x)


def test_layers_are_gone_through_once(monkeypatch):
    """Not at every call: what they hold is compared with what they held."""
    walks = []
    monkeypatch.setattr(loop, "unlike", lambda a, b: walks.append((a, b)))
    stack, x = st.to_stack(st.heun2, [branch() for _ in range(4)], h=0.3), torch.randn(3, 4)
    stack.compile(loop=True, backend="eager")
    stack(x), stack(x)
    found = len(walks)
    stack(x), stack(x)
    assert len(walks) == found > 0
    stack.eval()
    stack(x)
    assert len(walks) > found


def test_a_coefficient_with_bounds_is_named():
    stack = st.to_stack(st.lm(), [branch() for _ in range(4)], init={"k": -0.1}, bounds={"k": (-1, 1)})
    with pytest.raises(st.SchemeError, match="a loop takes coefficients without bounds, and k has some"):
        stack.compile(loop=True)
