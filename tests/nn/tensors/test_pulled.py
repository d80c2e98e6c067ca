"""Gradients by the engine alone, against torch.autograd.grad."""

import pytest
import torch

from schemetools.nn.tensors import pulled


@pytest.mark.parametrize("renamed", [False, True])
def test_gradients_are_those_of_torch(monkeypatch, renamed):
    if renamed:
        monkeypatch.setattr(pulled, "_run", None)
    else:
        assert pulled._run is not None  # else the short way is gone, and nobody would notice

    def graph():
        a, b, c = (torch.linspace(0, 1, 6).reshape(2, 3).add(n).requires_grad_() for n in range(3))
        return [(a * b).sin(), a], [a, b, c], [torch.full((2, 3), 0.5), torch.full((2, 3), 2.0)]

    values, sources, cotangents = graph()
    a, b, c = pulled.pulled_back(values, sources, cotangents)
    assert c is None
    values, sources, cotangents = graph()
    expected = torch.autograd.grad(values, sources, cotangents, allow_unused=True)
    assert torch.equal(a, expected[0])
    assert torch.equal(b, expected[1])
    assert all(s.grad is None for s in sources)
    values, sources, cotangents = graph()
    again = pulled.pulled_back(values, sources, cotangents, create_graph=True)
    [second] = pulled.pulled_back([again[1]], sources[:1], [torch.ones(2, 3)])
    a, b = (s.detach() for s in sources[:2])
    assert torch.allclose(second, 0.5 * ((a * b).cos() - a * b * (a * b).sin()))  # d/da of 1/2 a cos(a b)


def test_a_cotangent_of_another_shape_is_refused_below():
    a = torch.ones(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match="shape"):
        pulled.pulled_back([a.sin()], [a], [torch.ones(3, 2)])
