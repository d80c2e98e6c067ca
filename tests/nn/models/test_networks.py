"""Every family against its formula, written by hand around the same branches; and what each does with other schemes."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.nn.blocks.block import Block
from schemetools.nn.models import build
from schemetools.nn.stacks.continued import Restart

SMALL = {
    "resnext29_8x64d": {"width": 4, "blocks": (2, 2, 2)},
    "resnet50": {"width": 4, "blocks": (2, 2, 1, 1)},
    "polynet": {"width": 4},
    "fractalnet": {"width": 4},
    "ho_resnet": {"width": 4},
    "revnet38": {"width": 8},
    "shake_shake": {"width": 4},
    "nested_transformer": {"width": 16, "heads": 2, "layers": 4},
}
OTHERS = [
    ("resnext29_8x64d", "lm"),
    ("resnet50", "adams_bashforth(2)"),
    ("polynet", "polynet(3)"),
    ("polynet", "rk4"),
    ("fractalnet", "fractalnet(2, join=(2, -1))"),
    ("ho_resnet", "nested(rk4, midpoint)"),
    ("ho_resnet", "dopri5"),
    ("ho_resnet", "lm_stochastic_depth(p=3/4)"),
    ("revnet38", "stoermer_verlet"),
    ("revnet38", "yoshida4"),
    ("shake_shake", "lie_trotter"),
    ("nested_transformer", "rk4"),
    ("nested_transformer", "lm"),
    ("nested_transformer", "macaron"),
    ("nested_transformer", "stochastic_depth(p)"),
]


def small(name, scheme=None, **options):
    torch.manual_seed(0)
    return build(name, scheme, **{**SMALL[name], **options})


def chains(net):
    """(projection, its branch, the blocks behind it) of each stage of a residual network."""
    for stage in net.stages:
        first = (stage.projection, stage.branch) if isinstance(stage, Restart) else (None, None)
        yield *first, [m for m in stage.modules() if isinstance(m, Block)]


def reference(net, x, step):
    """Projected Euler steps where the shape changes, and step(block, x) elsewhere."""
    x = net.stem(x)
    for projection, branch, blocks in chains(net):
        if projection is not None:
            x = projection(x) + branch(x)
        for block in blocks:
            x = step(block, x)
    return net.head(x)


def same(a, b):
    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["resnext29_8x64d", "resnet50"])
def test_residual_networks_add_their_branches(name, x):
    net = small(name).eval()
    same(net(x), reference(net, x, lambda block, u: u + block.branch(u)))


def test_a_branch_of_resnext_is_a_sum_of_paths(x):
    branch = small("resnext29_8x64d").stages[0].chain.layers[0].branch.eval()
    u = torch.randn(2, 16, 8, 8)
    norm1, _, reduce, norm2, _, grouped, norm3, _, expand = branch
    inner = functional.relu(norm2(reduce(functional.relu(norm1(u)))))
    paths = [
        functional.conv2d(part, weight, padding=1)
        for part, weight in zip(inner.chunk(8, 1), grouped.weight.chunk(8), strict=True)
    ]
    middle = functional.relu(norm3(torch.cat(paths, 1)))
    total = sum(
        functional.conv2d(part, weight)
        for part, weight in zip(middle.chunk(8, 1), expand.weight.chunk(8, 1), strict=True)
    )
    same(branch(u), total)


def test_lm_resnext_is_the_published_recursion(x):
    net = small("resnext29_8x64d", "lm", blocks=(3, 3, 3), init=(0.2, 0.6)).eval()
    u = net.stem(x)
    for projection, branch, blocks in chains(net):
        last = projection(u)
        u = last + branch(u)
        for block in blocks:
            k = block.k
            u, last = (1 - k) * u + k * last + block.branch(u), u
    same(net(x), net.head(u))


def test_the_stem_for_large_images_takes_a_quarter_of_the_resolution():
    net = small("resnet50").eval()
    assert net.stem(torch.randn(1, 3, 224, 224)).shape == (1, 4, 56, 56)
    assert [type(m).__name__ for m in net.stem] == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("resnet50", 224), ("resnext29_8x64d", 32), ("fractalnet", 32)])
def test_networks_of_full_size_run(name, size):
    net = build(name, "lm", classes=7)
    y = net(torch.randn(2, 3, size, size))
    y.square().sum().backward()
    assert y.shape == (2, 7)
    assert [key for key, p in net.named_parameters() if p.grad is None] == []


def test_polynet_evaluates_one_branch_twice(x):
    net = small("polynet").eval()
    same(net(x), reference(net, x, lambda block, u: u + block.branch(u + block.branch(u))))
    assert "order=1: shared branch" in repr(next(m for m in net.modules() if isinstance(m, Block)))


def test_the_literal_polynet_module_is_the_scheme_for_linear_branches_only():
    torch.manual_seed(0)
    u, scale = torch.randn(2, 4), 0.3
    block = st.to_block(st.get("polynet"))
    linear = nn.Linear(4, 4, bias=False)
    same(block(linear)(u), u + linear(u) + linear(linear(u)))
    bent = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
    assert (block(bent)(u) - (u + bent(u) + bent(bent(u)))).abs().max() > scale / 10


def test_fractalnet_is_the_recursion_of_its_columns(x):
    def column(u, branches, h=1.0):
        euler = u + h * branches[0](u)
        if len(branches) == 1:
            return euler
        half = len(branches) // 2
        deep = column(column(u, branches[:half], h / 2), branches[half:], h / 2)
        return (deep + euler) / 2

    net = small("fractalnet").eval()
    assert [block.plan.evaluations for *_, blocks in chains(net) for block in blocks] == [4] * 5
    same(net(x), reference(net, x, lambda block, u: column(u, list(block.branch))))


def test_ho_resnet_is_rk4_with_a_branch_per_evaluation(x):
    def rk4(block, u):
        a, b, c, d = block.branch
        k1 = a(u)
        k2 = b(u + k1 / 2)
        k3 = c(u + k2 / 2)
        k4 = d(u + k3)
        return u + k1 / 6 + k2 / 3 + k3 / 3 + k4 / 6

    net = small("ho_resnet").eval()
    same(net(x), reference(net, x, rk4))
    blocks = [block for *_, found in chains(net) for block in found]
    assert len(blocks) == 6
    assert all("order: void, branches differ between stages" in repr(block) for block in blocks)
    assert "order=4: shared branch" in repr(next(chains(small("ho_resnet", shared=True)))[2][0])


@pytest.mark.parametrize("scheme", ["midpoint", "rk38", "dopri5", "verner89"])
def test_ho_resnet_has_whole_steps_of_any_scheme(scheme):
    sizes = [block.plan.evaluations for *_, found in chains(small("ho_resnet", scheme)) for block in found]
    assert sizes == [st.cost(st.get(scheme)).evaluations] * 6


def revnet_reference(net, x, step):
    x = net.stem(x)
    for stage in net.stages:
        p, q = x.chunk(2, 1)
        if hasattr(stage, "projection"):
            p = stage.projection(p) + stage.F(q)
            q = stage.projection(q) + stage.G(p)
        else:
            for block in stage.layers:
                p, q = step(block.branch["F"], block.branch["G"], p, q)
        x = torch.cat((p, q), 1)
    return net.head(x)


def coupling(F, G, p, q):
    p = p + F(q)
    return p, q + G(p)


def verlet(F, G, p, q):
    p = p + F(q) / 2
    q = q + G(p)
    return p + F(q) / 2, q


@pytest.mark.parametrize(("scheme", "step"), [(None, coupling), ("stoermer_verlet", verlet)])
def test_revnet_couples_the_halves_of_the_channels(scheme, step, x):
    net = small("revnet38", scheme).eval()
    same(net(x), revnet_reference(net, x, step))


def test_the_projection_of_revnet_is_the_mean_and_zeros(x):
    projection = small("revnet38").stages[1].projection
    u = torch.randn(2, 4, 6, 6)
    y = projection(u)
    assert y.shape == (2, 8, 3, 3)
    same(y[:, 2:6], u.unflatten(2, (3, 2)).unflatten(4, (3, 2)).mean((3, 5)))
    assert not y[:, :2].any() and not y[:, 6:].any()


@pytest.mark.parametrize("scheme", [None, "stoermer_verlet"])
def test_revnet_trains_backwards_without_stored_states(scheme, x):
    found = []
    for memory in ("store", "reversible"):
        net = small("revnet38", scheme, memory=memory)
        net(x).square().sum().backward()
        found.append([p.grad for p in net.parameters()])
        if memory == "reversible":
            stored = [stage.stored.bits for stage in net.stages if hasattr(stage, "stored")]
            assert stored == [0, 0, 0]
    for stored, reversed_ in zip(*found, strict=True):
        torch.testing.assert_close(stored, reversed_, rtol=1e-2, atol=1e-3 * float(stored.abs().max()))


def shaken_reference(net, x, draw):
    x = net.stem(x)
    for stage in net.stages:
        blocks = stage.layers if hasattr(stage, "layers") else [stage.block]
        for block in blocks:
            eta = draw(len(x))
            F, G = (getattr(block.branch[v], "branch", block.branch[v]) for v in ("F", "G"))
            skip = x if hasattr(stage, "layers") else stage.projection(x)
            x = skip + eta * F(x) + (1 - eta) * G(x)
    return net.head(x)


def test_shake_shake_mixes_its_branches(x):
    net = small("shake_shake").eval()
    same(net(x), shaken_reference(net, x, lambda b: 0.5))
    net.train()

    def draw(b):
        eta, _backward = (torch.empty(b, 1, 1, 1).uniform_(0, 1) for _ in range(2))
        return eta

    torch.manual_seed(3)
    expected = shaken_reference(net, x, draw)
    torch.manual_seed(3)
    same(net(x), expected)
    assert not torch.allclose(net(x), expected)


def test_the_projection_of_shake_shake_sees_every_second_pixel_and_its_neighbour():
    projection = small("shake_shake").stages[2].projection.eval()
    u = torch.randn(2, 4, 6, 6)
    v = u.relu()
    shifted = torch.zeros_like(v)
    shifted[:, :, 1:, 1:] = v[:, :, :-1, :-1]
    halves = [projection.even(v[:, :, ::2, ::2]), projection.odd(shifted[:, :, ::2, ::2])]
    same(projection(u), projection.norm(torch.cat(halves, 1)))


def attention(layer, u):
    width = u.shape[-1]
    d = width // layer.heads
    v = functional.layer_norm(u, (width,), layer.norm.weight, layer.norm.bias)
    q, k, v = (
        part @ w.T + c for part, w, c in zip([v] * 3, layer.qkv.weight.chunk(3), layer.qkv.bias.chunk(3), strict=True)
    )
    mixed = []
    for head in range(layer.heads):
        at = slice(head * d, (head + 1) * d)
        weights = (q[..., at] @ k[..., at].transpose(1, 2) / math.sqrt(d)).softmax(-1)
        mixed.append(weights @ v[..., at])
    return layer.project(torch.cat(mixed, -1))


def mlp(branch, u):
    norm, wide, _, narrow = branch
    return narrow(functional.gelu(wide(norm(u))))


def layer_step(F, G, u):
    u = u + attention(F, u)
    return u + mlp(G, u)


def test_the_transformer_is_attention_and_then_an_mlp(x):
    net = small("nested_transformer").eval()
    u = net.stem(x)
    assert u.shape == (3, 64, 16)
    for block in net.stages[0].layers:
        u = layer_step(block.branch.F, block.branch.G, u)
    same(net(x), net.head(u))


def test_nested_midpoint_takes_increments_of_layers(x):
    net = small("nested_transformer", "midpoint").eval()
    u = net.stem(x)
    for block in net.stages[0].layers:
        first, second = block.branch
        k = layer_step(first.F, first.G, u) - u
        middle = u + k / 2
        u = u + layer_step(second.F, second.G, middle) - middle
    same(net(x), net.head(u))


def test_a_scheme_of_two_fields_steps_attention_and_mlp_themselves(x):
    nested, direct = small("nested_transformer").eval(), small("nested_transformer", "lie_trotter").eval()
    assert nested.state_dict().keys() == direct.state_dict().keys()
    direct.load_state_dict(nested.state_dict())
    same(direct(x), nested(x))
    macaron = small("nested_transformer", "macaron").eval()
    u = macaron.stem(x)
    for block in macaron.stages[0].layers:
        before, after = block.branch["F"]
        u = u + mlp(before, u) / 2
        u = u + attention(block.branch["G"][0], u)
        u = u + mlp(after, u) / 2
    same(macaron(x), macaron.head(u))


def test_positions_are_told_apart_and_sizes_are_free():
    net = small("nested_transformer").eval()
    for height, width in ((32, 32), (8, 16)):
        tokens = net.stem(torch.zeros(1, 3, height, width))[0]
        assert len(tokens) == height * width // 16
        assert torch.pdist(tokens).min() > 1e-2
    with pytest.raises(SchemeError, match="an image of 30 x 32 pixels has no patches of 4 x 4"):
        net(torch.zeros(1, 3, 30, 32))
