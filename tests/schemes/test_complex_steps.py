"""Complex coefficients: published orders, slopes in complex arithmetic, and who refuses."""

import cmath
import math

import mpmath
import numpy as np
import pytest
import sympy
from sympy import I, Rational, Symbol, exp, pi, sqrt, tan

import schemetools as st
from schemetools.analysis.series.bseries import log
from schemetools.errors import CoefficientError, UnsupportedError
from tests.schemes.complex_schemes import DOUBLE, GAMMA, HALF, KICKS, SCHEMES, TRIPLE, Z, composed


@pytest.mark.parametrize("name", SCHEMES)
def test_the_order_is_the_published_one_and_the_slope_of_a_run(name):
    """The pendulum p' = -sin q, q' = p in complex arithmetic, against a run with tiny steps of order eight."""
    build, expected = SCHEMES[name]
    scheme = build()
    assert scheme.is_complex and scheme.exact
    assert st.order(scheme) == expected
    exact = end(st.yoshida8, 64)
    errors = [sum(map(abs, end(scheme, n) - exact)) for n in (16, 32, 64)]
    assert math.log2(errors[1] / errors[2]) == pytest.approx(expected, abs=0.1)


def partitioned_step(scheme, force, velocity, h):
    """One step of (p, q) by the two tableaux: explicit stages are right after as many sweeps as there are of them."""
    (A, b), (B, d) = (
        (np.array([[complex(sympy.N(x, 30)) for x in row] for row in M], complex) for M in (t.A, [t.b]))
        for _, t in scheme.tableaux
    )

    def step(p, q):
        P, Q = np.full(len(A), p, complex), np.full(len(A), q, complex)
        for _ in range(2 * len(A)):
            P, Q = p + h * A @ force(Q), q + h * B @ velocity(P)
        return p + h * (b @ force(Q))[0], q + h * (d @ velocity(P))[0]

    return step


def end(scheme, n):
    p, q = 0.5 + 0j, 1.0 + 0j
    step = partitioned_step(scheme, lambda q: -np.sin(q), lambda p: p, 2 / n)
    for _ in range(n):
        p, q = step(p, q)
    return np.array([p, q])


def test_real_parts_say_how_far_forward_the_steps_go():
    low, high = SCHEMES["triple"][0]().real_parts
    gamma = 1 / (2 - 2 ** (1 / 3) * cmath.exp(2j * math.pi / 3))
    assert 0 < float(low) == pytest.approx(gamma.real / 2)  # half steps of Stoermer-Verlet
    assert float(high) == pytest.approx((1 - 2 * gamma).real / 2)
    assert st.splitting(KICKS, ["1/4"] * 4).real_parts == (Rational(1, 10), Rational(4, 15))
    assert st.yoshida4.real_parts[0] < 0  # a real splitting of order four steps back


def test_the_leading_error_of_the_double_step_is_imaginary():
    """(1 - gamma) is the conjugate of gamma: the h^3 term of a symmetric method times gamma^4 + conj(gamma)^4 = 2 Re,
    and [h^3, h^1] terms change sign with the order of the steps."""
    equation = st.modified_equation(SCHEMES["double"][0](), 4)
    fourth = [c for t, c in equation.coefficients.items() if t.order == 4]
    assert any(fourth)
    assert all(sympy.expand(c / I).is_real for c in fourth)
    assert not any(c for t, c in equation.coefficients.items() if t.order in (2, 3))


def test_the_modified_field_predicts_a_step():
    """q'' = -q: one complex step of the double method against the flow of its modified equation through h^4."""
    scheme = SCHEMES["double"][0]()
    equation = st.modified_equation(scheme, 5)
    p, q, h = sympy.symbols("p q h")
    field = sympy.Matrix(equation.vector_field([[-q, 0], [0, p]], (p, q), h))
    J = field.jacobian((p, q))
    misses = []
    for step in (0.2, 0.1):
        A = np.array(J.subs(h, step).evalf(30).tolist(), dtype=complex) * step
        flow = sum(np.linalg.matrix_power(A, k) / math.factorial(k) for k in range(25))
        once = partitioned_step(scheme, lambda q: -q, lambda p: p, step)
        matrix = np.array([once(1, 0), once(0, 1)]).T
        misses.append(np.abs(flow - matrix).max())
    assert math.log2(misses[0] / misses[1]) == pytest.approx(6, abs=0.2)


