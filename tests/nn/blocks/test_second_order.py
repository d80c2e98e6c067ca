"""Nystrom blocks: a pair of states, gradients, times, branches per stage; the block is the stepper."""

import copy
import pickle

import numpy as np
import pytest
import torch

import schemetools as st

IMPLICIT = st.RungeKuttaNystrom([["1/24"]], ["1/2"], [1], ["1/2"], name="implicit")
NAMES = [n for n in st.names(kind="Runge-Kutta-Nystrom") if st.get(n).A_prime is None]


def state(seed=0):
    torch.manual_seed(seed)
    return tuple(torch.randn(2, 3, dtype=torch.double, requires_grad=True) for _ in range(2))


def difference(found, expected):
    return max(np.abs(a.detach().numpy() - b).max() for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_block_is_the_stepper(name):
    scheme, x = st.get(name), state()
    block = st.to_block(scheme)(torch.sin, h=0.3)
    numbers = tuple(part.detach().numpy() for part in x)
    assert difference(block(x), st.to_stepper(scheme)(np.sin, numbers, 0.3)) < 1e-14
    if scheme.b_hat is not None:
        (_, error), (_, expected) = block(x, error=True), st.to_stepper(scheme)(np.sin, numbers, 0.3, error=True)
        assert difference(error, expected) < 1e-14
        other = st.to_block(st.embedded(scheme))(torch.sin, h=0.3)(x)
        assert max((a - b - e).abs().max() for a, b, e in zip(block(x), other, error, strict=True)) < 1e-14


def test_an_implicit_block_solves_its_stages():
    x = state()
    found = st.to_block(IMPLICIT)(torch.sin, h=0.3)(x)
    expected = st.to_stepper(IMPLICIT)(np.sin, tuple(part.detach().numpy() for part in x), 0.3)
    assert difference(found, expected) < 1e-9


@pytest.mark.parametrize("scheme", [st.stoermer, st.rkn4, IMPLICIT], ids=str)
def test_gradients_are_those_of_differences(scheme):
    torch.manual_seed(1)
    branch = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh()).double()
    block = st.to_block(scheme)(branch, h=0.3)
    assert torch.autograd.gradcheck(lambda q, p: block((q, p)), state())


def test_a_velocity_reaches_the_branch():
    x = state()
    block = st.to_block(st.rkn4_velocity)(lambda q, p: -torch.sin(q) - 0.2 * p, h=0.3)
    numbers = tuple(part.detach().numpy() for part in x)
    expected = st.to_stepper(st.rkn4_velocity)(lambda q, p: -np.sin(q) - 0.2 * p, numbers, 0.3)
    assert difference(block(x), expected) < 1e-14
    assert torch.autograd.gradcheck(lambda q, p: block((q, p)), x)


def test_options_of_blocks():
    q, p = state()
    plain = st.to_block(st.rkn4)(torch.sin, h=0.3)((q, p))
    split = st.to_block(st.rkn4, split=True)(torch.sin, h=0.3)(torch.cat([q, p], dim=1))
    assert torch.equal(split, torch.cat(plain, dim=1))
    timed = st.to_block(st.rkn4, timed=True)(lambda t, u: torch.sin(u), h=0.3)
    assert torch.equal(timed((q, p), 0.7)[0], plain[0])
    times = []
    st.to_block(st.rkn4, timed=True)(lambda t, u: times.append(float(t)) or u, h=0.5)((q, p), 1.0)
    assert times[-3:] == [1.0, 1.25, 1.5]
    separate = st.to_block(st.rkn4)([torch.sin, torch.sin, torch.sin], h=0.3)
    assert torch.equal(separate((q, p))[1], plain[1]) and "order: void" in repr(separate)
    trained = st.to_block(st.rkn4)(torch.sin, h=torch.nn.Parameter(torch.tensor(0.3, dtype=torch.double)))
    assert (trained((q, p))[0] - plain[0]).abs().max() < 1e-15
    for again in (copy.deepcopy(st.to_block(st.rkn4)(torch.nn.Tanh(), h=0.3)),
                  pickle.loads(pickle.dumps(st.to_block(st.rkn4)(torch.nn.Tanh(), h=0.3)))):  # fmt: skip
        assert again.scheme == st.rkn4
    with pytest.raises(st.SchemeError, match=r"the tuple \(q, p\)"):
        st.to_block(st.rkn4)(torch.sin)(q)


def test_a_hyperbolic_network_keeps_u_and_its_predecessor():
    """u_(n+1) = 2 u_n - u_(n-1) + h^2 f(u_n): Stoermer's positions, and lm with k = -1 and the step h^2."""
    torch.manual_seed(2)
    branch = torch.nn.Linear(3, 3).double()
    stack = st.to_stack(st.stoermer, [branch] * 5, h=0.1)
    pairs = stack(state(3), states=True)
    positions = [pair[0] for pair in pairs]
    step = st.to_block(st.lm(k=-1))(branch, h=0.1**2)
    for before, now, after in zip(positions, positions[1:], positions[2:], strict=False):
        assert (step(now, (before,))[0] - after).abs().max() < 1e-13


@pytest.mark.parametrize("memory", ["checkpoint", "store"])
def test_stacks_have_the_gradients_of_a_loop(memory):
    torch.manual_seed(4)
    branch = torch.nn.Linear(3, 3).double()
    x, y = state(5), state(5)
    sum(part.sum() for part in st.to_stack(st.rkn4, [branch] * 3, h=0.2, memory=memory)(x)).backward()
    block, z = st.to_block(st.rkn4)(branch, h=0.2), y
    for _ in range(3):
        z = block(z)
    sum(part.sum() for part in z).backward()
    assert all((a.grad - b.grad).abs().max() < 1e-13 for a, b in zip(x, y, strict=True))


def test_inspect_says_that_a_pair_is_not_read():
    stack = st.to_stack(st.stoermer, [torch.nn.Linear(3, 3).double()] * 2, h=0.1)
    with pytest.raises(st.SchemeError, match=r"for q'' = f\(q\), on a pair"):
        st.inspect(stack, state())
