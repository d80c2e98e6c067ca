"""Schemes with several fields, random gates, and fields that depend on time."""

import pytest
import sympy
import torch
from sympy import stats
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError


def pair(width=3):
    return {
        "F": nn.Sequential(nn.Linear(width, width), nn.Tanh()),
        "G": nn.Sequential(nn.Linear(width, width), nn.Tanh()),
    }


def test_revnet_is_two_shears_and_inverts_exactly_but_for_rounding():
    fields, p, q = pair(), torch.randn(2, 3), torch.randn(2, 3)
    p_new, q_new = st.to_block(st.get("revnet"))(fields)((p, q))
    assert torch.equal(p_new, p + fields["F"](q))
    assert torch.equal(q_new, q + fields["G"](p_new))


def test_a_partitioned_state_may_be_one_tensor_split_along_channels():
    fields, x = pair(), torch.randn(2, 6)
    y = st.to_block(st.get("revnet"), split=True)(fields)(x)
    p, q = st.to_block(st.get("revnet"))(fields)((x[:, :3], x[:, 3:]))
    assert torch.equal(y, torch.cat([p, q], dim=1))
    stack = st.to_stack(st.get("stoermer_verlet"), [pair() for _ in range(3)], split=True)
    assert stack(x).shape == x.shape


@pytest.mark.parametrize("name", ["symplectic_euler", "stoermer_verlet", "ruth3", "yoshida4"])
def test_symplectic_schemes_conserve_the_energy_of_the_oscillator(name):
    block = st.to_block(st.get(name))({"F": torch.neg, "G": lambda p: p}, h=0.1)
    p, q = torch.tensor([0.0]), torch.tensor([1.0])
    energies = []
    for _ in range(1000):
        p, q = block((p, q))
        energies.append((p * p + q * q).item())
    assert max(energies) - min(energies) < 0.11
    late, early = energies[-100:], energies[:100]
    assert abs(max(late) - max(early)) < 1e-3


def test_an_additive_scheme_treats_its_fields_differently():
    scheme = st.AdditiveRungeKutta({"E": st.euler, "I": st.RungeKutta([[0]], [1])})
    f, g, x = nn.Linear(3, 3), nn.Linear(3, 3), torch.randn(2, 3)
    y = st.to_block(scheme)({"E": f, "I": g}, h=0.5)(x)
    assert (y - (x + 0.5 * (f(x) + g(x)))).abs().max() < 1e-15
    imex = st.get("ars222")
    first, second = imex.fields
    block = st.to_block(imex)({first: lambda u: 0.5 * u, second: lambda u: -3.0 * u}, h=0.01)
    y = torch.ones(1)
    for _ in range(100):
        y = block(y)
    assert y.item() == pytest.approx(torch.tensor(-2.5).exp().item(), rel=1e-3)


def test_wrong_fields_are_refused():
    with pytest.raises(SchemeError, match="fields F, G"):
        st.to_block(st.get("revnet"))(nn.Linear(2, 2))
    with pytest.raises(SchemeError, match="fields are F, G"):
        st.to_block(st.get("revnet"))({"F": nn.Linear(2, 2)})
    assert st.to_block(st.rk4)({"f": torch.sin})(torch.ones(2)).shape == (2,)


def test_gates_are_drawn_per_sample_in_training_and_are_their_mean_in_evaluation():
    scheme, x = st.get("stochastic_depth(p=4/5)"), torch.randn(4000, 2, 3)
    block = st.to_block(scheme)(nn.Tanh())
    kept = (block(x) != x).flatten(1)
    assert (kept.all(dim=1) | (~kept).all(dim=1)).all()
    assert 0.77 < kept.double().mean().item() < 0.83
    block.eval()
    assert (block(x) - (x + 0.8 * torch.tanh(x))).abs().max() < 1e-15


def test_gates_per_batch_and_survivors_divided_by_p():
    xi = stats.Bernoulli("xi", sympy.Rational(4, 5))
    inverted = st.RungeKutta([[0]], [xi * sympy.Rational(5, 4)])
    block, x = st.to_block(inverted, gates="batch")(nn.Tanh()), torch.randn(5, 3)
    seen = {round(((block(x) - x) / torch.tanh(x)).mean().item(), 12) for _ in range(50)}
    assert seen == {0.0, 1.25}
    block.eval()
    assert (block(x) - (x + torch.tanh(x))).abs().max() < 1e-15


def test_survival_probabilities_follow_a_schedule_over_depth():
    schemes = [st.schemes.stochastic_depth(p=sympy.Rational(10 - n, 10)) for n in range(1, 4)]
    stack = st.to_stack(schemes, [nn.Identity()] * 3).eval()
    assert stack(torch.ones(1)).item() == pytest.approx(1.9 * 1.8 * 1.7)
    assert [s.name for s in stack.schemes] == [s.name for s in schemes]


def test_shake_shake_draws_again_for_the_backward_pass():
    F, G, x = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False), torch.ones(2000, 1)
    fields = {"F": F, "G": G}
    for shaken in (False, True):
        block = st.to_block(st.get("shake_shake"), shaken=shaken)(fields)
        F.weight.grad = None
        with torch.no_grad():
            F.weight.fill_(2.0)
            G.weight.fill_(0.0)
        y = block(x)
        eta = (y.detach() - 1) / 2
        F.weight.grad = None
        (y * eta).sum().backward()
        # E eta^2 = 1/3 when the backward draw is the forward one, (E eta)^2 = 1/4 when it is independent.
        assert F.weight.grad.item() / 2000 == pytest.approx(1 / 4 if shaken else 1 / 3, abs=0.02)


def test_the_standard_deviation_of_a_gaussian_gate():
    scheme = st.get("gaussian_noise")
    block = st.to_block(scheme)(torch.ones_like)
    y = block(torch.zeros(20000, 1))
    [symbol] = scheme.random_symbols
    assert y.std().item() == pytest.approx(float(stats.std(symbol)), rel=0.05)


def test_a_gate_of_unknown_probability_or_kind_is_refused():
    with pytest.raises(UnsupportedError, match="needs numbers"):
        st.to_block(st.RungeKutta([[0]], [stats.Bernoulli("xi", sympy.Symbol("p"))]))
    with pytest.raises(UnsupportedError, match="kind"):
        st.to_block(st.RungeKutta([[0]], [stats.Exponential("xi", 1)]))
    with pytest.raises(UnsupportedError, match="sample"):
        st.to_block(st.get("stochastic_depth"), gates="pixel")


@pytest.mark.parametrize("name", ["rk4", "midpoint", "gauss(2)", "dopri5"])
def test_fields_of_time_are_evaluated_at_their_nodes(name):
    scheme = st.get(name)
    block = st.to_block(scheme, timed=True)(lambda t, u: torch.full_like(u, 1.0) * t**2, h=0.5)
    # Quadrature of t^2 on [1, 1.5]: exact for schemes of order three and more, midpoint's value for midpoint.
    expected = 0.5 * 1.25**2 if name == "midpoint" else (1.5**3 - 1) / 3
    assert block(torch.zeros(2), t=1.0)[0].item() == pytest.approx(expected, abs=1e-12)
