import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp
from sympy import Function, Matrix, Rational, atan, cos, diff, exp, log, simplify, sin, sqrt, symbols, tan, tanh

import schemetools as st

x, y, h, t, a = symbols("x y h t a")


def by_hand(f, variables):
    """f'f, f''(f,f), f'f'f by matrices."""
    vector = Matrix(f)
    first = vector.jacobian(variables) * vector
    second = Matrix(
        [
            sum(diff(c, p, q) * vector[i] * vector[j] for i, p in enumerate(variables) for j, q in enumerate(variables))
            for c in f
        ]
    )
    return first, second, vector.jacobian(variables) * first


FIELDS = [
    (x * (2 - y), y * (x - 1)),
    (-y / (x**2 + y**2), x / (x**2 + y**2)),
    (sin(x * y), exp(-x) + a * y),
    (sqrt(1 + x**2), tanh(y) - x),
    (log(2 + x) * y, atan(x) + 1 / y**2),
    (tan(x) + y, (1 + x**2) ** Rational(-3, 2)),
    (Function("g")(x) + y, x),
]


@pytest.mark.parametrize("f", FIELDS, ids=str)
def test_euler_by_hand(f):
    right = st.modified_equation(st.euler, 3).vector_field(f, (x, y), h)
    first, second, third = by_hand(f, (x, y))
    for i in range(2):
        expected = f[i] - h / 2 * first[i] + h**2 * (second[i] / 12 + third[i] / 3)
        at = {x: Rational(3, 10), y: Rational(2, 5), a: 2, h: Rational(1, 2)}
        difference = right[i] - expected
        if difference.has(Function("g")):
            assert simplify(difference) == 0
        else:
            assert abs(difference.subs(at).evalf(30, chop=True)) < 1e-25


def test_a_field_whose_derivatives_bring_ever_new_functions_is_differentiated_as_it_stands():
    """Gamma' = Gamma psi_0 and psi_n' = psi_(n+1): no finite set of functions is closed."""
    right = st.modified_equation(st.euler, 2).vector_field([sympy.gamma(x)], [x], h)[0]
    expected = sympy.gamma(x) - h / 2 * sympy.gamma(x) ** 2 * sympy.digamma(x)
    assert simplify(right - expected) == 0


def test_symbolic_coefficients():
    k = st.modified_equation(st.lm()).limit.free_symbols.pop()
    right = st.modified_equation(st.lm(), 2).vector_field([-sin(x)], [x], h)[0]
    expected = -sin(x) / (1 + k) - h * (1 - k) / (2 * (1 + k) ** 3) * sin(x) * cos(x)
    assert simplify(right - expected) == 0


def test_number_fields():
    right = st.modified_equation(st.crouzeix3, 4).vector_field([x], [x], h)[0]
    tall = st.modified_equation(st.crouzeix3, 4)[st.Tree((1, 2, 3, 4))]
    assert simplify(right - x * (1 + h**3 * tall)) == 0


def test_the_oscillator_of_the_literature():
    """Explicit midpoint keeps x^2 + y^2 on (-y, x)/(x^2 + y^2), and turns a little slower."""
    r2 = x**2 + y**2
    right = st.modified_equation(st.midpoint, 8).vector_field((-y / r2, x / r2), (x, y), h)
    assert simplify(x * right[0] + y * right[1]) == 0
    speed = 1 - h**2 / (12 * r2**2) + h**4 / (80 * r2**4) - h**6 / (448 * r2**6)
    assert simplify(right[0] + y / r2 * speed) == 0


def test_modifying_integrator_of_the_oscillator_is_exact_to_its_order():
    r2 = x**2 + y**2
    field = st.modifying_integrator(st.midpoint, 6).vector_field((-y / r2, x / r2), (x, y), h)
    function = __import__("sympy").lambdify((x, y, h), list(field))
    errors = []
    for step in (0.2, 0.1):
        c = np.array(function(1.0, 0.0, step))
        new = np.array([1.0, 0.0]) + step * np.array(function(*(np.array([1.0, 0.0]) + step / 2 * c), step))
        errors.append(np.linalg.norm(new - [np.cos(step), np.sin(step)]))
    assert np.log2(errors[0] / errors[1]) > 6.5


