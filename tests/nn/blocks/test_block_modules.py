"""Blocks as modules of torch: copies, state dicts, bounds, histories, what is printed and what is refused."""

import ast
import copy
import inspect
import linecache
import math
import pickle
import re
import traceback

import pytest
import sympy
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.nn.blocks.block import Block


def test_repr_and_scheme_and_source():
    block = st.to_block(st.rk4)(nn.Linear(2, 2))
    assert repr(block) == "RK4Block(h=1, evaluations=4, order=4: shared branch, trainable: none)"
    assert block.scheme is st.rk4
    assert block.source == st.to_source(st.rk4, "torch")
    learned = st.to_block(st.lm())(nn.Linear(2, 2), h=0.5, init={"k": 0.1})
    assert repr(learned) == "LMBlock(h=0.5, evaluations=1, order=1: shared branch, trainable: k)"


def test_tracebacks_show_the_generated_line():
    def fails(u):
        raise RuntimeError("no")

    try:
        st.to_block(st.rk4)(fails)(torch.ones(1))
    except RuntimeError:
        text = traceback.format_exc()
    assert "k1 = f(x, *inputs, **named)" in text
    assert any(name.startswith("<schemetools rk4") for name in linecache.cache)


@pytest.mark.parametrize("make", [copy.deepcopy, lambda b: pickle.loads(pickle.dumps(b))])
def test_blocks_copy_and_pickle(make):
    x = torch.randn(2, 3)
    for options in ({}, {"bounds": {"k": (-1, 1)}}):
        block = st.to_block(st.lm())(nn.Linear(3, 3), h=0.5, init={"k": 0.25}, **options)
        twin = make(block)
        assert type(twin) is type(block)
        assert torch.equal(twin(x, (2 * x,))[0], block(x, (2 * x,))[0])
        assert twin.scheme == block.scheme
        with torch.no_grad():
            next(twin.parameters()).add_(1)
        assert not torch.equal(twin(x, (2 * x,))[0], block(x, (2 * x,))[0])


def test_state_dicts_load_strictly():
    first = st.to_block(st.lm())(nn.Linear(3, 3), init={"k": 0.25})
    second = st.to_block(st.lm())(nn.Linear(3, 3), init={"k": 0.5})
    second.load_state_dict(first.state_dict(), strict=True)
    assert second.scheme == first.scheme


