"""Constrained coefficients satisfy their conditions as rationals after any step of an optimiser."""

import pytest
import torch
from sympy import Rational, Symbol
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.constraints import constrained


def trained(block, x):
    """The block after a few rough steps of an optimiser."""
    optimizer = torch.optim.SGD(block.parameters(), lr=0.05)
    for _ in range(5):
        optimizer.zero_grad()
        y = block(x)
        (y if isinstance(y, torch.Tensor) else y[0]).square().sum().backward()
        optimizer.step()
    return block


def test_two_stages_of_order_two_stay_of_order_two_exactly():
    Block = st.to_block(st.get("two_stage"), constrain=["consistent", "order>=2"])
    block = Block(nn.Sequential(nn.Linear(2, 2), nn.Tanh()), init={"w2": 0.8})
    assert [n for n, p in block.named_parameters() if p.numel() == 1] == ["w2"]
    scheme = trained(block, torch.randn(3, 2)).scheme
    w1, w2, a = scheme.b[0], scheme.b[1], scheme.A[1][0]
    assert all(v.is_Rational for v in (w1, w2, a))
    assert w2 != Rational(4, 5)
    assert w1 + w2 == 1
    assert a * w2 == Rational(1, 2)
    assert st.order(scheme) == 2


def test_three_stages_of_order_three():
    A = [[0, 0, 0], [Symbol("a21"), 0, 0], [Symbol("a31"), Symbol("a32"), 0]]
    scheme = st.RungeKutta(A, [Symbol("b1"), Symbol("b2"), Symbol("b3")])
    Block = st.to_block(scheme, constrain=["consistent", "order>=3"])
    symbols = Block.symbols()
    assert len(symbols) == 2
    block = Block(torch.sin, init=dict(zip(symbols, (0.4, 0.7), strict=True)))
    learned = trained(block, torch.randn(3, 2)).scheme
    assert st.order(learned) >= 3
    assert sum(learned.b) == 1


def test_a_two_step_family_of_order_two():
    b = [Symbol("b0"), Symbol("b1"), 0]
    a = Symbol("a")
    family = st.LinearMultistep([a, -1 - a, 1], b)
    restricted, bounds = constrained(family, ["consistent", "order>=2", "zero_stable"])
    assert len(restricted.free_symbols) == 1
    assert bounds == {"a": (-1, 1)}
    assert st.order(restricted.subs({"a": "-1/3"})) == 2
    block = st.to_block(family, constrain=["consistent", "order>=2", "zero_stable"])(torch.sin, init={"a": 0.5})
    block.a.free.data.fill_(1e9)
    learned = block.scheme
    assert st.order(learned) == 2
    root = learned.normal_form()
    assert root is not None
    assert -1 < learned.alpha[0] < 1


def test_zero_stability_of_lm_as_bounds():
    stack = st.to_stack(st.lm(), [torch.sin] * 3, init={"k": -0.05}, constrain=["zero_stable"])
    for layer in stack.layers[1:]:
        layer.k.free.data.fill_(-1e12)
    ks = [-s.alpha[0] for s in stack.schemes[1:]]
    assert all(-1 < k < 1 for k in ks)


def test_what_cannot_be_parametrised_is_refused():
    with pytest.raises(SchemeError, match="unknown"):
        st.to_block(st.lm(), constrain=["nice"])
    with pytest.raises(UnsupportedError, match="linear in no symbol|two-step"):
        st.to_block(st.get("bdf(3)"), constrain=["zero_stable"])
    with pytest.raises(UnsupportedError):
        st.to_block(st.rk4, constrain=["order>=5"])
