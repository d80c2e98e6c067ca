"""Steps in half precision: as good as coefficients held in single precision, against double precision."""

import copy

import pytest
import torch
from torch import nn

import schemetools as st


def rms(a, b):
    return (a.double() - b).square().mean().sqrt().item()


@pytest.mark.parametrize("name", ["euler", "rk4", "dopri5", "lm(k=-1/20)", "adams_bashforth(3)", "revnet"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_step_rounds_as_little_as_its_sums_in_single_precision(name, dtype):
    torch.manual_seed(0)
    scheme, two = st.get(name), name == "revnet"
    f = {v: nn.Linear(32, 32).to(dtype) for v in "FG"} if two else nn.Linear(32, 32).to(dtype)
    wide = {v: copy.deepcopy(g).double() for v, g in f.items()} if two else copy.deepcopy(f).double()
    half, exact = (st.to_block(scheme, split=two)(g, h=0.3) for g in (f, wide))
    x = torch.randn(256, 64 if two else 32).to(dtype)
    carried = len(type(half).plan.outputs) - type(half).plan.parts
    history = tuple((x * 0.1).to(dtype) for _ in range(carried))
    rest = (history,) if history else ()
    y, want = half(x, *rest), exact(x.double(), *((tuple(v.double() for v in history),) if history else ()))
    y, want = (v[0] if isinstance(v, tuple) else v for v in (y, want))
    assert y.dtype == dtype
    rounding = rms(want.to(dtype), want)  # of the result alone, which no way to sum can do without
    assert rms(y, want) < 1.5 * rounding


def test_a_coefficient_is_not_rounded_to_half():
    k = torch.full((1,), 1000.0, dtype=torch.bfloat16)
    block = st.to_block(st.euler)(lambda u: 0 * u + k, h=0.1001)
    assert block(torch.zeros(1, dtype=torch.bfloat16)) == torch.tensor(100.1, dtype=torch.bfloat16)


def test_a_trained_coefficient_is_used_in_single_precision():
    block = st.to_block(st.lm())(lambda u: 0 * u, init={"k": 0.7001})
    x, before = torch.zeros(1, dtype=torch.bfloat16), torch.full((1,), 1000.0, dtype=torch.bfloat16)
    y, _ = block(x, (before,))
    assert y == torch.tensor(0.7001 * 1000, dtype=torch.bfloat16)
