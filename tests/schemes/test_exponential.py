"""Exponential methods as nouns: phi functions, what is refused, files, stability of two numbers."""

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational

import schemetools as st
from schemetools.errors import CoefficientError, SchemeError, TableauError, UnsupportedError
from schemetools.present.facts import scheme_facts
from schemetools.schemes import phi
from schemetools.schemes.phi_values import phi_functions

NAMES = [*st.names("exponential"), "lawson(rk4)", "lawson(dopri5)"]


@pytest.mark.parametrize(
    ("A", "b", "error", "message"),
    [
        ([["phi1(z)"]], ["phi1(z)"], TableauError, r"A\[0\]\[0\] = phi1\(z\) came; .* strictly lower triangular"),
        ([[0]], ["phi1(z)*phi2(z)"], CoefficientError, "no linear combination"),
        ([[0]], ["k*phi1(z)"], CoefficientError, "'k'"),
        ([[0]], ["z*phi1(z)"], CoefficientError, "z"),
        ([[0]], ["phi1(z + 1)"], CoefficientError, "c z"),
        ([[0]], ["phi13(z)"], CoefficientError, "phi12"),
        ([[0]], ["__import__('os')"], CoefficientError, "cannot read"),
        ([[0], [0]], ["phi1(z)"], TableauError, "A has 2 rows and b has 1"),
        ([[0]], "phi1(z)", TableauError, "must be a list"),
    ],
)
def test_what_is_no_exponential_method_is_refused(A, b, error, message):
    with pytest.raises(error, match=message):
        st.Exponential(A, b)


def test_nodes_and_embedded_weights_are_checked():
    with pytest.raises(TableauError, match="row sums of A at z = 0, which are 0, 1"):
        st.Exponential([[], ["phi1(z)"]], [0, "phi1(z)"], [0, "1/2"])
    with pytest.raises(TableauError, match="b_hat has 2 entries"):
        st.Exponential([[0]], ["phi1(z)"], b_hat=[1, 0])
    assert st.Exponential([[], ["phi1(z/3)/3"]], [0, "phi1(z)"]).c == (0, Rational(1, 3))


@pytest.mark.parametrize(
    "written", ["phi1(z/2)/2 - 3*exp(z)", "2*phi3(z) + 1/2", "-phi2(2*z)", "(1 - sqrt(2))*phi1(z)", "0"]
)
def test_a_coefficient_is_read_back_as_it_is_printed(written):
    assert phi.combination(phi.text(phi.combination(written))) == phi.combination(written)


def test_equal_combinations_are_equal():
    assert phi.combination("phi1(z) - phi1(z) + exp(0*z)") == 1
    assert phi.combination("phi2(z)/2 + phi2(z)/2") == phi.combination("phi_2(z)")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_gives_the_scheme_back(name, tmp_path):
    st.save(st.get(name), tmp_path / "s.toml")
    assert st.load(tmp_path / "s.toml") == st.get(name)
    assert "array" in st.get(name)._repr_latex_()


def test_the_cox_matthews_coefficient_is_the_published_one():
    """a_41 is published as phi_1(z/2) (e^(z/2) - 1)/2, a product."""
    z = sympy.Symbol("z")
    phi1 = lambda w: (sympy.exp(w) - 1) / w  # noqa: E731
    mine = sum(r * phi1(c * z) for k, c, r in phi.terms(st.get("etdrk4").A[3][0]) if k == 1)
    assert sympy.simplify(mine - phi1(z / 2) * (sympy.exp(z / 2) - 1) / 2) == 0


# ---- phi functions in floating point


def exactly(k, z):
    with mpmath.workdps(2000):
        z = mpmath.mpmathify(z)
        if z == 0:
            return complex(mpmath.mpf(1) / mpmath.factorial(k))
        return complex((mpmath.exp(z) - mpmath.fsum(z**m / mpmath.factorial(m) for m in range(k))) / z**k)


POINTS = [0, 1e-300, 1e-12, 1e-5, -1e-3, 0.3, -0.9, 1.1, 5, -5, -40, -700, -1e6, 30, 1e-6j, 2j, -3 + 20j]


def test_phi_functions_do_not_cancel():
    points = np.array(POINTS, dtype=complex)
    for k, found in enumerate(phi_functions(np, points, 4)):
        for z, value in zip(points, found, strict=True):
            assert abs(value - exactly(k, z)) <= 4e-15 * max(1, abs(z) * (k == 0)) * abs(exactly(k, z)) + 1e-300, (k, z)


def test_phi_functions_of_matrices_are_those_of_their_eigenvalues():
    random = np.random.default_rng(0)
    basis = random.normal(size=(5, 5))
    values = np.array([-1000.0, -3.0, -1e-6, 0.0, 0.7])
    matrix = basis @ np.diag(values) @ np.linalg.inv(basis)
    for k, found in enumerate(phi_functions(np, matrix, 3)):
        expected = basis @ np.diag([exactly(k, v).real for v in values]) @ np.linalg.inv(basis)
        assert np.allclose(found, expected, atol=2e-12 * np.linalg.cond(basis))


# ---- stability


def test_the_growth_is_that_of_one_step():
    x, y = sympy.symbols("x y")
    for name in NAMES:
        known = st.stability(name)
        step = st.to_stepper(name)(lambda u: -0.7 * u, np.array([1.0]), 1.0, linear=-1.3)
        at = known.function(x, y).subs({x: Rational(-13, 10), y: Rational(-7, 10)})
        assert abs(float(at) - step[0]) < 1e-14
        assert abs(known._values(-1.3, -0.7) - step[0]) < 1e-14
        assert sympy.simplify(known.function(x, 0) - sympy.exp(x)) == 0


