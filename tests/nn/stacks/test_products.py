"""Small products written out: the same numbers, where the graph has sums instead, and only where that pays."""

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

import schemetools as st
from schemetools.nn.stacks.products import SmallProducts

aten = torch.ops.aten


def passed(f, *args):
    """The graph of a function on arguments like these behind the pass, and what it still calls."""
    made = make_fx(f, tracing_mode="fake")(*args)
    SmallProducts()(made.graph)
    made.graph.lint()
    made.recompile()
    return made, [node.target for node in made.graph.nodes if node.op == "call_function"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_is_the_sum_over_what_the_factors_share(dtype, transposed):
    a, bias = torch.randn(5, 7, dtype=dtype), torch.randn(3, dtype=dtype)
    b = torch.randn(3, 7, dtype=dtype).t() if transposed else torch.randn(7, 3, dtype=dtype)
    for f, args in ((torch.mm, (a, b)), (lambda a, b, c: torch.addmm(c, a, b), (a, b, bias))):
        made, targets = passed(f, *args)
        assert not {aten.mm.default, aten.addmm.default} & set(targets)
        exact = a.double() @ b.double() + (bias.double() if len(args) > 2 else 0)
        torch.testing.assert_close(made(*args).double(), exact, rtol=0, atol=20 * torch.finfo(dtype).eps)
        [result] = [node for node in made.graph.nodes if node.op == "output"]
        assert result.args[0].meta["val"].shape == (5, 3)


def test_a_chain_of_products_has_each_written_out():
    a, b = torch.randn(4, 4), torch.randn(4, 4)
    made, targets = passed(lambda a, b: torch.mm(torch.mm(a, b).tanh(), b), a, b)
    assert aten.mm.default not in targets
    torch.testing.assert_close(made(a, b), (a @ b).tanh() @ b)


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (torch.mm, (torch.randn(64, 32), torch.randn(32, 17))),
        (torch.mm, (torch.randn(4, 4).half(), torch.randn(4, 4).half())),
        (torch.mm, (torch.randn(4, 4).bfloat16(), torch.randn(4, 4).bfloat16())),
        (torch.mm, (torch.randn(4, 4).to(torch.complex64), torch.randn(4, 4).to(torch.complex64))),
        (torch.mm, (torch.randn(4, 0), torch.randn(0, 4))),
        (lambda c, a, b: torch.addmm(c, a, b, beta=0.5), (torch.randn(3), torch.randn(2, 4), torch.randn(4, 3))),
    ],
)
def test_large_ones_other_precisions_and_weighted_sums_stay(f, args):
    _, targets = passed(f, *args)
    assert {aten.mm.default, aten.addmm.default} & set(targets)


@pytest.mark.parametrize(
    ("given", "written_out"),
    [
        ({}, True),
        ({"options": {"cpp_wrapper": True}}, True),
        ({"backend": "inductor"}, True),
        ({"backend": "eager"}, False),
        ({"mode": "reduce-overhead"}, False),
        ({"options": {"post_grad_custom_pre_pass": None}}, False),
    ],
)
def test_a_loop_asks_inductor_for_it_unless_told_otherwise(given, written_out, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "compile", lambda run, **options: asked.append(options))
    st.to_stack(st.heun2, [torch.tanh] * 3).compile(loop=True, **given)
    [options] = asked
    found = (options.get("options") or {}).get("post_grad_custom_pre_pass")
    assert isinstance(found, SmallProducts) is written_out
    for name, value in given.items():
        assert options[name] == value or options[name].items() >= value.items()


def test_the_pass_has_a_key_for_caches_of_compiled_code():
    assert SmallProducts().uuid() == SmallProducts().uuid() is not None
