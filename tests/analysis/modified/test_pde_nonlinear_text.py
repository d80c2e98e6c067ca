"""What a nonlinear modified equation prints is what it holds: read back from text and from LaTeX, term by term."""

import dataclasses
import re

import pytest
import sympy
from sympy import Rational, Symbol, expand

import schemetools as st
from tests.analysis.reading import formula, from_latex

lam, dx = sympy.symbols("lam dx")
ADVECTION_DIFFUSION = "lines(rk4, -c*upwind(1, 3) + D*laplacian())"
CASES = [
    ("upwind", "F", 4),
    ("lax_friedrichs", "u^2/2", 3),
    ("maccormack", "2*u", 4),
    ("rk4_centred2", "F", 6),
    ("rk2_upwind3", "u^3 + u", 4),
    (ADVECTION_DIFFUSION, "u^2/2", 4),
    ("upwind", sympy.exp(Symbol("u")), 3),
    ("lax_friedrichs", Symbol("u") ** Rational(3, 2), 3),
]


def equation_of(name, flux, order):
    return st.modified_equation(st.get(name), order=order, flux=flux)


@pytest.mark.parametrize(("name", "flux", "order"), CASES)
def test_the_printed_equation_is_the_equation(name, flux, order):
    """The limit and the next two powers of dx there are."""
    eq = equation_of(name, flux, order)
    text = re.search(r"^modified +u_t = (.*) \+ \.\.\.$", str(eq), re.MULTILINE)[1]
    display = re.fullmatch(r"\$\$ u_\{t\} = (.*) \+ \\cdots \$\$", eq.latex())[1]
    expected = sum(value * dx ** (n - 1) for n, value in list(eq.coefficients.items())[:3])
    for body in (text, from_latex(display)):
        found = formula(body).subs(Symbol("e"), sympy.E)
        assert sympy.simplify(expand(found - expected)) == 0


def test_the_first_line_names_the_law_and_the_order():
    """Of Burgers' equation by Richtmyer's scheme the error starts with dx^2; upwind's with dx."""
    assert str(equation_of("richtmyer", "u^2/2", 3)).startswith(
        "richtmyer for u_t + (u^2/2)_x = 0: order 2, lam = dt/dx"
    )
    assert str(equation_of("upwind", "F", 2)).startswith("upwind for u_t + F(u)_x = 0: order 1,")
    assert str(equation_of("upwind", "3*u^2", 1)).startswith("upwind for u_t + (3 u^2)_x = 0: no error through dx^0,")
    assert "order 3," in str(equation_of(ADVECTION_DIFFUSION, "u^2/2", 4)).splitlines()[0]


def test_whether_it_stays_a_conservation_law_is_said():
    """u_x u_xx is the derivative of u_x^2/2; u_x^2, whose integral over a period is positive, of nothing."""
    eq = equation_of("upwind", "F", 3)
    assert str(eq).endswith("conservative  yes: every term through dx^2 is the derivative of a flux")
    assert str(equation_of("upwind", "F", 2)).endswith("every term through dx is the derivative of a flux")
    v, step = eq.jets.u, eq.jets.ring.gens[0]
    for term, n, last in (
        (v[1] * v[2], 3, "yes: every term through dx^2"),
        (v[1] ** 2, 2, "no: the term of dx^1 is no"),
    ):
        parts = [eq.jets.ring.zero] * n + [step * term]
        other = dataclasses.replace(eq, parts=tuple(parts), flux=None)
        assert other.conservative == last.startswith("yes") and last in str(other)
