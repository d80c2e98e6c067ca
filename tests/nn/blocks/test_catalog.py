"""Every scheme of the catalog as a block: on a linear field it is its stability function, elsewhere its NumPy stepper."""

import math

import numpy as np
import pytest
import torch

import schemetools as st
from schemetools.analysis.properties.limits import limits

from .test_block import step_matrix

VALUES = {"a": "3/7", "b": "2/5", "w": "1/3", "w1": "1/4", "w2": "3/4", "k": "3/10", "p": "1/2", "s": "1/4"}


def instance(name):
    """The default instance with its free symbols replaced by numbers."""
    scheme = st.get(name)
    return scheme.subs({s.name: VALUES.get(s.name, "1/3") for s in scheme.free_symbols})


DETERMINISTIC = [
    n for n in st.names("general linear") if not st.get(n).random_symbols and st.get(n).normal_form().parts == 1
]
SLOW = {n for n in DETERMINISTIC if not st.get(n).is_explicit and st.get(n).normal_form().stages > 6}


def rounding(scheme):
    """How the roundings of stages add up, sum_i |b_i| sum_j |a_ij|, beyond 1000: 150 for verner65e, else 1 mostly."""
    form = scheme.normal_form()
    inner = [sum(abs(float(a)) for a in row) for row in form.A]
    return max(1.0, sum(abs(float(w)) * size for w, size in zip(form.B[0], inner, strict=True)) / 1000)


def fields_of(form, matrices):
    return {v: (lambda u, A=A: u @ A.T) for v, A in zip(form.fields, matrices, strict=True)}


def additive_step_matrix(form, matrices, d):
    """The exact step for several linear fields: (B Z (I - A Z)^-1 U + V) with Z the field of each stage."""
    array = {k: torch.tensor([[float(c) for c in row] for row in getattr(form, k)]) for k in "AUBV"}
    Z = torch.block_diag(*(matrices[form.fields.index(c)] for c in form.colours))
    A, U, B, V = (torch.kron(array[k], torch.eye(d)) for k in "AUBV")
    r = form.values * d
    return V[:r] + B[:r] @ Z @ torch.linalg.solve(torch.eye(form.stages * d) - A @ Z, U)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in DETERMINISTIC])
def test_on_linear_fields_a_block_is_the_stability_function_of_the_matrices(name):
    scheme = instance(name)
    form, d = scheme.normal_form(), 3
    matrices = [0.3 * torch.randn(d, d) for _ in form.fields]
    values = [torch.randn(4, d) for _ in range(form.values)]
    fields = fields_of(form, matrices)
    block = st.to_block(scheme)(fields)
    result = block(values[0]) if form.values == 1 else block(values[0], tuple(values[1:]))
    got = result if form.values == 1 else torch.cat([result[0], *result[1]], dim=1)
    expected = torch.cat(values, dim=1) @ additive_step_matrix(form, matrices, d).T
    tolerance = (1e-13 if scheme.is_explicit else 1e-9) * rounding(scheme)
    assert (got - expected).abs().max() < tolerance * max(1, expected.abs().max().item())
    if len(form.fields) == 1:
        again = torch.cat(values, dim=1) @ step_matrix(scheme, matrices[0]).T
        assert (expected - again).abs().max() < 1e-12 * rounding(scheme)


@pytest.mark.parametrize(
    "name", [n for n in st.names("general linear") if not st.get(n).random_symbols and n not in SLOW]
)
def test_a_block_equals_the_numpy_stepper(name):
    scheme = instance(name)
    form = scheme.normal_form()
    block = st.to_block(scheme)(dict.fromkeys(form.fields, torch.sin), h=0.2)
    step = st.to_stepper(scheme)
    f = np.sin if len(form.fields) == 1 else dict.fromkeys(form.fields, np.sin)
    values = [torch.randn(3) for _ in range(form.values)]
    expected = step(f, tuple(v.numpy() for v in values), 0.2)
    if form.parts > 1:
        got = block(tuple(values))
    elif form.values == 1:
        got = (block(values[0]),)
    else:
        y, history = block(values[0], tuple(values[1:]))
        got = (y, *history)
    for a, b in zip(got, expected, strict=True):
        assert np.abs(a.numpy() - b).max() < (1e-14 if scheme.is_explicit else 1e-8) * rounding(scheme)


def slope(scheme, order):
    """The rate of the error at t = 1 between two step sizes, for u' = limit f(u)."""
    limit = float(limits(scheme)[0])
    x, counts, errors = torch.tensor([0.4, 1.3]), ((4, 8) if order > 5 else (16, 32)), []

    def f(u):
        return torch.stack([u[1], -torch.sin(u[0])]) * (1 / limit)

    fine = st.to_block(st.get("dopri5"))(lambda u: limit * f(u), h=1 / 400)
    reference = x
    for _ in range(400):
        reference = fine(reference)
    for n in counts:
        block, y = st.to_block(scheme)(f, h=1 / n), x
        for _ in range(n):
            y = block(y)
        errors.append((y - reference).abs().max().item())
    return math.log2(errors[0] / errors[1])


ONE_FIELD = [n for n in DETERMINISTIC if len(st.get(n).normal_form().fields) == 1]


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in ONE_FIELD if st.get(n).normal_form().values == 1 and n not in SLOW])
def test_a_block_converges_at_its_order_to_the_limit_of_its_scheme(name):
    scheme = instance(name)
    order = st.order(scheme)
    found = slope(scheme, order)
    assert found > order - 0.35
    if order < 6:
        assert found < order + 1.35
