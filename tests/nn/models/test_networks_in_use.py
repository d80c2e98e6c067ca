"""The networks of the literature in use: schedules, gradients, reading back, bad input."""

import math

import pytest
import torch

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.nn.models import build

from .test_networks import OTHERS, SMALL, chains, same, small


def test_survival_falls_linearly(x):
    torch.manual_seed(0)
    net = build("resnet20", "stochastic_depth(p)", width=4, survival=0.1).eval()
    parameters = [1 - 0.1 * n for n in range(1, 10)]  # nine branches, 1 - n/9 (1 - 1/10)
    u, n = net.stem(x), 0
    for projection, branch, blocks in chains(net):
        if projection is not None:
            u, n = projection(u) + branch(u), n + 1
        for block in blocks:
            u, n = u + parameters[n] * block.branch(u), n + 1
    assert n == 9
    same(net(x), net.head(u))
    net.train()
    assert not torch.equal(net(x), net(x))


def test_survival_falls_for_lm_as_well():
    net = build("resnet20", "lm_stochastic_depth(k, p)", width=4, survival="1/10")
    gates = [f"{block.scheme}".split("p=")[1].rstrip(")") for *_, found in chains(net) for block in found]
    assert [g.split(")")[0] for g in gates] == ["9/10", "4/5", "7/10", "1/2", "2/5", "1/5", "1/10"]


@pytest.mark.parametrize(("name", "scheme"), [*((name, None) for name in SMALL), *OTHERS])
def test_every_parameter_gets_a_gradient_and_a_state_dict_goes_around(name, scheme, x):
    net = small(name, scheme)
    y = net(x)
    assert y.shape == (3, 10)
    y.square().sum().backward()
    assert [key for key, p in net.named_parameters() if p.grad is None] == []
    torch.manual_seed(5)
    copied = build(name, scheme, **SMALL[name])
    assert not torch.equal(copied.eval()(x), net.eval()(x))
    copied.load_state_dict(net.state_dict())
    assert torch.equal(copied(x), net(x))


@pytest.mark.parametrize(
    ("name", "scheme", "count"),
    [
        ("fractalnet", None, 5),
        ("fractalnet", "lm", 5),
        ("ho_resnet", "midpoint", 6),
        ("polynet", None, 7),
        ("nested_transformer", "midpoint", 2),
    ],
)
def test_networks_of_one_field_are_read(name, scheme, count):
    report = st.inspect(small(name, scheme, width=4 if name != "nested_transformer" else 8), torch.randn(1, 3, 8, 8))
    assert len(report.layers) == count
    assert all(math.isfinite(layer.field_norm) for layer in report.layers)


@pytest.mark.parametrize("name", ["revnet38", "shake_shake"])
def test_networks_of_two_fields_refuse_to_be_read(name):
    with pytest.raises(SchemeError, match=r"which has several fields \(F, G\)"):
        st.inspect(small(name), torch.randn(1, 3, 8, 8))


def test_a_first_step_whose_symbol_cancels_is_read_as_what_it_is():
    """A chain of one start layer alone has no k to be read at: it is Euler, and its remainder that of Euler."""
    net = small("fractalnet", "lm").eval()
    plain = small("fractalnet", "euler").eval()
    plain.load_state_dict({key: value for key, value in net.state_dict().items() if not key.endswith(".k")})
    x = torch.randn(1, 3, 8, 8)
    read, euler = st.inspect(net, x).layers[0], st.inspect(plain, x).layers[0]
    assert read.remainder == pytest.approx(euler.remainder, rel=1e-9)
    assert read.inside == euler.inside


@pytest.mark.parametrize(
    ("name", "scheme", "options", "message"),
    [
        (
            "resnext29_8x64d",
            "revnet",
            {},
            r"revnet has several fields \(F, G\) and steps a pair of states; .* euler, lm",
        ),
        ("fractalnet", "shake_shake", {}, "a chain of residual branches has one: give a scheme such as euler"),
        ("revnet38", "lm", {}, "lm.k. has one field; revnet38 steps a pair: give a partitioned scheme such as revnet"),
        ("revnet38", "lie_trotter", {}, "revnet38 steps a pair: give a partitioned scheme"),
        ("shake_shake", "rk4", {}, "rk4 has one field; shake_shake has two, F and G, of one state: give an additive"),
        ("nested_transformer", "revnet", {}, "nested_transformer has one field, or F and G of one state: give"),
        ("nested_transformer", None, {"heads": 3}, "width must be a multiple of 4 and of heads=3; 128 came"),
        ("nested_transformer", None, {"norm": "group"}, "nested_transformer has no option 'norm'; its options: width"),
        ("revnet38", None, {"width": 30}, "width must be a multiple of 4"),
        ("revnet38", None, {"memory": "disk"}, "memory='disk': one of store, checkpoint, reversible"),
        ("revnet38", "lobatto_iiia_iiib(3)", {"memory": "reversible"}, "cannot be run backwards exactly"),
        ("resnet50", None, {"blocks": (1, 2, 3)}, "blocks is the number of residual branches in each of the 4 stages"),
        ("resnet50", None, {"blocks": (1, 2, 3, 0)}, "blocks is the number of residual branches"),
        ("ho_resnet", None, {"width": 0}, "width must be a positive integer; 0 came"),
        ("resnet20", "stochastic_depth(p)", {"survival": 2}, r"in \[0, 1\]; 2 came"),
        ("shake_shake", None, {"gates": "pixel"}, "gates='pixel'"),
        ("polynett", None, {}, "did you mean polynet"),
    ],
)
def test_bad_input_is_said_in_one_sentence(name, scheme, options, message):
    with pytest.raises(SchemeError, match=message):
        build(name, scheme, **options)
