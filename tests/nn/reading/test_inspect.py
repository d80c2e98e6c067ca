"""What is read off a network: against dense linear algebra, the formulas, and the stability regions."""

import json
import math

import numpy as np
import pytest
import torch
from sympy import Symbol
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.models import build
from schemetools.nn.reading.frozen import frozen
from schemetools.nn.reading.inspect import inspect
from schemetools.nn.reading.spectrum import spectrum
from schemetools.nn.stacks.stack import to_stack


def linear(matrix):
    made = nn.Linear(*matrix.shape, bias=False)
    made.weight.data = matrix.clone()
    return made


@pytest.fixture
def matrices():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(6, 6, generator=generator) / 4 for _ in range(4)]


@pytest.fixture
def x():
    return torch.randn(1, 6, generator=torch.Generator().manual_seed(1))


def test_each_layer_has_its_scheme_and_spectrum(matrices, x):
    h = 0.5
    report = inspect(to_stack(st.lm(), [linear(A) for A in matrices], h=h, init=(-0.3, -0.1)), x)
    assert len(report.layers) == 4
    for layer, A in zip(report.layers, matrices, strict=True):
        dense = h * A.double().numpy()
        assert layer.field_norm == pytest.approx(np.linalg.norm(dense, 2), rel=1e-9)
        eigenvalues = np.linalg.eigvals(dense)
        assert np.allclose(np.sort(np.abs(layer.eigenvalues)), np.sort(np.abs(eigenvalues)), rtol=1e-9)
        if layer.index:
            k = layer.coefficients["k"]
            assert layer.momentum == -k
            assert layer.scheme == st.lm().subs({"k": k})
            assert layer.inside == all(
                ((z.real + 1 - k) / (1 - k)) ** 2 + (z.imag / (1 + k)) ** 2 <= 1 for z in eigenvalues
            )
            assert layer.modified_equation(2).limit == 1 / (1 + st.exact.coefficient(k, parameter=True))
    assert report.layers[0].coefficients == {}


def test_the_remainder_is_that_of_the_published_formula(matrices, x):
    h, ks = 0.5, [0.1, -0.2, -0.3]
    stack = to_stack(st.lm(), [linear(A) for A in matrices], h=h, init=0).double()
    for layer, k in zip(stack.layers[1:], ks, strict=True):
        layer.k.data.fill_(k)
    report = inspect(stack, x)
    states = report.chains[0].states
    A, after, u, k, turn = matrices[1].double(), matrices[2].double(), states[1], ks[0], ks[1] - ks[0]
    f = u @ A.T
    omitted = h * f @ A.T + (1 + k) * (u @ after.T - f) - turn * f
    expected = (1 - k) / (2 * (1 + k) ** 3) * omitted.norm() / (f / (1 + k)).norm()
    assert report.layers[1].remainder == pytest.approx(float(expected), rel=1e-9)


def test_the_remainder_of_a_large_state_is_that_of_forward_mode():
    """More than 512 numbers: the derivative of the branch is the spectrum's, in single precision."""
    torch.manual_seed(1)
    branches = [nn.Sequential(nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 40)) for _ in range(3)]
    stack, x = to_stack(st.euler, branches, h=0.5).double(), torch.randn(20, 40).double()
    report = inspect(stack, x)
    for i in range(2):
        f, after, u = (
            branches[i].requires_grad_(False),
            branches[i + 1].requires_grad_(False),
            report.chains[0].states[i],
        )
        value, turned = torch.func.jvp(f, (u,), (f(u),))
        expected = (0.5 * turned + after(u) - value).norm() / (2 * value.norm())
        assert report.layers[i].remainder == pytest.approx(float(expected), rel=1e-5)


def test_layers_outside_their_region_are_named(x):
    stack = to_stack(st.lm(k=0.2), [linear(-torch.eye(6) * 1.5), linear(-torch.eye(6) * 1.7)])
    report = inspect(stack, x)
    assert [layer.inside for layer in report.layers] == [True, False]  # Euler from the start: -2; lm(1/5): -8/5
    assert [layer.name for layer in report.outside] == ["layers.1"]
    assert report.table()[1][1][5] == "NO"