@pytest.mark.parametrize("name", ["euler", "rk4", "implicit_midpoint", "radau_iia(2)", "lm(k=1/2)", "bdf(2)"])
def test_modifying_integrator_inverts_the_modified_equation(name):
    """On f = x both are numbers: R(z c(z)) = e^z, and log R(z)/z = b(z), so that b(z c) c = 1."""
    scheme, z = st.get(name), symbols("z")
    b = st.modified_equation(scheme, 5).vector_field([x], [x], h)[0] / x
    c = st.modifying_integrator(scheme, 5).vector_field([x], [x], h)[0] / x
    product = (b.expand().subs(h, z * c) * c).expand()
    assert product.coeff(z, 0).subs(h, 0) == 1
    combined = (b.expand().subs(h, h * c) * c).expand()
    assert [combined.coeff(h, n) for n in range(5)] == [1, 0, 0, 0, 0]


def test_solver_for_scipy():
    eq = st.modified_equation(st.euler, 3)
    right = eq.solver((-y, x), (x, y))
    solution = solve_ivp(right, (0, 1), [1.0, 0.0], args=(0.05,), rtol=1e-10, atol=1e-12)
    state = np.array([1.0, 0.0])
    for _ in range(20):
        state = state + 0.05 * np.array([-state[1], state[0]])
    assert np.abs(solution.y[:, -1] - state).max() < 1e-4
    exact = np.array([np.cos(1), np.sin(1)])
    assert np.abs(exact - state).max() > 0.02
    fixed = eq.solver((-y, x), (x, y), 0.05)
    assert np.allclose(fixed(0, np.ones((2, 3))), right(0, np.ones((2, 3)), 0.05))
    timed = eq.solver((t * y, x), (x, y), 0.1, t)
    assert np.isfinite(timed(0.5, np.array([1.0, 2.0]))).all()


def test_solver_wants_numbers():
    with pytest.raises(st.SchemeError, match="a has no number"):
        st.modified_equation(st.euler).solver([a * x], [x])
    with pytest.raises(st.SchemeError, match="k has no number"):
        st.modified_equation(st.lm()).solver([x], [x])


def test_the_forms_in_which_fields_come():
    eq = st.modified_equation(st.midpoint, 3)
    base = eq.vector_field((x * y, -x), (x, y), h)
    assert eq.vector_field(Matrix([x * y, -x]), (x, y), h) == base
    assert eq.vector_field(lambda x, y: (x * y, -x), (x, y), h) == base
    assert eq.vector_field(x, x, h) == eq.vector_field([x], [x], h)
    assert eq.vector_field(lambda s, u: [s * u], [x], h, t) == eq.vector_field([t * x], [x], h, t)


@pytest.mark.parametrize(
    ("f", "u", "message"),
    [
        ([x, y], [x], "2 components and u has 1"),
        ([x], [x, x], "distinct symbols"),
        ("x", [x], "f is a str"),
        ([x], [x + 1], "symbols"),
    ],
)
def test_bad_fields(f, u, message):
    with pytest.raises(st.SchemeError, match=message):
        st.modified_equation(st.euler).vector_field(f, u, h)


def test_bad_fields_of_partitioned_schemes_and_time():
    eq = st.modified_equation(st.revnet, 2)
    with pytest.raises(st.SchemeError, match="list of 2 fields"):
        eq.vector_field([x], [x, y], h)
    with pytest.raises(st.SchemeError, match="own"):
        eq.vector_field([[x], [y]], (x, y), h)
    assert eq.vector_field({"F": [y], "G": [x]}, ((x,), (y,)), h) == eq.vector_field([[y], [x]], (x, y), h)
    with pytest.raises(st.SchemeError, match="none of the variables"):
        st.modified_equation(st.euler).vector_field([x], [x], h, x)
    with pytest.raises(st.SchemeError, match="schemes with one field"):
        eq.vector_field([[y], [x]], (x, y), h, t)


def test_the_trapezoidal_rule_keeps_the_energy_of_the_midpoint_rule_for_a_quadratic_one():
    """Both are the Cayley transform of a linear field, which keeps p^2 + q^2; the frequency is 2 atan(h/2)/h."""
    p, q, h = sympy.symbols("p q h")
    energy = (p**2 + q**2) / 2
    for name in ("trapezoid", "implicit_midpoint"):
        found = st.modified_equation(st.get(name), 4).hamiltonian(energy, p, q, h)
        assert sympy.expand(found - energy * sympy.series(2 * sympy.atan(h / 2) / h, h, 0, 4).removeO()) == 0