def test_for_x_zero_it_is_the_classical_stability_function():
    y = sympy.Symbol("y")
    assert sympy.expand(st.stability("etdrk4").function(0, y) - st.stability("rk4").function(y)) == 0
    assert not st.stability("etdrk4").contains(0, 3j) and st.stability("etdrk4").contains(0, 2.8j)


def test_the_region_widens_for_negative_x():
    """Cox and Matthews (2002), figure 1: the regions of ETDRK2 grow as x becomes more negative."""
    known = st.stability("etdrk2")
    areas = [known.region(x, (-40, 40), (-40, 40), 161).sum() for x in (0, -5, -10, -20)]
    assert areas == sorted(areas) and areas[0] < areas[-1] / 4


def test_what_has_one_number_is_refused_by_name():
    known = st.stability("etdrk4")
    for name in ("is_a_stable", "angle", "real_interval", "ssp_coefficient", "boundary", "window"):
        with pytest.raises(UnsupportedError, match=f"etdrk4 has no {name}: .* two numbers"):
            getattr(known, name)
    with pytest.raises(UnsupportedError, match="two numbers"):
        known.how("is_a_stable")
    with pytest.raises(SchemeError, match="finite"):
        known.contains(np.nan, 0)
    with pytest.raises(UnsupportedError, match="etdrk4 is an exponential method"):
        st.get("etdrk4").normal_form()


def test_lawson_takes_explicit_methods_in_numbers():
    for wrong in ("gauss(2)", "bdf(2)", "lm"):
        with pytest.raises(UnsupportedError, match="explicit Runge-Kutta method"):
            st.schemes.lawson(wrong)


def test_it_is_shown():
    facts = dict(scheme_facts(st.get("etdrk4")))
    assert facts["kind"] == "explicit exponential Runge-Kutta method, 4 stages"
    assert (facts["order"], facts["stiff order"]) == ("4", "2")


def test_one_number_is_refused_where_two_are_asked_for():
    known = st.stability("etdrk2")
    for ask in (lambda: known.function(1), lambda: known.contains(1.0), known.region):
        with pytest.raises(st.SchemeError, match=r"two numbers .* function\(x, y\)"):
            ask()
    with pytest.raises(st.SchemeError, match=r"one number does not exist: etd1 has two, x = .*region\(x\)"):
        st.plot_stability("etd1")
    pytest.importorskip("torch")
    with pytest.raises(st.SchemeError, match="'x', a str, came"):
        st.to_block("etd1")(abs, linear="x")
    with pytest.raises(st.SchemeError, match=r"'phi1\(z\)/0': it divides by zero"):
        st.Exponential([[]], ["phi1(z)/0"])
    with pytest.raises(st.SchemeError, match=r"phi1\(z\)\*phi2\(z\) is no linear combination"):
        st.Exponential([[]], ["phi1(z)*phi2(z)"])
    with pytest.raises(st.SchemeError) as said:
        st.Exponential([[]], ["+".join(f"{n}*phi{n}(z)*phi2(z)" for n in range(1, 9))])
    assert len(str(said.value).removeprefix("b[0]: ").split(" is no linear")[0]) == 60  # a long text is cut


def _parabolic_errors(name, steps, cells=64):
    """Hochbruck, Ostermann (2005), section 6: u_t = u_xx + 1/(1 + u^2) + Phi(x, t), u = x (1 - x) e^t."""
    x = np.arange(1, cells) / cells
    ones = np.ones(cells - 2)
    L = (np.diag(ones, 1) + np.diag(ones, -1) - 2 * np.eye(cells - 1)) * cells**2
    exact = lambda t: x * (1 - x) * np.exp(t)  # noqa: E731
    N = lambda t, u: 1 / (1 + u**2) - 1 / (1 + exact(t) ** 2) + exact(t) + 2 * np.exp(t)  # noqa: E731
    return np.array(
        [np.abs(st.solve(name, {"L": L, "N": N}, (0, 1), exact(0), 1 / n).u[-1] - exact(1)).max() for n in steps]
    )


@pytest.mark.parametrize(
    ("name", "low", "high"), [("etdrk4", 1.8, 2.4), ("krogstad4", 3.8, 4.2), ("lawson(rk4)", 0.9, 1.3)]
)
def test_slopes_for_a_parabolic_problem_are_at_least_the_stiff_order(name, low, high):
    errors = _parabolic_errors(name, (8, 16, 32))
    slopes = np.log2(errors[:-1] / errors[1:])
    assert low < min(slopes) and max(slopes) < high
    assert min(slopes) > st.stiff_order(name) - 0.2 and st.order(name) == 4


def test_a_fast_transient_takes_the_stiff_order_from_every_method():
    N = lambda t, u: np.array([u[1] ** 2 + t, u[0] ** 2 + u[1]])  # noqa: E731
    problem, start = {"L": [-1.0, -1000.0], "N": N}, [1.0, 1.0]
    end = st.solve("hochbruck_ostermann4", problem, (0, 1), start, 1 / 8192).u[-1]
    errors = [
        np.abs(st.solve("hochbruck_ostermann4", problem, (0, 1), start, 1 / n).u[-1] - end).max() for n in (8, 16, 32)
    ]
    assert np.allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 1, atol=0.15)