def test_a_report_prints_as_a_table(x):
    report = inspect(to_stack(st.lm(k=0.2), [linear(-torch.eye(6) * c) for c in (1.5, 1.7, 0.5)]), x)
    lines = str(report).splitlines()
    at = next(i for i, line in enumerate(lines) if set(line) == {"-", " "})
    heads, rows = lines[at - 1], lines[at + 1 :]
    assert heads.split()[:2] == ["layer", "scheme"]
    assert max(map(len, lines)) <= 80
    first = [row for row in rows if row.startswith("layers.")]
    assert len(first) == 3
    places = [heads.index(head) for head in ("inside", "remainder")]
    assert [row[places[0] : places[1]].strip() for row in first] == ["yes", "NO", "yes"]
    assert first[0].endswith("[1]")
    assert rows[-2:] == ["[1] start", "outside their own stability region: layers.1"]
    printed = set(str(report).split())  # a number is one word of what is printed
    assert {word for row in report.table()[1] for cell in row[2:7] for word in cell.split()} <= printed
    assert repr(report) == str(report)
    assert report._repr_html_().count("<tr>") == 4
    assert "h |f&#x27;|" in report._repr_html_()


def test_lines_below_the_table_and_the_sentence_keep_to_80_columns(x):
    stack = to_stack(st.euler, [linear(torch.eye(6) * c) for c in [3.0] * 20])
    report = inspect(stack, x)
    printed = f"{report}\n{report.certificate()}"
    assert max(map(len, printed.splitlines())) <= 80
    assert ", ".join(layer.name for layer in report.outside) in " ".join(printed.split()) and len(report.outside) == 20
    assert " ".join(str(report.certificate()).split()) == report.certificate().sentence


def test_learned_coefficients_have_a_column(matrices, x):
    branches = [linear(A) for A in matrices]
    momentum = inspect(to_stack(st.lm(), branches, init=-0.25), x)
    assert momentum.table()[0][2] == "-k"
    assert [row[2] for row in momentum.table()[1]] == ["", "0.25", "0.25", "0.25"]
    two = st.RungeKutta([[0, 0], [Symbol("a"), 0]], [0, 1])
    found = inspect(to_stack(two, branches, init={"a": 0.5}), x)
    assert found.table()[0][2] == "coefficients"
    assert found.table()[1][0][2] == "a=0.5"


def test_arnoldi_agrees_with_dense_linear_algebra():
    generator = torch.Generator().manual_seed(0)
    A = torch.randn(700, 700, generator=generator, dtype=torch.float64) / 20
    A[0, 0], A[1, 1], A[2, 2] = 8.0, -7.0, 6.0
    found = spectrum(lambda u: torch.tanh(u @ A.T), torch.zeros(1, 700, dtype=torch.float64), count=3)
    dense = np.linalg.eigvals(A.numpy())
    assert abs(found.eigenvalues[0]) == pytest.approx(np.max(np.abs(dense)), rel=1e-5)
    assert found.norm == pytest.approx(np.linalg.norm(A.numpy(), 2), rel=1e-5)
    assert found.converged


def test_a_frozen_copy_is_the_same_function(x):
    torch.manual_seed(0)
    model = build("resnet20", "lm", width=4)
    images = torch.randn(4, 3, 16, 16)
    model(images)  # so that the running statistics are not those of the start
    model.eval()
    torch.testing.assert_close(frozen(model)(images.double()).float(), model(images), rtol=1e-4, atol=1e-4)


def test_a_convolutional_network_is_read_and_left_alone():
    torch.manual_seed(0)
    model = build("resnet20", "lm", width=2).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    report = inspect(model, torch.randn(1, 3, 8, 8), eigenvalues=2)
    assert [len(chain.layers) for chain in report.chains] == [3, 2, 2]
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    record = json.loads(json.dumps(report.record()))
    assert [layer["scheme"] for layer in record["layers"]] == [f"{layer.scheme}" for layer in report.layers]
    assert all(layer.field_norm >= abs(layer.eigenvalues[0]) - 1e-6 for layer in report.layers)


def test_progress_is_told_and_may_stop_it(matrices, x):
    stack, told = to_stack(st.euler, [linear(A) for A in matrices]), []
    inspect(stack, x, progress=lambda *now: told.append(now))
    assert told == [(0, 4, "layers.0"), (1, 4, "layers.1"), (2, 4, "layers.2"), (3, 4, "layers.3"), (4, 4, "")]

    def stop(done, total, name):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inspect(stack, x, progress=stop)
    assert not any(module._forward_hooks for module in stack.modules())


def test_samples_that_act_on_each_other_are_noted(x):
    branch = nn.Sequential(linear(torch.eye(6)), nn.BatchNorm1d(6, track_running_stats=False))
    report = inspect(to_stack(st.euler, [branch] * 2), torch.randn(60, 6))
    assert all("samples act on each other" in " ".join(layer.notes) for layer in report.layers)


