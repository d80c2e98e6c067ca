import pytest
from sympy import Rational, Symbol, cos, diff, simplify, sin, symbols

import schemetools as st
from schemetools.analysis.modified.concrete import first_integral_order
from schemetools.analysis.properties.conjugate import conjugate_order
from schemetools.analysis.properties.geometry import energy_order

p, q, h = symbols("p q h")
SYMPLECTIC = [
    "implicit_midpoint",
    "gauss(2)",
    "gauss(3)",
    "symplectic_euler",
    "stoermer_verlet",
    "ruth3",
    "yoshida4",
    "revnet",
]
SYMMETRIC = [
    "implicit_midpoint", "trapezoid", "gauss(2)", "gauss(3)", "leapfrog", "milne_simpson(2)", "lobatto_iiia(3)",
    "lobatto_iiib(3)", "stoermer_verlet", "yoshida4", "strang(inner=implicit_midpoint)",
]  # fmt: skip
NEITHER = ["euler", "rk4", "backward_euler", "bdf(2)", "lm(k=3/10)", "radau_iia(2)", "strang", "adams_bashforth(2)"]


@pytest.mark.parametrize("name", sorted({*SYMPLECTIC, *SYMMETRIC, *NEITHER}))
def test_verdicts(name):
    scheme = st.get(name)
    assert st.is_symplectic(scheme) == (name in SYMPLECTIC)
    assert st.is_symmetric(scheme) == (name in SYMMETRIC)


def test_lobatto_pair():
    assert st.is_symplectic(st.get("lobatto_iiia_iiib"))


def test_a_permuted_symmetric_tableau():
    gauss = st.gauss(2)
    swapped = st.RungeKutta([[gauss.A[1 - i][1 - j] for j in range(2)] for i in range(2)], [gauss.b[1], gauss.b[0]])
    assert st.is_symmetric(swapped)
    one = st.RungeKutta([["1/2", 0, 0], ["1/2", "1/2", 0], ["1/2", "1/2", "1/2"]], [1, 0, 0])
    assert st.is_symmetric(one)  # the implicit midpoint rule, with stages that nothing needs


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("rk4", 4), ("implicit_midpoint", 2), ("midpoint", 2)])
def test_energy_drift_has_the_order_of_the_method(name, order):
    assert energy_order(st.get(name)) == order


def test_a_method_of_order_three_keeps_energies_to_order_four_by_hand():
    """Simpson's 3/8 weights and a_43 = 1/a_32: of the four trees of order four two have errors, phi - 1/gamma.

    With a = a_32 they are (1 - a)/24 of [[.], .] and (1/a - 1)/36 of [[., .]], of symmetry 2. Both hang on one free
    tree, three edges apart, so that a third is where (1 - a)/24 = (1/a - 1)/72.
    """
    energy = p**2 / 2 + q**4 / 4 + p * q**2 / 3
    field = (-diff(energy, q), diff(energy, p))
    for a, kept in ((Rational(1, 3), 4), (Rational(1, 2), 3), (Rational(4, 3), 3)):
        last = [1 - (4 - 3 * a - 2 / a) - 1 / a, 4 - 3 * a - 2 / a, 1 / a]
        scheme = st.RungeKutta([[], ["1/3"], [Rational(2, 3) - a, a], last], ["1/8", "3/8", "3/8", "1/8"])
        assert (st.order(scheme), energy_order(scheme)) == (3, kept)
        equation = st.modified_equation(scheme, 6)
        assert first_integral_order(equation, energy, field, (p, q)) == kept


def test_energy_order_of_kutta_theory():
    """The drift condition agrees with the drift of a concrete Hamiltonian."""
    energy = p**2 / 2 + q**4 / 4 + p * q**2 / 3
    field = (-diff(energy, q), diff(energy, p))
    for name in ("heun3", "midpoint", "rk4"):
        eq = st.modified_equation(st.get(name), 5)
        assert first_integral_order(eq, energy, field, (p, q)) == energy_order(st.get(name), through=5)


@pytest.mark.parametrize("name", ["implicit_midpoint", "symplectic_euler", "stoermer_verlet"])
@pytest.mark.parametrize("potential", [-cos(q), q**4 / 4 - q**2, 1 / q])
def test_modified_hamiltonian(name, potential):
    energy = p**2 / 2 + p**4 / 8 + potential
    eq = st.modified_equation(st.get(name), 4)
    modified = eq.hamiltonian(energy, p, q, h)
    force, velocity = -diff(energy, q), diff(energy, p)
    field = [[force], [velocity]] if eq.is_partitioned else [force, velocity]
    right = eq.vector_field(field, (p, q), h)
    assert simplify(right[0] + diff(modified, q)) == 0
    assert simplify(right[1] - diff(modified, p)) == 0
    assert modified.subs(h, 0).equals(energy)


def test_modified_hamiltonian_of_revnet():
    """H + (h/2) T_p V_q for F = -V_q, G = T_p: the sign of the composition F first, then G."""
    energy = p**2 / 2 - cos(q)
    modified = st.modified_equation(st.revnet, 2).hamiltonian(energy, p, q, h)
    assert simplify(abs(modified.coeff(h) / (p * sin(q)))) == Rational(1, 2)


def test_bad_hamiltonians():
    with pytest.raises(st.SchemeError, match="not symplectic"):
        st.modified_equation(st.rk4).hamiltonian(p**2, p, q, h)
    with pytest.raises(st.SchemeError, match="separable"):
        st.modified_equation(st.revnet).hamiltonian(p**2 * q**2, p, q, h)
    with pytest.raises(st.SchemeError, match="2 components and q 1"):
        st.modified_equation(st.implicit_midpoint).hamiltonian(p**2, (p, Symbol("r")), q, h)


def test_first_integrals():
    x, y, z = symbols("x y z")
    rotor = (y * z, -2 * x * z, x * y)  # x^2 + y^2 + z^2 is kept
    sphere = x**2 + y**2 + z**2
    eq = st.modified_equation(st.implicit_midpoint, 5)
    assert first_integral_order(eq, sphere, rotor, (x, y, z)) == 5  # quadratic: kept exactly
    assert first_integral_order(st.modified_equation(st.rk4, 6), sphere, rotor, (x, y, z)) == 4
    assert st.modified_equation(st.euler, 2).first_integral_drift(sphere, rotor, (x, y, z))[0] == 0


@pytest.mark.parametrize("name", ["rk4", "trapezoid", "heun3", "dopri5", "bdf(2)"])
def test_catalog_schemes_are_conjugate_to_nothing_better(name):
    assert conjugate_order(st.get(name)) == st.order(st.get(name))


def test_a_method_in_other_variables_has_the_order_of_the_original():
    """chi^(-1) o rk4 o chi with chi a third of an Euler step: order 2, effective order 4."""
    scheme = st.compose(st.euler, st.rk4, st.adjoint(st.euler), fractions=["1/3", 1, "-1/3"])
    assert st.order(scheme) == 2
    assert conjugate_order(scheme, through=5) == 4


@pytest.mark.parametrize("name", ["rk4", "gauss(2)", "kutta3"])
def test_the_energy_order_of_rounded_coefficients_is_the_one_meant(name):
    assert st.energy_order(st.to_float(name)) == st.energy_order(name)
    assert st.energy_order("carpenter_kennedy4") >= st.order("carpenter_kennedy4")


def test_questions_name_the_kind_that_has_no_answer():
    for ask, name in ((st.conjugate_order, "ros2"), (st.adjoint, "etd1"), (st.adjoint, "sbdf(2)")):
        with pytest.raises(st.SchemeError, match="of the kind"):
            ask(name)
