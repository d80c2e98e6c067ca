"""Blocks of difference schemes and methods of lines: one step multiplies a wave by the amplification factor."""

import copy
import pickle

import numpy as np
import pytest
import torch

import schemetools as st

N = 24
MODES = (3, 5, 2)
UP3, CENTRED = st.stencils.upwind(1, order=3), st.stencils.centred(1)
SCALAR = [n for n in st.names(kind="difference") if getattr(st.get(n), "components", 1) == 1 and n != "ab3_centred"]
LINES = [
    st.method_of_lines(st.rk4, st.Operator({"-c": UP3})),
    st.method_of_lines(st.heun2, st.Operator({"-c": CENTRED, "D": st.stencils.laplacian()})),
    st.method_of_lines(st.trapezoid, st.Operator({"D": st.stencils.laplacian(points=5)})),
    st.method_of_lines(st.rk4, st.Operator({"-a": CENTRED.along("x"), "-b": UP3.along("y")})),
]


def wave(dimension):
    theta = [2 * np.pi * m / N for m in MODES[:dimension]]
    grids = np.meshgrid(*[np.arange(N)] * dimension, indexing="ij")  # the last axis is x
    phase = sum(t * g for t, g in zip(theta, reversed(grids), strict=True))
    u = torch.tensor(np.exp(1j * phase)).reshape(1, 1, *(N,) * dimension)
    return u, theta[0] if dimension == 1 else tuple(theta)


@pytest.mark.parametrize("scheme", [*map(st.get, SCALAR), *LINES], ids=str)
def test_a_step_multiplies_a_wave_by_the_amplification_factor(scheme):
    numbers = {name: 0.3 for name, _ in scheme.numbers}
    block = st.to_block(scheme)(numbers)
    u, theta = wave(scheme.dimension)
    factors = np.atleast_1d(st.stability(scheme).amplification(theta, **numbers))
    g = complex(factors[0])
    earlier = [u * g**-j for j in range(1, len(factors))]

    def step(part):
        state, history = part(u).contiguous(), tuple(part(v).contiguous() for v in earlier)
        return block(state, history)[0] if history else block(state)

    y = torch.complex(step(torch.real), step(torch.imag))
    assert (y - g * u).abs().max() < 1e-13


def test_implicit_lines_solve_what_the_time_scheme_says():
    """Crank-Nicolson by FFT against the linear system on the grid."""
    lines = st.method_of_lines(st.trapezoid, st.Operator({"D": st.stencils.laplacian()}))
    u = torch.randn(2, 3, 11, dtype=torch.float64)
    shift = torch.roll(torch.eye(11, dtype=torch.float64), 1, 0)
    A = 0.8 * (shift + shift.T - 2 * torch.eye(11, dtype=torch.float64))
    expected = torch.linalg.solve(torch.eye(11) - A / 2, (torch.eye(11) + A / 2) @ u.reshape(6, 11).T).T.reshape(
        u.shape
    )
    assert (st.to_block(lines)(mu=0.8)(u) - expected).abs().max() < 1e-13


def test_dufort_frankel_is_a_stack_of_lm():
    mu = 0.7
    k, weight = (1 - 2 * mu) / (1 + 2 * mu), 2 * mu / (1 + 2 * mu)
    convolution = torch.nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular", bias=False, dtype=torch.float64)
    convolution.weight.data = weight * torch.tensor([[[1.0, -2.0, 1.0]]], dtype=torch.float64)
    u = torch.randn(2, 1, 32, dtype=torch.float64)
    network = st.to_stack(st.lm(k=k), [convolution] * 12)
    scheme = st.to_stack(st.get("dufort_frankel"), 12, numbers={"mu": mu})
    assert len(scheme) == 12
    assert (network(u) - scheme(u)).abs().max() < 1e-13
    assert torch.equal(scheme(u, states=True)[-1], scheme(u))


def test_numbers_without_a_value_are_trained():
    block = st.to_block(LINES[0])(init=0.3)
    [(name, value)] = block.named_parameters()
    assert name.endswith("nu")
    u = torch.randn(1, 1, 16, dtype=torch.float64)
    block(u).square().sum().backward()
    step = 1e-6
    high, low = (st.to_block(LINES[0])(nu=0.3 + s)(u).square().sum() for s in (step, -step))
    assert value.grad.item() == pytest.approx(((high - low) / (2 * step)).item(), rel=1e-6)


def test_moments_as_parameters_start_at_the_stencil():
    fixed, free = st.to_block(LINES[0])(nu=0.3), st.to_block(LINES[0])(nu=0.3, trainable="moments")
    u = torch.randn(1, 2, 16, dtype=torch.float64)
    assert (fixed(u) - free(u)).abs().max() < 1e-13
    [(_, moments)] = free.named_parameters()
    assert moments[1].item() == pytest.approx(-0.3)  # u_x of -nu u_x
    assert moments.shape == (5,)


def test_blocks_are_copied_and_pickled():
    for scheme in (st.get("lax_wendroff"), LINES[0], st.get("crank_nicolson_heat")):
        [(name, _)] = scheme.numbers
        block = st.to_block(scheme)({name: 0.4})
        u = torch.randn(1, 1, 12, dtype=torch.float64)
        for other in (copy.deepcopy(block), pickle.loads(pickle.dumps(block))):
            assert torch.equal(other(u), block(u))


def test_bad_blocks_get_one_clear_error():
    block = st.to_block(st.get("lax_wendroff"))
    with pytest.raises(st.SchemeError, match="nu has no value"):
        block()
    with pytest.raises(st.SchemeError, match="has no number mu"):
        block(mu=1)
    with pytest.raises(st.SchemeError, match="batch, channels"):
        block(nu=0.5)(torch.zeros(3, 4))
    with pytest.raises(st.SchemeError, match="singular"):
        st.to_block(st.get("box"))(nu=0)(torch.randn(1, 1, 8, dtype=torch.float64))
    with pytest.raises(st.SchemeError, match="number of its steps"):
        st.to_stack(st.get("lax_wendroff"), [torch.nn.Identity()], numbers={"nu": 0.5})
    with pytest.raises(st.SchemeError, match="system"):
        st.to_block(st.get("yee"))(nu=0.5)