def test_one_branch_per_stage_is_said_to_void_the_order(matrices, x):
    report = inspect(to_stack(st.midpoint, [[linear(A) for A in matrices[:2]], [linear(A) for A in matrices[2:]]]), x)
    assert all("one branch per stage: the order is void" in layer.notes for layer in report.layers)


def test_errors(x):
    with pytest.raises(SchemeError, match="has no scheme in it"):
        inspect(nn.Linear(6, 6), x)
    with pytest.raises(SchemeError, match="tensor of floats"):
        inspect(to_stack(st.euler, [nn.Linear(6, 6)]), [1.0])


def test_what_cannot_be_read_is_said_with_what_came(x):
    stack = to_stack(st.euler, [linear(torch.eye(6))] * 2)
    spoilt = x.clone()
    spoilt[0, :2] = math.nan
    with pytest.raises(SchemeError, match="nan or inf at 2 of 6 entries"):
        inspect(stack, spoilt)
    with pytest.raises(SchemeError, match="the state holds torch.int64"):
        inspect(stack, torch.ones(1, 6, dtype=torch.int64))
    with pytest.raises(SchemeError, match="with entries"):
        inspect(stack, x[:0])
    with pytest.raises(SchemeError, match=r"after layers\.0 has nan or inf"):
        inspect(to_stack(st.euler, [linear(torch.full((6, 6), math.inf))] * 2), x)
    with pytest.raises(SchemeError, match=r"inspect\(net, x\); the scheme rk4 came"):
        inspect(st.rk4, x)
    for count in (0, 2.5):
        with pytest.raises(SchemeError, match="at least 1"):
            inspect(stack, x, eigenvalues=count)


def test_several_fields_are_named_before_the_input_is_looked_at(x):
    fields = st.symplectic_euler.normal_form().fields
    stack = to_stack(st.symplectic_euler, [{name: linear(torch.eye(6)) for name in fields}] * 2)
    for given in ((x, x), x):
        with pytest.raises(UnsupportedError, match=r"symplectic_euler, which has several fields .* one field"):
            inspect(stack, given)


def test_a_step_that_cannot_be_read_is_named():
    block = st.to_block("etdrk2")(torch.tanh, linear=-1.0)
    with pytest.raises(SchemeError, match="1 is a step of etdrk2, an exponential method"):
        inspect(torch.nn.Sequential(torch.nn.Linear(6, 6), block), torch.ones(1, 6))


def test_a_layer_whose_eigenvalues_are_not_found_is_not_called_inside():
    """Five times a cyclic shift: all eigenvalues have modulus 5, so that none leads, and Euler's disc holds none."""
    shift = nn.Linear(300, 300, bias=False)
    shift.weight.data = 5 * torch.roll(torch.eye(300), 1, 0)
    report = inspect(to_stack(st.euler, [shift] * 2), torch.randn(1, 300, generator=torch.Generator().manual_seed(0)))
    assert all(layer.inside is not True for layer in report.layers)
    assert "lie inside" not in str(report) and "not known to be inside" in str(report)
    assert report.record()["layers"][0]["inside"] is None


class Sum(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return x + self.f(x)


@pytest.mark.parametrize("converts", [False, True])
@pytest.mark.parametrize("k", [-1.0, -1.0000001])
def test_a_layer_without_a_limit_equation_is_flagged_and_the_others_are_read(k, converts):
    """(1 + k) u' = f(u) has none at k = -1."""
    x = torch.randn(2, 3)

    def read(k):
        torch.manual_seed(0)
        net = to_stack("lm", [nn.Linear(3, 3) for _ in range(4)], init={"k": -0.1}, h=0.5)
        if converts:
            blocks = nn.Sequential(*(Sum(layer.branch) for layer in net.layers))
            net = st.convert(blocks, "lm", example=x, init={"k": -0.1}, h=0.5)
        steps = [block.step for block in net] if converts else net.layers
        nn.init.constant_(steps[2].k, k)
        return net, inspect(net, x)

    net, report = read(k)
    _, usual = read(-0.3)
    layers = report.layers
    assert [layer.remainder == float("inf") for layer in layers] == [False, False, True, False]
    assert any(note.startswith("no limit equation at k = -1") for note in layers[2].notes)
    assert layers[0].remainder == usual.layers[0].remainder
    assert layers[2].field_norm > 0 and layers[2].coefficients["k"] == pytest.approx(k)
    assert "no limit equation at k = -1" in str(report)
    for call in (report.certificate, lambda: st.retrofit(net, depth=2, x=x)):
        with pytest.raises(UnsupportedError, match="has no limit equation at k = -1.*keep them away from there"):
            call()
