"""Blocks against mathematics: linear fields, gradients, saved tensors, precision, and what is refused."""

import ast
import copy
import inspect
import linecache
import math
import pickle
import re
import traceback

import numpy as np
import pytest
import sympy
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.nn.blocks.block import Block


def step_matrix(scheme, A):
    """V + B (I - A h)^-1 U with matrices for z, h = 1: the exact step of u' = A u, from the normal form alone."""
    form, d = scheme.normal_form(), A.shape[0]

    def blocks(M):
        array = torch.tensor([[float(c) for c in row] for row in M])
        return torch.kron(array, torch.eye(d)), torch.kron(array, A)

    stages = torch.eye(form.stages * d) - blocks(form.A)[1]
    result = blocks(form.V[: form.values])[0] + blocks(form.B[: form.values])[1] @ torch.linalg.solve(
        stages, blocks(form.U)[0]
    )
    return result


EXPLICIT = ["euler", "midpoint", "heun3", "rk4", "rk38", "ssprk33", "dopri5", "verner89"]
MULTISTEP = ["lm(k=3/10)", "adams_bashforth(2)", "adams_bashforth(4)", "leapfrog", "nystrom(3)"]


@pytest.mark.parametrize("name", [n for n in EXPLICIT if n in st.names("general linear")])
def test_a_linear_field_gives_the_stability_function_of_its_matrix(name):
    scheme, A, x = st.get(name), 0.4 * torch.randn(4, 4), torch.randn(6, 4)
    y = st.to_block(scheme)(lambda u: u @ A.T)(x)
    assert (y - x @ step_matrix(scheme, A).T).abs().max() < 1e-13


@pytest.mark.parametrize("name", MULTISTEP)
def test_a_multistep_block_on_a_linear_field(name):
    scheme, A = st.get(name), 0.4 * torch.randn(3, 3)
    form = scheme.normal_form()
    values = [torch.randn(5, 3) for _ in range(form.values)]
    y, history = st.to_block(scheme)(lambda u: u @ A.T)(values[0], tuple(values[1:]))
    expected = torch.cat(values, dim=1) @ step_matrix(scheme, A).T
    assert (torch.cat([y, *history], dim=1) - expected).abs().max() < 1e-13


@pytest.mark.parametrize("name", ["rk4", "dopri5", "lm(k=3/10)", "adams_bashforth(3)", "leapfrog"])
@pytest.mark.parametrize("h", [1, 0.25])
def test_a_block_equals_the_numpy_stepper_on_a_nonlinear_field(name, h):
    scheme, x = st.get(name), torch.randn(7)
    step, block = st.to_stepper(scheme), st.to_block(scheme)(torch.sin, h)
    y, history, values = x, None, (x.numpy(),)
    for _ in range(4):
        result = block(y) if scheme.normal_form().values == 1 else block(y, history)
        y, history = (result, None) if isinstance(result, torch.Tensor) else result
        values = step(np.sin, values, h)
        assert np.abs(y.numpy() - values[0]).max() < 1e-14


def test_a_pair_gives_its_error_estimate():
    scheme, A, x = st.get("dopri5"), 0.4 * torch.randn(3, 3), torch.randn(2, 3)
    block = st.to_block(scheme)(lambda u: u @ A.T, h=0.5)
    y, error = block(x, error=True)
    other = st.to_block(st.RungeKutta(scheme.A, scheme.b_hat))(lambda u: u @ A.T, h=0.5)
    assert torch.equal(y, block(x))
    assert (error - (y - other(x))).abs().max() < 1e-15
    assert error.abs().max() > 1e-9


def test_the_history_starts_by_repetition():
    f = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    x = torch.randn(2, 3)
    y, history = st.to_block(st.lm(k=0.3))(f)(x)
    assert torch.equal(y, x + f(x))
    assert history == (x,)
    y, history = st.to_block(st.get("adams_bashforth(3)"))(f, h=0.5)(x)
    assert (y - (x + 0.5 * f(x))).abs().max() < 1e-15
    assert [torch.allclose(d, 0.5 * f(x)) for d in history] == [True, True]


