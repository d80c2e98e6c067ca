"""cos, sin and tan of rational multiples of pi as the algebraic numbers that they are."""

import sympy
from sympy import Expr, Poly, Rational
from sympy.functions.elementary.trigonometric import TrigonometricFunction

MOST_TURNS = 60  # the largest denominator q in cos(p pi/q): degrees stay at phi(q)/2 <= 30


def algebraic(value: Expr) -> Expr:
    """The expression with every cos(p pi/q), sin, tan as radicals or as the root of its minimal polynomial.

    Others are left as they are.

    >>> algebraic(2 * sympy.cos(sympy.pi / 9))
    2*CRootOf(8*x**3 - 6*x - 1, 2)
    """
    found = {f: _number(f) for f in value.atoms(TrigonometricFunction) if is_rational_turn(f.args[0])}  # type: ignore[arg-type]
    return value.xreplace(found) if found else value


def is_rational_turn(angle: Expr) -> bool:
    """Whether an angle is p pi/q with a small q."""
    turn = angle / sympy.pi
    return bool(turn.is_Rational and turn.q <= MOST_TURNS)  # type: ignore[attr-defined]


def _number(value: Expr) -> Expr:
    x = sympy.Symbol("x")
    polynomial = Poly(sympy.minimal_polynomial(value, x), x, domain="QQ")
    if polynomial.degree() <= 2:
        return _short(polynomial, value)
    near = Rational(value.evalf(60))
    width = Rational(1, 10**40)
    return sympy.rootof(polynomial.as_expr(), x, int(polynomial.count_roots(None, near - width)))


def _short(polynomial: Poly, value: Expr) -> Expr:
    """The root of an equation of degree one or two next to a value."""
    roots = sympy.roots(polynomial, multiple=True)
    return min(roots, key=lambda root: abs(sympy.N(root - value, 30)))
