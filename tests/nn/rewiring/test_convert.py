"""Residual networks that somebody else wrote, rewired: with lm(k=0) nothing changes, and the weights stay the same tensors."""

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.residual import Residual
from schemetools.nn.models import build
from schemetools.nn.reading.inspect import inspect
from schemetools.nn.rewiring.convert import convert


class PostActivation(nn.Module):
    """relu(shortcut(x) + F(x)), in place where it can be: the classic block."""

    def __init__(self, here, there, stride=1):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(here, there, 3, stride, 1, bias=False), nn.BatchNorm2d(there)
        self.conv2, self.bn2 = nn.Conv2d(there, there, 3, 1, 1, bias=False), nn.BatchNorm2d(there)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Conv2d(here, there, 1, stride, bias=False) if here != there or stride > 1 else None

    def forward(self, x):
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class PreActivation(nn.Module):
    def __init__(self, width, inplace=False):
        super().__init__()
        self.bn, self.relu, self.conv = nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, width, 3, 1, 1)
        self.first = nn.ReLU(inplace=True) if inplace else nn.Identity()

    def forward(self, x):
        x = self.first(x)
        return x + self.conv(self.relu(self.bn(x)))


class Net(nn.Module):
    """The shape of torchvision's ResNet: conv1, layer1, layer2, fc."""

    def __init__(self, first, second):
        super().__init__()
        self.conv1, self.layer1, self.layer2 = nn.Conv2d(3, 8, 3, 1, 1), nn.Sequential(*first), nn.Sequential(*second)
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        return self.fc(self.layer2(self.layer1(self.conv1(x))).mean((2, 3)))


def classic():
    torch.manual_seed(0)
    first = [PostActivation(8, 8) for _ in range(3)]
    return Net(first, [PostActivation(8, 16, 2), *(PostActivation(16, 16) for _ in range(4))])


def modern(inplace=False):
    torch.manual_seed(0)
    return Net(
        [PreActivation(8, inplace) for _ in range(3)],
        [PostActivation(8, 16, 2), *(PreActivation(16) for _ in range(4))],
    )


@pytest.fixture
def x():
    return torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("make", [classic, modern, lambda: modern(inplace=True)])
@pytest.mark.parametrize("stages", [None, ["layer1", "layer2"], ["layer2"]])
def test_k_zero_gives_the_original_outputs(make, stages, x):
    model = make().eval()
    converted = convert(model, st.lm(k=0), stages)
    torch.testing.assert_close(converted(x), model(x), rtol=1e-5, atol=1e-5)
    converted = convert(model, st.lm(k=0), stages, example=x)
    torch.testing.assert_close(converted(x), model(x), rtol=1e-5, atol=1e-5)


def test_weights_are_shared_and_the_original_is_left_alone(x):
    model = modern().eval()
    before, output = repr(model), model(x)
    converted = convert(model, st.lm())
    own = {id(p) for p in model.parameters()}
    added = [name for name, p in converted.named_parameters() if id(p) not in own]
    assert len(added) == 2 + 3  # behind a start by repetition a chain of n blocks has n - 1 values k
    assert all(name.endswith(".k") for name in added)
    assert len(list(converted.parameters())) == len(own) + len(added)
    assert repr(model) == before
    assert torch.equal(model(x), output)


def test_a_converted_network_trains_and_differs_from_euler(x):
    model = modern().eval()
    converted = convert(model, st.lm(k=-0.3)).eval()
    assert (converted(x) - model(x)).abs().max() > 1e-3
    converted = convert(model, st.lm())
    converted(x).square().sum().backward()
    assert [name for name, p in converted.named_parameters() if p.grad is None] == []


def test_statistics_of_the_original_survive_conversion(x):
    model = modern().train()
    before = {name: b.clone() for name, b in model.named_buffers()}
    convert(model, st.lm(k=0), example=x)
    assert all(torch.equal(b, before[name]) for name, b in model.named_buffers())
    assert model.training