def test_a_double_step_of_conjugate_sizes_is_conjugate_to_one_of_order_four():
    """Blanes, Casas, Escorihuela-Tomas (2022), Numerical Algorithms: symmetric-conjugate compositions."""
    scheme = composed("implicit_midpoint", DOUBLE)
    assert (st.order(scheme), st.conjugate_order(scheme)) == (3, 4)
    series, equation = log(st.BSeries.of(scheme, 4)), st.modified_equation(scheme, 4)
    assert all(sympy.expand(series[t] - c) == 0 for t, c in equation.coefficients.items())


def test_the_field_as_a_function_wants_a_complex_state():
    u = Symbol("u")
    right = st.modified_equation(composed("implicit_midpoint", DOUBLE), 4).solver([u**2], (u,), 0.1)
    assert right(0, np.array([1 + 0j])) == pytest.approx(1 - 1j * math.sqrt(3) / 36 * 1e-3)
    with pytest.raises(st.SchemeError, match="start it from a complex array"):
        right(0, np.array([1.0]))


def test_symmetry_and_symplecticity_are_those_of_the_complex_step():
    double, triple = SCHEMES["double"][0](), SCHEMES["triple"][0]()
    assert st.is_symmetric(triple) and not st.is_symmetric(double)
    assert st.is_symplectic(double) and st.is_symplectic(triple)
    assert st.adjoint(double) == composed("stoermer_verlet", DOUBLE[::-1])
    assert not st.is_symplectic(composed("euler", DOUBLE))


# ---- in, out, and refused ------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEMES)
def test_a_file_keeps_it(name, tmp_path):
    scheme = SCHEMES[name][0]()
    st.save(scheme, tmp_path / "s.toml")
    again = st.load(tmp_path / "s.toml")
    assert again == scheme and again.exact and st.order(again) == st.order(scheme)


def test_rounded_complex_numbers_are_flagged_and_judged():
    half = 0.5 + 0.28867513459481287j
    for values in ([half, half.conjugate()], np.array([half, half.conjugate()])):
        scheme = composed("implicit_midpoint", list(values))
        assert not scheme.exact and scheme.digits == 16
        report = st.order(scheme, report=True)
        assert (report.order, report.as_written) == (3, 2)
        known = st.stability(scheme)
        assert known.contains([-1, 1]).tolist() == [True, False]
        with pytest.raises(UnsupportedError, match="needs exact coefficients"):
            _ = known.is_a_stable
    assert composed("euler", [0.5 + 0.25j, 0.5 - 0.25j]).exact
    assert composed("euler", np.array([0.5, 0.5], dtype=complex)) == composed("euler", ["1/2", "1/2"])
    assert composed("euler", [mpmath.mpc(0.5, 0.25), mpmath.mpc(0.5, -0.25)]).exact


