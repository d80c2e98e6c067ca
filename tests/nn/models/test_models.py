"""The CIFAR networks: sizes of the published ones, their published forward, and every scheme in their chains."""

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.nn.blocks.block import Block
from schemetools.nn.models import build, names

# Parameters of the published LM-ResNet at 100 classes, and how many of them never get a gradient there: a stem
# normalisation that is not called (32), a first projection that is not called (32 + 1024, plain blocks only), and the
# three k of blocks that are Euler steps.
PUBLISHED = {20: 279_325, 44: 668_201, 56: 862_639, 110: 1_737_610}


def count(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(("depth", "published"), PUBLISHED.items())
def test_parameters_are_the_published_ones_less_those_never_trained(depth, published):
    assert count(build(f"resnet{depth}", "lm", classes=100)) == published - 32 - (32 + 1024) - 3


def test_the_bottleneck_network_has_the_published_parameters_less_those_never_trained():
    assert count(build("resnet164", "lm", classes=100)) == 1_726_890 - 32 - 3


class Published(nn.Module):
    """LM-ResNet's forward, written from its formula: u_(n+1) = (1 - k_n) u_n + k_n u_(n-1) + f(u_n)."""

    def __init__(self, ours):
        super().__init__()
        self.stem, self.head = ours.stem, ours.head
        self.stages = []
        for stage in ours.stages:
            layers = stage.chain.layers if hasattr(stage, "projection") else stage.layers
            branches = [layer.branch for layer in layers]
            ks = [layer.k.item() if layer.trained() else None for layer in layers]
            if hasattr(stage, "projection"):
                branches, ks = [stage.branch, *branches], [None, *ks]
            self.stages.append((getattr(stage, "projection", lambda x: x), branches, ks))

    def forward(self, x):
        x = self.stem(x)
        for projection, branches, ks in self.stages:
            last = projection(x)
            x = last + branches[0](x)
            for f, k in zip(branches[1:], ks[1:], strict=True):
                x, last = (1 - k) * x + k * last + f(x), x
        return self.head(x)


@pytest.mark.parametrize("depth", [20, 32])
def test_the_published_forward_is_reproduced(depth):
    torch.manual_seed(0)
    ours = build(f"resnet{depth}", "lm", init=(0.2, 0.6)).eval()
    reference = Published(ours)
    assert [k for _, _, ks in reference.stages for k in ks].count(None) == 3
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(ours(x), reference(x), rtol=1e-6, atol=1e-6)


def test_k_starts_in_the_published_range():
    ks = torch.tensor([p.item() for name, p in build("resnet110", "lm").named_parameters() if name.endswith(".k")])
    assert len(ks) == 51
    assert ks.min() >= -0.1
    assert ks.max() <= 0
    assert ks.std() > 0.02


@pytest.mark.parametrize("scheme", ["lm", "midpoint", "adams_bashforth(3)", "leapfrog", None])
def test_every_parameter_gets_a_gradient(scheme):
    torch.manual_seed(0)
    model = build("resnet20", scheme, width=4)
    model(torch.randn(2, 3, 16, 16)).square().sum().backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


@pytest.mark.parametrize("name", ["resnet20", "resnet50", "nested_transformer"])
def test_a_scheme_that_finds_no_room_is_refused(name):
    options = {"layers": 3} if name == "nested_transformer" else {}
    with pytest.raises(SchemeError, match="rk4 takes 4 branches for a step, and a chain .* shared=True"):
        build(name, "rk4", **options)
    model = build(name, "rk4", shared=True, **options)
    assert {b.plan.evaluations for b in model.modules() if isinstance(b, Block)} == {4}


def test_no_scheme_is_euler():
    torch.manual_seed(0)
    plain = build("resnet20", width=4).eval()
    euler = build("resnet20", "euler", width=4).eval()
    euler.load_state_dict(plain.state_dict())
    x = torch.randn(2, 3, 16, 16)
    assert torch.equal(plain(x), euler(x))


def test_branches_go_in_groups_and_what_is_left_over_are_euler_steps():
    model = build(
        "resnet32", "midpoint", width=4
    )  # five branches per stage, one of them the projected step behind a change
    evaluations = [block.plan.evaluations for block in model.modules() if isinstance(block, Block)]
    assert evaluations == [2, 2, 1, 2, 2, 2, 2]
    assert count(model) == count(build("resnet32", width=4))


def test_names_and_errors():
    assert {"resnet20", "resnet32", "resnet44", "resnet56", "resnet110"} <= set(names())
    with pytest.raises(SchemeError, match="did you mean .*resnet20"):
        build("resnet2O")
    with pytest.raises(SchemeError, match="no option 'widht'; its options: width"):
        build("resnet20", widht=4)
    with pytest.raises(SchemeError, match="norm is one of batch, group"):
        build("resnet20", norm="layer")
    with pytest.raises(SchemeError, match="several fields"):
        build("resnet20", st.symplectic_euler)
    with pytest.raises(SchemeError, match="classes"):
        build("resnet20", classes=0)
