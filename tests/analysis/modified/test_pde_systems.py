"""Modified equations of systems: exponentials, scalar schemes along characteristics, closed forms, refusals."""

import pytest
import sympy
from sympy import Matrix, Rational, asinh, expand, eye, factorial, series, sinh, symbols, zeros

import schemetools as st
from schemetools.errors import SchemeError

X, Y, nu, nx, ny = symbols("X Y nu nu_x nu_y")


def symbol(equation, letters):
    n = equation.scheme.components
    total = zeros(n, n)
    for index, matrix in equation.in_numbers().items():
        total += matrix * sympy.prod([s**k for s, k in zip(letters, index, strict=True)])
    return total


def cut(matrix, letters, order):
    """The terms of a matrix of polynomials through a total degree."""
    t = sympy.Symbol("t")
    return matrix.applyfunc(
        lambda e: sum(
            expand(e.subs({s: t * s for s in letters}, simultaneous=True)).coeff(t, k) for k in range(order + 1)
        )
    )


def level(scheme, m, letters, order):
    total = zeros(scheme.components, scheme.components)
    for place, c in dict(scheme.levels)[m]:
        angle = sum(j * s for j, s in zip(place, letters, strict=True))
        total += Matrix(c) * sum(sympy.nsimplify(angle) ** k / factorial(k) for k in range(order + 1))
    return total.applyfunc(expand)


@pytest.mark.parametrize(
    ("name", "letters", "order"),
    [("yee", (X,), 5), ("acoustics_upwind", (X,), 4), ("shallow_water_lax_friedrichs", (X,), 3), ("yee_2d", (X, Y), 3)],
)
def test_the_exponential_of_the_equation_is_the_step(name, letters, order):
    scheme = st.get(name)
    P = symbol(st.modified_equation(scheme, order=order), letters)
    power, total = eye(scheme.components), eye(scheme.components)
    for k in range(1, order + 1):
        power = cut(power * P, letters, order)
        total += power / factorial(k)
    left = level(scheme, 1, letters, order) * total + level(scheme, 0, letters, order)
    assert cut(left.applyfunc(expand), letters, order).is_zero_matrix


def test_yee_squares_to_its_dispersion_relation():
    P = symbol(st.modified_equation(st.yee, order=7), (X,))
    tau = series((2 * asinh(nu * sinh(X / 2))) ** 2, X, 0, 8).removeO()
    assert cut(P * P, (X,), 7) == expand(tau) * eye(2)


def test_acoustics_go_by_the_scalar_scheme_along_each_characteristic():
    for name, scalar, mirrored in (
        ("acoustics_lax_wendroff", "lax_wendroff", False),
        ("acoustics_upwind", "upwind", True),
    ):
        system = st.modified_equation(st.get(name), order=5)
        wave = st.modified_equation(st.get(scalar), order=5)
        for k in range(1, 6):
            assert expand(system[k][0, 0] + system[k][0, 1] - wave[k]) == 0
            back = wave[k].subs(nu, -nu) if not mirrored else (-1) ** k * wave[k]
            assert expand(system[k][0, 0] - system[k][0, 1] - back) == 0


def test_limits_and_paths():
    c = sympy.Symbol("c")
    assert st.modified_equation(st.yee).limit == {(1,): Matrix([[0, c], [c, 0]])}
    assert st.modified_equation(st.shallow_water_lax_friedrichs).consistency == (0, 2)
    assert "staggered" in str(st.modified_equation(st.yee_2d, order=2))


def test_a_step_that_turns_constants_is_refused_with_the_reason():
    turn = {1: {0: [[1, 0], [0, 1]]}, 0: {0: [["-1", "q"], ["-q", "-1"]]}}
    rotation = st.modified_equation(st.DifferenceScheme(turn, numbers={"q": "omega*dt"}), order=3)
    q = sympy.Symbol("q")
    assert rotation[0] == Matrix([[q**2 / 2, q**3 / 3 - q], [q - q**3 / 3, q**2 / 2]])
    assert "expanded in q" in rotation.warnings[0]
    with pytest.raises(SchemeError, match="inconsistent"):
        rotation.scheme.subs({"q": 1})
    swap = {1: {0: [[1, 0], [0, 1]]}, 0: {0: [[0, -1], [-1, 0]]}}
    with pytest.raises(SchemeError, match=r"changes constants by \[\[0, 1\], \[1, 0\]\], .* not rational"):
        st.modified_equation(st.DifferenceScheme(swap))
    three = {2: {0: [[1, 0], [0, 1]]}, 1: {0: [[0, 0], [0, 0]], 1: [[-1, 0], [0, -1]]}, 0: {0: [[0, 0], [0, 1]]}}
    with pytest.raises(SchemeError):
        st.modified_equation(st.DifferenceScheme(three, numbers=None))


def test_a_family_of_rationals_stays_exact():
    half = st.modified_equation(st.yee.subs({"nu": Rational(1, 2)}), order=3)
    assert half[3][0, 1] == st.modified_equation(st.yee, order=3)[3][0, 1].subs(nu, Rational(1, 2))