def test_equal_numbers_are_equal_however_they_are_written():
    written = ["1/(2 - root(x^3-2, 1, 2)*(sqrt(3)*I - 1)/2)"]
    assert st.RungeKutta([[0]], written).b[0] == st.RungeKutta([[0]], [GAMMA]).b[0]
    assert st.RungeKutta([["I^2 + 1"]], [1]) == st.euler and not st.RungeKutta([["I*I + 1"]], [1]).is_complex
    assert st.RungeKutta([["sqrt(-3)"]], [1]).A[0][0] == sqrt(3) * I
    assert st.RungeKutta([[exp(2 * pi * I / 3)]], [1]).A[0][0] == sympy.expand((sqrt(3) * I - 1) / 2)
    family = st.compose(st.euler, st.euler, fractions=[Symbol("g"), 1 - Symbol("g")])
    assert family.subs({"g": HALF + I / 2}) == composed("euler", ["1/2 + I/2", "1/2 - I/2"])
    assert st.order(composed("euler", [Symbol("g") + I, 1 - I - Symbol("g")])) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: st.LinearMultistep([-1, 1], [I, 1 - I]),
        lambda: st.LinearMultistep([-1, 1], ["I", "1-I"]),
        lambda: st.lm(k=I),
        lambda: st.get("lm(k=I)"),
        lambda: st.theta("1/2+I"),
        lambda: st.theta(0.5 + 0.5j),
        lambda: st.lm().subs({"k": HALF + I}),
        lambda: st.RungeKuttaNystrom([[0]], ["I"], [1], [0]),
        lambda: st.Rosenbrock([[0]], [["1/2+I"]], [1]),
        lambda: st.stability("ars222", shares={"F": I, "G": 1 - I}),
        lambda: st.RungeKutta([[0]], [Symbol("I")]),
    ],
)
def test_every_other_coefficient_is_real(make):
    with pytest.raises(CoefficientError, match="imaginary unit|is not real"):
        make()


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (complex("nan"), "not finite"), (complex(1, math.inf), "not finite"), ("1 + i", "imaginary unit is written I"),
        ("sqrt(I)", "sqrt takes a real number"), (exp(I), "not an algebraic number"), ("I/(I^2+1)", "divides by zero"),
        (sympy.rootof(Z**5 - Z + 1, 1), "by its parts"),
    ],
)  # fmt: skip
def test_what_is_no_complex_coefficient(entry, sentence):
    with pytest.raises(CoefficientError, match=sentence):
        st.RungeKutta([[0]], [entry])


def test_what_has_real_states_refuses():
    scheme = SCHEMES["double"][0]()
    for verb in (st.to_source, st.to_stepper, st.cost, st.certify, st.recover, st.energy_order):
        with pytest.raises(UnsupportedError, match="has complex coefficients: its steps leave the real numbers"):
            verb(scheme)
    with pytest.raises(UnsupportedError, match="complex coefficients"):
        st.solve(scheme, lambda u: -u, (0, 1), 1.0, 0.1)
    with pytest.raises(UnsupportedError, match="complex coefficients"):
        st.order(scheme, kinetic="quadratic")
    known = st.stability(composed("implicit_midpoint", TRIPLE))
    for name in ("is_algebraically_stable", "is_an_stable", "ssp_coefficient", "angle"):
        with pytest.raises(UnsupportedError, match="complex|for a real R"):
            getattr(known, name)


def test_networks_refuse():
    pytest.importorskip("torch")
    for make in (lambda s: st.to_block(s), lambda s: st.to_stack(s, [abs])):
        with pytest.raises(UnsupportedError, match="has complex coefficients"):
            make(SCHEMES["castella"][0]())


def test_a_splitting_has_as_many_kicks_as_drifts():
    verlet = st.splitting(["1/2", "1/2"], [1])
    assert st.order(verlet) == 2 and st.stability(verlet).imaginary_interval == 2
    assert st.splitting([1], [1]) == st.symplectic_euler
    with pytest.raises(st.SchemeError, match="2 kicks and 3 drifts"):
        st.splitting(["1/2", "1/2"], [1, 1, 1])


def test_a_field_too_large_is_refused_and_its_decimals_are_taken():
    """Triple jumps from two to four to six: the exact numbers have degree 240."""
    fourth = composed("stoermer_verlet", TRIPLE)
    last = 1 / (2 - 2 ** Rational(1, 5) * exp(2 * pi * I / 5))
    with pytest.raises(CoefficientError, match=r"degree 240.* give them in decimals"):
        composed(fourth, [last, 1 - 2 * last, last])
    number = complex(sympy.N(GAMMA, 20))
    rounded = composed("stoermer_verlet", [number, 1 - 2 * number, number])
    number = complex(sympy.N(last, 20))
    sixth = composed(rounded, [number, 1 - 2 * number, number])
    assert not sixth.exact and st.order(sixth) == 6


def test_raising_the_order_once_more():
    """gamma = 1/2 + i tan(pi/10)/2 raises four to five: gamma^5 + (1 - gamma)^5 = 0."""
    imaginary = tan(pi / 10) / 2
    fifth = composed(st.splitting(KICKS, ["1/4"] * 4), [HALF + I * imaginary, HALF - I * imaginary])
    assert st.order(fifth) == 5