def test_post_activation_blocks_are_marked(x):
    converted = convert(classic(), st.lm(k=-0.1))
    assert "3 of 3 blocks are post-activation" in repr(converted)
    assert all("post-activation" in " ".join(layer.notes) for layer in inspect(converted, x[:1, :, ::4, ::4]).layers)
    clean = convert(modern(), st.lm(k=-0.1))
    assert "post-activation" not in repr(clean)
    assert not any(m.post_activation for m in clean.modules() if isinstance(m, Residual))


def test_several_evaluations_take_blocks_in_groups(x):
    model = modern().eval()
    converted = convert(model, st.midpoint, ["layer1"])
    f = [lambda u, b=block: b(u) - u for block in model.layer1]
    u = model.conv1(x)
    u = u + f[1](u + f[0](u) / 2)
    u = u + f[2](u)
    torch.testing.assert_close(converted(x), model.fc(model.layer2(u).mean((2, 3))), rtol=1e-5, atol=1e-5)


def test_a_pair_takes_no_blocks_for_its_error_estimate(x):
    """dopri5 evaluates a seventh stage for its estimate only; a chain has six blocks per step for it."""
    torch.manual_seed(0)
    blocks = [PreActivation(8) for _ in range(7)]
    net = convert(nn.Sequential(nn.Conv2d(3, 8, 1), nn.Sequential(*blocks)), st.dopri5, stages=["1"]).eval()
    assert next(len(block.branch) for block in net.modules() if isinstance(block, Block)) == 6
    net(x).sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_errors():
    with pytest.raises(SchemeError, match="no container 'layer3'; it has layer1, layer2"):
        convert(modern(), st.lm(k=0), ["layer3"])
    with pytest.raises(SchemeError, match="name the containers of its blocks"):
        convert(nn.Linear(3, 3), st.lm(k=0))
    with pytest.raises(SchemeError, match="several fields"):
        convert(modern(), st.symplectic_euler)
    with pytest.raises(SchemeError, match="list of paths"):
        convert(modern(), st.lm(k=0), "layer1")
    with pytest.raises(SchemeError, match="example=x"):
        convert(nn.Sequential(nn.ModuleList([nn.ReLU()])), st.lm(k=0), ["0"])


@pytest.mark.parametrize("scheme", [None, "lm", "rk4"])
def test_what_a_scheme_wires_already_is_not_rewired_from_inside(scheme):
    for new in (st.rk4, st.lm(k=-0.1)):
        with pytest.raises(SchemeError, match="built by schemes already .* models.build"):
            convert(build("resnet20", scheme, width=2, shared=True), new)
    with pytest.raises(SchemeError, match="convert the network that was converted first"):
        convert(convert(modern(), st.lm(k=-0.1)), st.rk4)
    with pytest.raises(SchemeError, match="layers is built by schemes already"):
        convert(st.to_stack(st.euler, [nn.Linear(3, 3)] * 2), st.rk4)


def test_what_is_no_network_is_named():
    with pytest.raises(SchemeError, match="None came"):
        convert(None, st.rk4)
    with pytest.raises(SchemeError, match=r"convert\(model, scheme\); the scheme rk4 came"):
        convert(st.rk4, modern())
    with pytest.raises(SchemeError, match="the class PreActivation, not one of its instances"):
        convert(PreActivation, st.rk4)


@pytest.fixture(scope="module")
def transformers():
    return pytest.importorskip("transformers")


@pytest.mark.filterwarnings("ignore")
class TestTransformers:
    def test_resnet(self, transformers, x):
        config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[2, 3], layer_type="basic")
        model = transformers.ResNetModel(config).eval()
        converted = convert(model, st.lm(k=0))
        torch.testing.assert_close(converted(x).last_hidden_state, model(x).last_hidden_state, rtol=1e-5, atol=1e-5)
        assert "post-activation" in repr(converted)

    def test_vit(self, transformers, x):
        config = transformers.ViTConfig(
            hidden_size=16,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=32,
            image_size=16,
            patch_size=4,
        )
        model = transformers.ViTModel(config).eval()
        converted = convert(model, st.lm(k=0))
        torch.testing.assert_close(converted(x).last_hidden_state, model(x).last_hidden_state, rtol=1e-5, atol=1e-5)
        assert "post-activation" not in repr(converted)
        assert len(inspect(convert(model, st.lm(k=-0.1)), x).layers) == 3
