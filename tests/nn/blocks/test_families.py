"""Families with free symbols: a block computes with the very scheme that it reads back."""

import pytest
import torch
from sympy import symbols

import schemetools as st

FAMILIES = [n for n in st.names("general linear") if st.get(n).free_symbols and not st.get(n).random_symbols]
a, b, c, *W = symbols("a b c w1 w2 w3")
three_stage = st.RungeKutta([[0, 0, 0], [a, 0, 0], [b, c, 0]], W)
CONSTRAINED = [
    ("two_stage", ["consistent", "order>=2"], {"w2": 0.7}),
    (three_stage, ["consistent", "order>=3"], None),
    ("rk33", [], {"a": 0.4, "b": 0.9}),
]


def agrees(block, fields):
    parts = block.written.normal_form().parts
    f = torch.sin if len(fields) == 1 else dict.fromkeys(fields, torch.sin)
    x = torch.linspace(0.1, 1, 4) if parts == 1 else tuple(torch.linspace(0.1, 1, 4) + i for i in range(parts))
    member = st.to_block(block.scheme)(f, h=block.h)
    values, expected = (torch.utils._pytree.tree_leaves(b(x)) for b in (block, member))
    return max(float((a - b).detach().abs().max()) for a, b in zip(values, expected, strict=True))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_block_is_the_block_of_its_scheme(name):
    scheme = st.get(name)
    fields = scheme.normal_form().fields
    init = {str(s): 0.3 + 0.2 * i for i, s in enumerate(sorted(scheme.free_symbols, key=str))}
    f = torch.sin if len(fields) == 1 else dict.fromkeys(fields, torch.sin)
    assert agrees(st.to_block(scheme)(f, h=0.3, init=init), fields) < (1e-13 if scheme.is_explicit else 1e-9)


@pytest.mark.parametrize(("scheme", "conditions", "init"), CONSTRAINED)
def test_a_constrained_block_has_the_order_it_certifies(scheme, conditions, init):
    Block = st.to_block(st.get(scheme) if isinstance(scheme, str) else scheme, constrain=conditions)
    init = init or {s: 0.4 + 0.25 * i for i, s in enumerate(Block.trained())}
    block = Block(torch.sin, h=0.3, init=init)
    assert agrees(block, ("f",)) < 1e-13
    order, errors = st.order(block.scheme), []
    x, fine = torch.tensor([0.5]), st.to_block(st.get("dopri5"))(torch.sin, h=1 / 64)
    exact = x
    for _ in range(64):
        exact = fine(exact)
    for n in (8, 16):
        coarse, y = Block(torch.sin, h=1 / n, init=init), x
        for _ in range(n):
            y = coarse(y)
        errors.append(float((y - exact).detach().abs()))
    assert torch.log2(torch.tensor(errors[0] / errors[1])) == pytest.approx(order, abs=0.25)
    assert order >= 2