def test_multistep_blocks_return_a_history_even_where_nothing_is_carried():
    y, history = st.to_block(st.get("adams_bashforth(2)"))(torch.sin)(torch.ones(2))
    assert len(history) == 1
    assert y.shape == (2,)


def test_the_learned_coefficient_is_read_back_exactly():
    block = st.to_block(st.lm())(torch.sin, init={"k": 0.1})
    with torch.no_grad():
        block.k.copy_(torch.tensor(1 / 3))
    assert block.scheme == st.lm(k=sympy.Rational(*(1 / 3).as_integer_ratio()))
    assert not block.scheme.exact
    assert type(block).scheme == st.lm()
    assert block.scheme.name == "lm(k=0.333333)"


@pytest.mark.parametrize("name", ["rk4", "lm", "adams_bashforth(2)"])
def test_gradients_pass_gradcheck(name):
    scheme = st.get(name)
    f = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    block = st.to_block(scheme)(f, h=nn.Parameter(torch.tensor(0.7)), init={"k": 0.2} if name == "lm" else None)
    x, u = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    parameters = tuple(block.parameters())
    assert len(parameters) == 3 + (name == "lm")

    def run(x, u, *_):
        return block(x) if name == "rk4" else block(x, (u,))[0]

    assert torch.autograd.gradcheck(run, (x, u, *parameters))


@pytest.mark.parametrize("name", ["rk4", "dopri5", "lm(k=3/10)", "adams_bashforth(3)"])
def test_constant_coefficients_save_nothing_for_the_backward_pass(name):
    scheme = st.get(name)
    x = torch.randn(2, 3, requires_grad=True)
    saved = []

    def count(run):
        saved.clear()
        with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
            run()
        return len(saved)

    block = st.to_block(scheme)(torch.tanh)
    result = count(lambda: block(x))
    assert result == count(lambda: [torch.tanh(x) for _ in range(block.plan.evaluations)])


def test_trainable_lm_saves_only_what_lerp_saves():
    x, u = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    block = st.to_block(st.lm())(lambda v: v, init={"k": 0.1})
    saved, lerp = [], []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        block(x, (u,))
    with torch.autograd.graph.saved_tensors_hooks(lambda t: lerp.append(t) or t, lambda t: t):
        torch.lerp(x, u, block.k)
    assert len(saved) == len(lerp) > 0


def test_literals_stay_exact_in_double_and_parameters_follow_the_module():
    block = st.to_block(st.rk4)(nn.Linear(2, 2, dtype=torch.float32)).double()
    x = torch.randn(1, 2)
    exact = st.to_stepper(st.rk4)(lambda u: block.branch(torch.from_numpy(u)).detach().numpy(), x.numpy(), 1)
    assert np.abs(block(x).detach().numpy() - exact).max() < 1e-15
    learned = st.to_block(st.lm())(nn.Linear(2, 2), init={"k": 0.1}).float()
    assert learned.k.dtype == torch.float32


def test_in_half_precision_increments_are_summed_first():
    # Each increment alone is lost against 256 in bfloat16 (spacing 2), their sum is not.
    x = torch.full((1,), 256.0, dtype=torch.bfloat16)
    step = st.to_block(st.get("kutta3"))(lambda u: torch.full_like(u, 1.5))
    assert float(step(x)) == 258.0
    assert float(step(x.double())) == pytest.approx(257.5)


def test_one_branch_per_evaluation_voids_the_order():
    branches = [nn.Linear(2, 2) for _ in range(4)]
    block = st.to_block(st.rk4)(branches)
    x = torch.randn(3, 2)
    k1 = branches[0](x)
    k2 = branches[1](x + k1 / 2)
    k3 = branches[2](x + k2 / 2)
    k4 = branches[3](x + k3)
    assert (block(x) - (x + (k1 + 2 * k2 + 2 * k3 + k4) / 6)).abs().max() < 1e-14
    assert "void" in repr(block)
    assert isinstance(block, st.to_block(st.rk4))
    assert len(list(block.parameters())) == 8


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
