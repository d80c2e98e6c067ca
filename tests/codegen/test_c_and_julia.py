"""Printed C is compiled and agrees with the NumPy stepper; printed Julia is golden text."""

import ctypes
import re
import shutil
import subprocess

import numpy as np
import pytest

import schemetools as st

GCC = shutil.which("gcc")
FIELD = ctypes.CFUNCTYPE(
    None,
    ctypes.c_double,
    ctypes.POINTER(ctypes.c_double),
    ctypes.POINTER(ctypes.c_double),
    ctypes.c_size_t,
    ctypes.c_void_p,
)
GOLDEN = ["rk4", "lm", "dopri5", "gauss(2)", "trbdf2", "adams_moulton(2)", "stoermer_verlet"]


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize(("target", "ending"), [("c", "c"), ("julia", "jl")])
def test_source_is_the_golden_one(golden, name, target, ending):
    golden(f"{target}/{name.replace('(', '_').replace(')', '')}.{ending}", st.to_source(st.get(name), target))


def rhs(t, u):
    return np.array([u[1] + 0.1 * t, -np.sin(u[0]) + t])


@FIELD
def c_rhs(t, u, du, n, data):
    du[0], du[1] = rhs(t, [u[0], u[1]])


def compiled(tmp_path, scheme):
    source, library = tmp_path / "step.c", tmp_path / "step.so"
    source.write_text(st.to_source(scheme, "c"))
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-O1", "-shared", "-fPIC"]
    subprocess.run([GCC, *flags, str(source), "-o", str(library), "-lm"], check=True, timeout=60)
    return ctypes.CDLL(str(library)), source.read_text()


def c_step(library, text, scheme, fields, values, h, symbols=()):
    name = re.search(r"int (\w+)_step", text)[1]
    size = int(re.search(r"_WORK (\d+)", text)[1]) * 2
    arrays = [np.array(v, float) for v in values]
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in arrays]
    estimate, work = np.zeros(2), np.zeros(size)
    pair = [estimate.ctypes.data_as(ctypes.c_void_p)] if scheme.normal_form().embedded else []
    result = getattr(library, f"{name}_step")(
        *fields, None, ctypes.c_size_t(2), ctypes.c_double(0.0), ctypes.c_double(h), *pointers,
        *map(ctypes.c_double, symbols), *pair, work.ctypes.data_as(ctypes.c_void_p),
    )  # fmt: skip
    assert result == 0
    return arrays, estimate


@pytest.mark.skipif(GCC is None, reason="needs gcc")
@pytest.mark.parametrize(
    "name", ["rk4", "dopri5", "gauss(2)", "trbdf2", "bdf(3)", "adams_moulton(2)", "adams_bashforth(3)", "lm(k=3/10)"]
)
def test_c_computes_what_numpy_computes(tmp_path, name):
    """The clock is made a component for NumPy, whose program takes f(u)."""
    scheme = st.get(name)
    library, text = compiled(tmp_path, scheme)
    # A history of states at equal times, as f depends on the time of the step alone in this comparison.
    history = [np.array([0.3 + 0.01 * i, -0.2 - 0.02 * i]) for i in range(scheme.normal_form().values)]
    found, _ = c_step(library, text, scheme, [autonomous], history, 0.1)
    expected = st.to_stepper(scheme)(lambda u: rhs(0.0, u), tuple(history), 0.1)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@FIELD
def autonomous(t, u, du, n, data):
    du[0], du[1] = rhs(0.0, [u[0], u[1]])


@pytest.mark.skipif(GCC is None, reason="needs gcc")
@pytest.mark.parametrize("name", ["rk4", "gauss(2)", "trbdf2"])
def test_c_passes_the_times_of_the_stages(tmp_path, name):
    scheme = st.get(name)
    library, text = compiled(tmp_path, scheme)
    [found], estimate = c_step(library, text, scheme, [c_rhs], [[0.3, -0.2]], 0.1)
    step = st.to_stepper(scheme)
    with_clock = lambda u: np.append(rhs(u[2], u[:2]), 1.0)  # noqa: E731
    np.testing.assert_allclose(found, step(with_clock, np.array([0.3, -0.2, 0.0]), 0.1)[:2], rtol=1e-12)
    if scheme.b_hat is not None:
        _, expected = step(with_clock, np.array([0.3, -0.2, 0.0]), 0.1, error=True)
        np.testing.assert_allclose(estimate, expected[:2], rtol=1e-9, atol=1e-14)


@pytest.mark.skipif(GCC is None, reason="needs gcc")
def test_c_of_a_scheme_with_two_fields_and_a_symbol(tmp_path):
    @FIELD
    def force(t, q, dp, n, data):
        dp[0], dp[1] = -q[0], -2 * q[1]

    @FIELD
    def velocity(t, p, dq, n, data):
        dq[0], dq[1] = p[0], p[1]

    verlet = st.stoermer_verlet
    (tmp_path / "a").mkdir()
    library, text = compiled(tmp_path / "a", verlet)
    found, _ = c_step(library, text, verlet, [force, velocity], [[0.1, 0.2], [0.3, 0.4]], 0.1)
    step = st.to_stepper(verlet)
    fields = {"F": lambda q: -np.array([1, 2]) * q, "G": lambda p: p}
    np.testing.assert_allclose(found, step(fields, (np.array([0.1, 0.2]), np.array([0.3, 0.4])), 0.1), rtol=1e-14)
    library, text = compiled(tmp_path, st.lm())
    found, _ = c_step(library, text, st.lm(), [autonomous], [[0.3, -0.2], [0.2, -0.1]], 0.1, symbols=[0.25])
    expected = st.to_stepper(st.lm(k="1/4"))(lambda u: rhs(0.0, u), (np.array([0.3, -0.2]), np.array([0.2, -0.1])), 0.1)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_names_from_a_file_cannot_break_out():
    scheme = st.RungeKutta([[0]], [1], name='x */ int main() { } """ $(run) /*')
    assert "*/ int main" not in st.to_source(scheme, "c")
    first, *others = st.to_source(scheme, "julia").splitlines()
    assert first.startswith("# ") and not any("$" in line for line in others)
    labelled = st.GeneralLinear([[0]], [[1]], [[1]], [[1]], colours=["double; //"])
    assert "(field double_, void" in st.to_source(labelled, "c")
