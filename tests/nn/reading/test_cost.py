"""The cost of a network: depth counts the branches that really run, multiply-adds those of a count by hand."""

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError

BLOCKS = {"blocks": [16, 17, 17], "width": 2}
NETWORKS = {
    "euler": ("resnet20", None, {"width": 2}),
    "lm": ("resnet20", "lm", {"width": 2}),
    "rk4, too few branches for two steps": ("resnet56", "rk4", {"width": 2}),
    "rk4 shared": ("resnet20", "rk4", {"width": 2, "shared": True}),
    "rk4 shared at equal depth": ("resnet20", "rk4", BLOCKS | {"shared": "depth"}),
    "verner89 without its estimate": ("resnet20", "verner89", BLOCKS),
    "verner89 with its estimate": ("resnet20", "verner89", BLOCKS | {"error_scaling": 0.1}),
    "adams": ("resnet20", "adams_bashforth(2)", {"width": 2}),
    "revnet": ("revnet38", None, {"width": 4}),
    "shake-shake": ("shake_shake", None, {"width": 2}),
    "fractalnet": ("fractalnet", None, {"width": 2}),
    "transformer": ("nested_transformer", "rk4", {"width": 8, "heads": 2}),
    "two fields": ("nested_transformer", "strang", {"width": 8, "heads": 2}),
}


def evaluated(net, x):
    """How often a branch runs in a forward pass, counted where it runs."""
    count = 0

    def seen(*_):
        nonlocal count
        count += 1

    held = []
    for module in net.modules():
        if isinstance(module, st.nn.blocks.block.Block):
            held += list(module._branches())
        elif hasattr(module, "projection") and hasattr(module, "branch"):
            held.append(module.branch)
        elif hasattr(module, "projection") and hasattr(module, "F"):
            held += [module.F, module.G]
    hooks = [branch.register_forward_hook(seen) for branch in dict.fromkeys(held)]
    with torch.no_grad():
        net.eval()(x)
    for hook in hooks:
        hook.remove()
    return count


@pytest.mark.parametrize("name", NETWORKS)
def test_depth_is_how_often_a_branch_runs(name):
    model, scheme, options = NETWORKS[name]
    net = st.nn.models.build(model, scheme, **options)
    assert st.nn.cost(net).depth == evaluated(net, torch.randn(2, 3, 32, 32))


def test_equal_depth_costs_equally_whatever_the_scheme():
    build, blocks = st.nn.models.build, {"blocks": [4, 5, 5]}
    nets = [build("resnet20", scheme, **blocks) for scheme in (None, "midpoint", "rk4", "rk38")]
    nets.append(build("resnet20", "rk4", **blocks, shared="depth"))
    costs = [st.nn.cost(net) for net in nets]
    assert {cost.depth for cost in costs} == {14}
    assert {cost.branch_evaluations for cost in costs} == {14}
    assert len({cost.multiply_adds for cost in costs}) == 1
    assert [cost.live_states for cost in costs] == [2, 3, 5, 5, 5]
    assert len({cost.parameters for cost in costs[:4]}) == 1
    assert costs[4].parameters < costs[0].parameters  # one branch stands where four stood


def test_multiply_adds_are_those_of_a_count_by_hand():
    """Convolutions of ResNet-20: stem, then 3 stages of 3 branches, in channels and pixels; a projection per change."""
    stem = 3 * 16 * 9 * 32**2
    first = 6 * 16 * 16 * 9 * 32**2
    second = (16 * 32 * 9 + 5 * 32 * 32 * 9 + 16 * 32) * 16**2
    third = (32 * 64 * 9 + 5 * 64 * 64 * 9 + 32 * 64) * 8**2
    assert st.nn.cost(st.nn.models.build("resnet20")).multiply_adds == stem + first + second + third + 64 * 10


def test_an_input_decides_and_modes_come_back():
    net = st.nn.models.build("resnet20", width=4).train()
    net.stem.eval()
    small, batch = st.nn.cost(net, torch.randn(1, 3, 8, 8)), st.nn.cost(net, torch.randn(5, 3, 8, 8))
    assert small == batch
    assert small.multiply_adds < st.nn.cost(net).multiply_adds
    assert net.training and not net.stem.training


def test_what_is_not_known_is_not_said():
    stack = st.to_stack(st.rk4, [nn.Linear(4, 4) for _ in range(3)])
    assert st.nn.cost(stack)[1:3] == (None, 12)
    assert st.nn.cost(stack, torch.randn(2, 4)).multiply_adds == 12 * 16
    for wrong, said in ((st.rk4, "the scheme rk4"), (None, "None")):
        with pytest.raises(SchemeError, match=said):
            st.nn.cost(wrong)


def test_scaling_by_the_error_is_the_step_itself_where_the_estimate_is_small():
    options = {"blocks": [4, 5, 5], "width": 4}
    torch.manual_seed(0)
    plain = st.nn.models.build("resnet20", "bogacki_shampine3", shared=True, **options)
    scaled = st.nn.models.build("resnet20", "bogacki_shampine3", shared=True, error_scaling=1e9, **options)
    for mine, its in zip(scaled.parameters(), plain.parameters(), strict=True):
        mine.data.copy_(its.data)
    x = torch.randn(2, 3, 32, 32)
    assert torch.allclose(plain.eval()(x), scaled.eval()(x), atol=1e-5)
    short = st.nn.models.build("resnet20", "bogacki_shampine3", shared=True, error_scaling=1e-9, **options)
    step, u = short.stages[0][0], torch.randn(2, 4, 8, 8)
    y, error = step.block(u, error=True)
    factor = (1e-9 * (y - u).flatten(1).norm(dim=1) / error.flatten(1).norm(dim=1)) ** (1 / 3)
    assert torch.allclose(step(u), u + factor.view(-1, 1, 1, 1) * (y - u))
    with pytest.raises(SchemeError, match="no error estimate"):
        st.nn.models.build("resnet20", "rk4", error_scaling=0.1, shared=True)
    with pytest.raises(SchemeError, match="a positive number"):
        st.nn.models.build("resnet20", "bogacki_shampine3", error_scaling=-1, shared=True)
