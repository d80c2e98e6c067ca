"""Blocks say what does not fit, at construction where that is possible, and never compute with it."""

import numpy as np
import pytest
import sympy
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError


class Overwriting(nn.Module):
    """A branch whose first module works in place, which its construction does not show."""

    def __init__(self, first=True):
        super().__init__()
        self.relu, self.linear, self.first = nn.ReLU(inplace=True), nn.Linear(4, 4), first

    def forward(self, u):
        return self.linear(self.relu(u)) if self.first else self.relu(self.linear(u))


def clean(branch):
    made = Overwriting()
    made.load_state_dict(branch.state_dict())
    made.relu = nn.ReLU()
    return made


@pytest.mark.filterwarnings("ignore")  # the compiler's own
@pytest.mark.parametrize("how", ["compile", "export", "vmap"])
def test_a_branch_that_may_overwrite_gets_copies_where_it_is_not_watched(how):
    branch, x = Overwriting(), torch.randn(3, 4)
    expected, kept = st.to_block(st.rk4)(clean(branch))(x), x.clone()
    block = st.to_block(st.rk4)(branch)
    torch.compiler.reset()
    if how == "compile":
        y = torch.compile(block, fullgraph=True, backend="aot_eager")(x)
    elif how == "export":
        y = torch.export.export(block, (x,)).module()(x)
    else:
        y = torch.func.vmap(block)(x)
    assert (y - expected).abs().max() < 1e-12
    assert torch.equal(x, kept)
    with pytest.raises(SchemeError, match="overwrites its argument"):
        block(x)


def test_a_watched_call_that_shows_no_harm_ends_the_copies():
    branch = Overwriting(first=False)
    block = st.to_block(st.rk4)(branch)
    assert len(branch._forward_pre_hooks) == 1
    block(torch.randn(3, 4))
    assert len(branch._forward_pre_hooks) == 0
    safe = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True))
    st.to_block(st.rk4)(safe)
    assert len(safe._forward_pre_hooks) == 0


@pytest.mark.parametrize("wrong", [torch.zeros(1, 4), torch.zeros(3, 5), (torch.zeros(3, 4),)])
def test_a_history_is_like_the_state(wrong):
    block = st.to_block(st.lm())(torch.tanh, init=0.1)
    with pytest.raises(SchemeError, match="a value of the history is like the state"):
        block(torch.zeros(3, 4), (wrong,))


@pytest.mark.parametrize("state", [None, 1.0, "x", [[1.0]]])
def test_what_is_no_state_is_named(state):
    with pytest.raises(SchemeError, match="a state is a tensor"):
        st.to_block(st.rk4)(torch.tanh)(state)


def test_coefficients_per_channel_are_one_scheme_per_channel():
    block = st.to_block(st.lm())(torch.tanh, init={"k": torch.tensor([0.25, 0.5]).view(2, 1, 1)})
    assert [str(s.alpha[0]) for s in block.schemes] == ["-1/4", "-1/2"]
    assert all(not s.exact for s in block.schemes)
    assert "no order" in repr(block)
    with pytest.raises(UnsupportedError, match=r"block\.schemes"):
        _ = block.scheme
    x = torch.randn(3, 2, 5, 5)
    y, _ = block(x, (x + 1,))
    for c, k in enumerate((0.25, 0.5)):
        one, _ = st.to_block(st.lm(k=k))(torch.tanh)(x[:, c], (x[:, c] + 1,))
        assert (y[:, c] - one).abs().max() < 1e-14
    with pytest.raises(SchemeError, match="broadcast against the state"):
        st.to_block(st.lm())(torch.tanh, init={"k": torch.rand(4, 1, 1)})(x[:, :1], (x[:, :1],))
    bounded = st.to_block(st.lm())(torch.tanh, init={"k": torch.tensor([0.25, 0.5])}, bounds={"k": (-1, 1)})
    assert [float(s.alpha[0]) for s in bounded.schemes] == pytest.approx([-0.25, -0.5], abs=1e-15)
    assert len(st.to_block(st.rk4)(torch.tanh).schemes) == 1


@pytest.mark.parametrize("name", ["stochastic_depth", "gaussian_noise", "shake_shake", "euler_maruyama", "lm(k=-1)"])
def test_a_repr_never_fails(name):
    scheme = st.get(name)
    fields = scheme.normal_form().fields
    block = st.to_block(scheme)(torch.tanh if len(fields) == 1 else dict.fromkeys(fields, torch.tanh))
    assert type(block).__name__ in repr(nn.Sequential(block))
    diverged = st.to_block(st.lm())(torch.tanh, init=0.1)
    diverged.k.data.fill_(float("nan"))
    assert "no order" in repr(diverged)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: st.to_block(st.lm())(torch.tanh, init={"k": torch.tensor(0.1j)}), "finite and real"),
        (lambda: st.to_block(st.backward_euler)(torch.tanh, tol=float("nan")), "tol is a number"),
        (lambda: st.to_block(st.backward_euler)(torch.tanh, tol=0), "tol is a number"),
        (lambda: st.to_block(st.backward_euler)(torch.tanh, max_iterations=2.5), "max_iterations"),
        (lambda: st.to_stack(st.lm(), [torch.tanh] * 3, init=0.1, start=st.get("rk22")), "start scheme rk22.* free"),
        (lambda: st.to_block(st.get("rk22"))(torch.tanh, init={"a": 0.0}), "infinite"),
        (
            lambda: st.to_block(st.get("two_stage"), constrain=["consistent"])(torch.tanh, init={"w1": 0.5}),
            r"w1; the free symbols of two_stage\(w1=1-w2",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_construction(make, message):
    with pytest.raises(SchemeError, match=message):
        make()


def test_bounded_coefficients_can_be_made_on_the_meta_device():
    with torch.device("meta"):
        stack = st.to_stack(st.lm(), [nn.Linear(3, 3)] * 3, init=0.1, bounds={"k": (-1, 1)})
    assert all(p.is_meta for p in stack.parameters())


def test_survivors_are_kept_as_they_are_or_divided_by_p():
    x = torch.zeros(4000, 1)
    for name, survivor, mean in (("stochastic_depth(p=4/5)", 1.0, 0.8), ("drop_path(p=4/5)", 1.25, 1.0)):
        block = st.to_block(st.get(name))(torch.ones_like)
        assert block(x).unique().tolist() == [0.0, survivor]
        assert block(x).mean() == pytest.approx(mean, abs=0.05)
        assert (block.eval()(x) - mean).abs().max() < 1e-15
    equation = st.modified_equation(st.drop_path("4/5"), order=1)
    u, h = sympy.symbols("u h")
    assert equation.drift(lambda u: u, u, h) == (u,)


def test_step_sizes_come_as_lists_arrays_and_functions():
    for h in ([0.1, 0.2], np.array([0.1, 0.2]), torch.tensor([0.1, 0.2]), lambda n: 0.1 * (n + 1)):
        assert [layer.h for layer in st.to_stack(st.euler, [torch.tanh] * 2, h=h).layers] == pytest.approx([0.1, 0.2])


def test_a_state_may_come_by_keyword():
    block, x = st.to_block(st.rk4)(torch.tanh), torch.ones(2, 3)
    assert torch.equal(block(x=x), block(x))
