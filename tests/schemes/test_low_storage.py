"""Forms of two registers: from the program to the tableau and back, and programs that keep two states."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational, Symbol

import schemetools as st

torch = pytest.importorskip("torch")

BENCH = Path(__file__).parents[2] / "benchmarks" / "bench_low_storage.py"


def tableau(name):
    scheme = st.get(name)
    return st.RungeKutta(scheme.A, scheme.b, exact=scheme.exact, digits=scheme.digits)


@pytest.mark.parametrize("form", ["2N", "2C"])
def test_a_form_is_found_again_in_its_tableau(form):
    lists = {"A": [0, Rational(-5, 9), Rational(-153, 128)], "B": [Rational(1, 3), Rational(15, 16), Rational(8, 15)]}
    if form == "2C":
        lists = {"A": lists["A"][1:], "B": lists["B"]}
    found, back = st.low_storage_form(st.low_storage(form, **lists))
    assert (found, {key: list(values) for key, values in back.items()}) == (form, lists)


def test_a_family_with_a_symbol_has_its_form():
    k = Symbol("k")
    scheme = st.RungeKutta([[0, 0], [k, 0]], [1 - 1 / (2 * k), 1 / (2 * k)], storage="2N")
    form, lists = st.low_storage_form(scheme)
    assert form == "2N" and scheme.subs({"k": "2/3"}).storage == "2N"
    assert lists["B"] == (k, 1 / (2 * k))


@pytest.mark.parametrize("name", ["rk4", "kutta3", "gauss(2)"])
def test_a_tableau_without_a_form_says_so(name):
    with pytest.raises(st.SchemeError, match="no form of two registers"):
        st.low_storage_form(name)
    scheme = st.get(name)
    with pytest.raises(st.SchemeError, match="has no 2N form"):
        st.RungeKutta(scheme.A, scheme.b, storage="2N")
    with pytest.raises(st.SchemeError, match="storage is '2N'"):
        st.RungeKutta(scheme.A, scheme.b, storage="3N")


def test_carpenter_kennedy_has_the_coefficients_published():
    """Carpenter, Kennedy (1994), solution 3; the residuals are those of rationals of 13 digits each."""
    scheme = st.carpenter_kennedy4
    A, B = st.low_storage_form(scheme)[1].values()
    assert A[1] == Rational(-567301805773, 1357537059087) and B[4] == Rational(2277821191437, 14882151754819)
    assert scheme.c[2].evalf(20) == pytest.approx(2526269341429 / 6820363962896, abs=1e-15)
    assert st.order(scheme) == 4 and st.order(scheme, report=True).holds_to < 1e-24
    assert st.convergence(scheme).agrees
    assert st.cost(scheme).live_states == 2 and st.cost(tableau("carpenter_kennedy4")).live_states >= 3


def test_rdpk3sp49_is_a_pair_whose_error_goes_as_published():
    """Ranocha, Dalcin, Parsani, Ketcheson (2022): b and c of the repository's tables, found from gamma, delta, beta."""
    scheme = st.rdpk3sp49
    assert (st.order(scheme), st.order(st.embedded(scheme)), scheme.stages) == (4, 3, 9)
    assert float(scheme.b[0]) == pytest.approx(0.04503731969165884, abs=1e-16)
    assert float(scheme.b[1]) == pytest.approx(0.18592173220119688, abs=1e-16)
    assert float(scheme.c[4]) == pytest.approx(-0.6806119916032093, abs=1e-15)


def test_programs_of_two_registers_step_as_the_tableau():
    low, plain = st.carpenter_kennedy4, tableau("carpenter_kennedy4")
    x = np.linspace(-1, 1, 7)
    steps = [st.to_stepper(s)(np.sin, x, 0.3) for s in (low, plain)]
    assert np.abs(steps[0] - steps[1]).max() < 1e-14
    torch.manual_seed(1)
    branch, state = torch.nn.Linear(3, 3).double(), torch.randn(2, 3, dtype=torch.double, requires_grad=True)
    blocks = [st.to_block(s)(branch, h=0.3) for s in (low, plain)]
    assert (blocks[0](state) - blocks[1](state)).abs().max() < 1e-14
    h = torch.tensor(0.2, dtype=torch.double)
    assert (blocks[0](state, h=h) - blocks[1](state, h=h)).abs().max() < 1e-14
    assert torch.autograd.gradcheck(blocks[0], state)
    stack = st.to_stack(low, [branch] * 2, h=0.3)
    assert torch.equal(stack(state), blocks[0](blocks[0](state)))
    solved = [st.solve(s, lambda t, u: -t * u, (0, 1), 1.0, 0.1).u[-1] for s in (low, plain)]
    assert abs(solved[0] - solved[1]) < 1e-14


def test_the_source_has_two_arrays():
    lines = st.to_source(st.carpenter_kennedy4, "numpy").splitlines()
    written = {line.split(" = ")[0].strip() for line in lines if " = " in line and "(x,)" not in line}
    assert written == {"d", "y"}


def test_two_states_are_alive():
    spec = importlib.util.spec_from_file_location("bench_low_storage", BENCH)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    for live in (bench.live_numpy, bench.live_torch):
        assert live(st.carpenter_kennedy4, 20_000) <= 2.1
        assert live(bench.as_tableau("carpenter_kennedy4"), 20_000) >= 3


def test_storage_is_kept_in_files_and_by_equality(tmp_path):
    st.save(st.carpenter_kennedy4, tmp_path / "scheme.toml")
    assert st.load(tmp_path / "scheme.toml").storage == "2N"
    assert st.carpenter_kennedy4 == tableau("carpenter_kennedy4")
    assert "d = f(y)" not in st.to_source(tableau("carpenter_kennedy4"), "numpy")
    assert st.low_storage("2N", A=[0, -1], B=[1, "1/2"], storage=None).storage is None


@pytest.mark.parametrize("make", [list, np.array])
def test_lists_of_floats_are_taken_as_rounded(make):
    scheme = st.low_storage("2N", A=make([0, -5 / 9, -153 / 128]), B=make([1 / 3, 15 / 16, 8 / 15]))
    assert not scheme.exact and scheme.digits == 16 and scheme.storage == "2N"
    assert st.order(scheme) == 3 and st.convergence(scheme).agrees


def test_lists_that_fit_no_form_are_refused():
    with pytest.raises(st.SchemeError, match="2 entries for 3 stages, and begins with 0"):
        st.low_storage("2N", A=[0, "-5/9"], B=["1/3", "15/16", "8/15"])
    with pytest.raises(st.SchemeError, match="without an entry"):
        st.low_storage("2N", A=[], B=[])
    with pytest.raises(st.SchemeError, match="knows the forms"):
        st.low_storage(["2N"], A=[0], B=[1])  # type: ignore[arg-type]