def test_bounds_are_kept_by_any_step_of_the_optimiser():
    block = st.to_block(st.lm())(torch.sin, init={"k": 0.25}, bounds={"k": (-1, 1)})
    assert math.isclose(block.k().item(), 0.25, rel_tol=1e-15)
    for value in (1e6, -1e6, 0.0, 3.7):
        with torch.no_grad():
            block.k.free.fill_(value)
        k = block.scheme.normal_form().V[0][1]
        assert -1 < k < 1
        assert k.is_Rational
        assert abs(float(k) - block.k().item()) < 1e-15


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: st.to_block(st.rk4)([nn.Linear(2, 2)] * 3), "3 branches came"),
        (lambda: st.to_block(st.rk4)(3), "module or a function"),
        (lambda: st.to_block(st.rk4)(torch.sin, h=float("nan")), "finite"),
        (lambda: st.to_block(st.rk4)(torch.sin, h="fast"), "number"),
        (lambda: st.to_block(st.lm())(torch.sin), "free symbol k"),
        (lambda: st.to_block(st.lm())(torch.sin, init={"j": 1}), "names j"),
        (lambda: st.to_block(st.lm())(torch.sin, init={"k": (1, 2, 3)}), "pair"),
        (lambda: st.to_block(st.lm())(torch.sin, init={"k": 2}, bounds={"k": (-1, 1)}), "strictly between"),
        (lambda: st.to_block(st.lm())(torch.sin, init={"k": 0}, bounds={"k": (1, -1)}), "low < high"),
        (lambda: st.to_block(st.lm())(torch.sin, init={"k": float("inf")}), "finite"),
        (lambda: st.to_block(st.lm())(torch.sin, init={"k": (0, -1)}), "low <= high"),
        (lambda: st.to_block(st.lm())(torch.sin, init={"k": ("a", "b")}), "pair"),
        (lambda: st.to_block(st.lm())(torch.sin, k=0.2), r"init=\{'k': 0.2\}"),
        (lambda: st.to_block(st.lm())(torch.sin, steps=2), "the options are branch, h, init"),
        (lambda: st.to_block(st.euler)(nn.Linear), "Linear is a class"),
        (lambda: st.to_stack(st.euler, None), "NoneType came"),
        (lambda: st.to_stack(st.euler, nn.Linear(2, 2)), "one branch per layer"),
        (lambda: st.to_stack(st.euler, 3), "one branch per layer"),
        (lambda: st.to_stack(st.euler, {"f": torch.sin}), "one branch per layer"),
        (lambda: st.to_block("rk4000"), "no scheme"),
        (lambda: Block(torch.sin), "to_block"),
        (lambda: st.to_block(st.rk4)(nn.Sequential(nn.ReLU(inplace=True), nn.Linear(2, 2))), "inplace"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(make, message):
    with pytest.raises(SchemeError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_h_trained_gets_its_gradient():
    block = st.to_block(st.euler)(torch.sin, h=nn.Parameter(torch.tensor(0.5)))
    x = torch.randn(4)
    block(x).sum().backward()
    assert torch.allclose(block.h.grad, torch.sin(x).sum())
    assert "trainable: h" in repr(block)


def test_a_history_that_one_state_does_not_give_has_to_be_given():
    # x = (y, the sum of this state and the one before): neither a state nor an increment.
    scheme = st.GeneralLinear([[0]], [[1, 0]], [[1], [1]], [[1, 0], [2, 0]])
    assert scheme.q == (1, 2)
    block = st.to_block(scheme)(torch.sin)
    with pytest.raises(SchemeError, match="call it with a history"):
        block(torch.ones(2))
    y, _ = block(torch.ones(2), (torch.ones(2),))
    assert torch.allclose(y, 1 + torch.sin(torch.ones(2)))
    with pytest.raises(SchemeError, match="history"):
        st.to_stack(scheme, [torch.sin] * 3)


def test_an_error_estimate_of_a_scheme_without_one_is_refused():
    with pytest.raises(SchemeError, match="no embedded result"):
        st.to_block(st.rk4)(torch.sin)(torch.ones(2), error=True)


@pytest.mark.parametrize("name", [n for n in st.names("general linear") if st.get(n).free_symbols])
def test_the_start_that_the_message_suggests_is_one(name):
    Made = st.to_block(st.get(name))
    with pytest.raises(SchemeError) as caught:
        Made(torch.sin)
    suggestion = re.search(r"init=({.*?})", str(caught.value))
    assert suggestion is not None
    block = Made(torch.sin, init=ast.literal_eval(suggestion[1]))
    assert not block.scheme.free_symbols
    assert block.scheme.random_symbols or st.order(block.scheme) >= 1


def test_a_scheme_of_the_users_own_is_told_what_a_start_may_be():
    with pytest.raises(SchemeError, match=r"free symbols a, b: .*init=\{'a': \.\.\.\} with a number, a pair"):
        st.to_block(st.RungeKutta([[0]], [sympy.Symbol("a") + sympy.Symbol("b")]))(torch.sin)


def test_a_partitioned_scheme_wants_its_pair():
    x, branches = torch.randn(2, 2), {"F": nn.Linear(2, 2), "G": nn.Linear(2, 2)}
    makers = (
        st.to_block(st.get("revnet"))(branches),
        *(st.to_stack(st.get("revnet"), [branches] * 2, memory=m) for m in ("store", "checkpoint", "reversible")),
    )
    for module in makers:
        p, q = module((x, x))
        assert p.shape == q.shape == x.shape
        for wrong in (x, (x, x, x)):
            with pytest.raises(SchemeError, match=r"the tuple \(p, q\).*split=True"):
                module(wrong)
    split = st.to_block(st.get("revnet"), split=True)(branches)
    assert split(torch.randn(2, 4)).shape == (2, 4)
    for wrong in ((x, x), torch.randn(2, 3), torch.randn(4)):
        with pytest.raises(SchemeError, match="2 equal parts"):
            split(wrong)


@pytest.mark.parametrize(("name", "count"), [("lm(k=3/10)", 1), ("adams_bashforth(3)", 2)])
def test_a_history_is_a_tuple_of_the_right_length(name, count):
    block, x = st.to_block(st.get(name))(torch.sin), torch.randn(count, 2)
    assert block(x, (x,) * count)[0].shape == x.shape
    assert torch.equal(block(x, history=None)[0], block(x)[0])
    for wrong in (x, (), (x,) * (count + 1)):
        with pytest.raises(SchemeError, match=f"tuple of {count} value"):
            block(x, wrong)
        with pytest.raises(SchemeError, match=f"tuple of {count} value"):
            block(x, history=wrong)


def test_times_may_be_given_by_position():
    block = st.to_block(st.euler, timed=True)(lambda t, u: t * u)
    assert torch.equal(block(torch.ones(2), 2.0), 3 * torch.ones(2))


def test_the_signature_is_what_a_block_is_made_and_called_with():
    Made = st.to_block(st.rk4)
    assert list(inspect.signature(Made).parameters) == ["branch", "h", "init", "bounds", "tol", "max_iterations"]
    assert "kwargs" in inspect.signature(Made(torch.sin)).parameters


def test_repr_of_several_fields():
    block = st.to_block(st.get("symplectic_euler"))({"F": torch.sin, "G": torch.sin})
    assert repr(block).endswith("(h=1, evaluations=2, order=1: one branch per field, trainable: none)")


def test_a_branch_can_be_replaced_and_taken_away():
    block, x = st.to_block(st.euler)(nn.Identity(), h=0.5), torch.ones(2)
    torch.testing.assert_close(block(x), 1.5 * x)
    block.branch = nn.Tanh()
    torch.testing.assert_close(block(x), x + 0.5 * x.tanh())
    assert [name for name, _ in block.named_children()] == ["branch"]
    del block.branch
    with pytest.raises(AttributeError, match="'EulerBlock' object has no attribute 'branch'"):
        block.branch.weight  # noqa: B018  (asked for)
    assert not hasattr(block, "branch")
