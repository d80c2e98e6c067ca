"""Where the set of two numbers ends on a curve of them, against the set's closed form."""

import pytest
import sympy
from sympy import ZZ, Symbol
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

import schemetools as st
from schemetools.analysis.stability.decided_sets import symbol
from schemetools.analysis.stability.grid_symbols import one_angle
from schemetools.analysis.stability.plane import _ends_on

NU, MU = sympy.symbols("nu mu")


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (NU - MU**2, {(MU, MU), (MU**2 + 2 * MU - 1, MU**2 + 2 * MU - 1)}),  # mu^4 <= mu^2 + 2 mu <= 1
        (MU - NU**2, {(MU - 1, NU + 1), (MU, NU), (4 * MU - 1, 2 * NU - 1)}),  # nu^2 <= nu + 2 nu^2 <= 1
        (2 * NU - 1, {(4 * MU - 1, 4 * MU - 1), (8 * MU + 1, 8 * MU + 1)}),
        (4 * MU - 1, {(sympy.S(0), 2 * NU - 1), (sympy.S(0), 2 * NU**2 - 2 * NU - 1)}),  # one value of the first number
    ],
    ids=["parabola over mu", "parabola over nu", "fixed nu", "fixed mu"],
)
def test_ends_of_upwind_advection_diffusion(curve, expected):
    """nu^2 <= nu + 2 mu <= 1, on a parabola in each number and on a line where one is fixed."""
    found = one_angle(symbol(st.get("upwind_advection_diffusion")))
    ring = PolyRing([Symbol(n) for n in found.names], ZZ, lex)
    pairs = _ends_on(found, ring.from_expr(sympy.expand(curve)))
    assert {(e.as_expr(), b.as_expr()) for e, b in pairs} == expected
