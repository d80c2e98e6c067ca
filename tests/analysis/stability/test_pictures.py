"""What pictures are drawn from: growth per field, principal roots, zeros and poles, and the formulas beside them."""

import numpy as np
import pytest
import sympy
from sympy import Symbol

import schemetools as st
from schemetools.analysis.stability.several_fields import growth_of_fields
from schemetools.errors import SchemeError
from tests.analysis.reading import formula, from_latex

Z = np.array([[-1 + 1j, -0.3 + 2j], [0.2 + 0.1j, -2.5 + 0j]])


def test_growth_with_a_value_for_each_field():
    """IMEX Euler multiplies by (1 + z_F)/(1 - z_G); with one value for both fields it is the sum's scheme."""
    scheme = st.AdditiveRungeKutta(
        {"F": st.RungeKutta([[0, 0], [1, 0]], [1, 0]), "G": st.RungeKutta([[0, 0], [0, 1]], [0, 1])}
    )
    other = np.array([[0.5j, -3], [-1, -0.1 + 1j]])
    found = growth_of_fields(scheme, {"F": Z, "G": other})
    assert np.abs(found - np.abs((1 + Z) / (1 - other))).max() < 1e-13
    assert np.abs(growth_of_fields(st.rk4, {"f": Z}) - np.abs(1 + Z + Z**2 / 2 + Z**3 / 6 + Z**4 / 24)).max() < 1e-13


@pytest.mark.parametrize(
    ("scheme", "values", "reason"),
    [(st.rk4, {"g": 1}, "values came for \\['g'\\]; the fields of rk4 are"), (st.lm(), {"f": 1}, "needs numbers")],
)
def test_growth_of_other_fields_is_refused(scheme, values, reason):
    with pytest.raises(SchemeError, match=reason):
        growth_of_fields(scheme, values)


def test_where_the_principal_root_leads():
    """One step: |e^z|/|R(z)|. Leapfrog: w^2 - 2 z w - 1, the root near e^z over the other, which is -1/w."""
    one = st.stability(st.rk4).dominance(Z)
    assert np.abs(one - np.log(np.abs(np.exp(Z) / (1 + Z + Z**2 / 2 + Z**3 / 6 + Z**4 / 24)))).max() < 1e-12
    small = 0.2 * Z
    w = small + np.sqrt(1 + small**2)
    assert np.abs(st.stability(st.leapfrog).dominance(small) - 2 * np.log(np.abs(w))).max() < 1e-12


def test_zeros_and_poles_of_a_rational_function():
    """Padé (1, 2): R = (1 + z/3)/(1 - 2 z/3 + z^2/6), zero -3, poles 2 +- i sqrt(2)."""
    zeros, poles = st.stability(st.get("radau_iia(2)")).zeros_and_poles()
    assert zeros == pytest.approx([-3]) and sorted(poles.imag) == pytest.approx([-np.sqrt(2), np.sqrt(2)])
    assert poles.real == pytest.approx([2, 2])


def test_formulas_in_latex_are_the_functions():
    w, z = Symbol("w"), Symbol("z")
    body = st.stability(st.heun2).latex().removeprefix("$$R(z) = ").removesuffix("$$")
    assert sympy.expand(formula(from_latex(body)) - (1 + z + z**2 / 2)) == 0
    known = st.stability(st.leapfrog)
    body = known._repr_latex_().removeprefix(r"$$\Phi(w, z) = ").removesuffix("$$")
    assert sympy.cancel(formula(from_latex(body)) / known.polynomial(w, z)).is_number
    assert st.stability("stochastic_depth(1/2)")._repr_latex_() is None


@pytest.mark.parametrize("name", ["ros2", "rodas4", "ros3p"])
def test_rosenbrock_methods_are_stiffly_accurate_where_their_last_row_is_the_result(name):
    scheme = st.get(name)
    last = [float(x) for x in scheme.linear.A[-1]]
    expected = (
        np.allclose(last, [float(x) for x in scheme.b], atol=1e-9) and abs(sum(map(float, scheme.A[-1])) - 1) < 1e-9
    )
    assert bool(st.stability(scheme).is_stiffly_accurate) == expected
    rounded = st.Rosenbrock(
        [[float(x) for x in row] for row in scheme.A],
        [[float(x) for x in row] for row in scheme.Gamma],
        [float(x) for x in scheme.b],
    )
    assert bool(st.stability(rounded).is_stiffly_accurate) == expected


def test_the_ssp_coefficient_of_two_steps_in_two_symbols():
    """u_(n+2) = a u_n + (1 - a) u_(n+1) + h (b f_n + c f_(n+1)): the least of a/b and (1 - a)/c (Shu 1988)."""
    a, b, c = sympy.symbols("a b c")
    found = st.stability(st.LinearMultistep([-a, a - 1, 1], [b, c, 0])).ssp_coefficient
    half = sympy.Rational(1, 2)
    for at in ({a: half, b: half, c: 1}, {a: half, b: 0, c: 3}, {a: half, b: -1, c: 1}, {a: 2, b: 1, c: 1}):
        right = min((x / y for x, y in ((at[a], at[b]), (1 - at[a], at[c])) if y), default=sympy.oo)
        allowed = all(x >= 0 for x in (at[a], 1 - at[a], at[b], at[c]))
        assert found.subs(at) == (right if allowed else 0)


def test_a_random_scheme_of_several_values_has_no_scalar_second_moment():
    """Leapfrog whose slope is switched by a coin."""
    coin = next(iter(st.schemes.stochastic_depth("1/2").random_symbols))
    with pytest.raises(SchemeError, match="several values has a matrix of second moments"):
        st.stability(st.LinearMultistep([-1, 0, 1], [0, 2 * coin, 0])).second_moment(0, 0)
