"""Stability in words: verdicts, intervals, and the table of everything that is known."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import sympy
from sympy import And, Basic, CRootOf, Eq, Expr, Or, Piecewise, Symbol
from sympy.core.relational import Ge, Gt, Le, Lt
from sympy.polys.polyerrors import NotAlgebraic

from schemetools.analysis.algebra.root_number import PolynomialRoot
from schemetools.analysis.stability.questions import QUESTIONS, Kind, Question
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact.style import TEXT, signed_sum
from schemetools.schemes.text import number
from schemetools.tables import aligned

LONGEST_NUMBER, LONGEST_EQUATION, HIGHEST_DEGREE = 24, 60, 6
DIGITS = 5


def verdict(value: Any) -> str:
    """A verdict in words: yes, no, undecided, or the condition on the free symbols under which it holds.

    >>> import schemetools as st
    >>> verdict(True), verdict(st.stability(st.lm()).is_zero_stable)
    ('yes', '-1 < k <= 1')
    """
    if value is None:
        return "undecided"
    if value in (True, False):
        return "yes" if value else "no"
    return _condition(value)


def _condition(value: Any) -> str:
    if isinstance(value, (And, Or)):
        between = _between(value) if isinstance(value, And) else None
        word = " and " if isinstance(value, And) else " or "
        return between or word.join(sorted(map(_condition, value.args)))
    if isinstance(value, Eq):
        return f"{number(value.lhs)} = {number(value.rhs)}"
    return number(value)


def _between(condition: And) -> str | None:
    """-1 < k <= 1, where a condition bounds one symbol from both sides."""
    below = [r for r in condition.args if isinstance(r, (Gt, Ge)) and r.lhs.is_Symbol]
    above = [r for r in condition.args if isinstance(r, (Lt, Le)) and r.lhs.is_Symbol]
    if len(condition.args) != 2 or len(below) != 1 or len(above) != 1 or below[0].lhs != above[0].lhs:
        return None
    first, second = ("<" if isinstance(r, (Gt, Lt)) else "<=" for r in (below[0], above[0]))
    return f"{number(below[0].rhs)} {first} {below[0].lhs} {second} {number(above[0].rhs)}"


def length(value: Expr | None, *, is_exact: bool = True) -> str:
    """The length of an interval: exact if short, else a decimal, with the equation that it solves if that is short.

    >>> import schemetools as st
    >>> length(st.stability(st.rk4).real_interval), length(st.stability(st.rk4).imaginary_interval)
    ('2.7853 [z^3 - 4 z^2 + 12 z - 24 = 0]', '2 sqrt(2)')
    """
    if value is None:
        return "undecided"
    if value == sympy.oo:
        return "infinite"
    if isinstance(value, Piecewise):
        *cases, (other, _) = [(length(part), condition) for part, condition in value.args]  # type: ignore[misc]
        return ", ".join([*(f"{part} if {verdict(condition)}" for part, condition in cases), f"else {other}"])
    if value.free_symbols:
        return number(value, is_exact=is_exact)
    if value.is_Float and is_exact:
        return f"{float(value):.7g}"
    if not _roots(value) and len(written := number(value, is_exact=is_exact)) <= LONGEST_NUMBER:
        return written
    return f"{sympy.N(value, DIGITS)}{_equation(value)}"


def _roots(value: Basic) -> set[Any]:
    """The roots in an expression; CRootOf.args, which would build the polynomial anew, are left alone."""
    found = isinstance(value, (CRootOf, PolynomialRoot))
    return {value} if found else {root for part in value.args for root in _roots(part)}


def _equation(value: Expr) -> str:
    """The equation with integer coefficients that a number solves, in brackets; nothing where it is long."""
    if value.is_Rational or any(is_long(root) for root in _roots(value)):
        return "..."
    try:
        equation = _polynomial_text(_minimal_polynomial(value))
    except NotAlgebraic:  # a root that is known by its enclosure alone
        return "..."
    return f" [{equation} = 0]" if len(equation) <= LONGEST_EQUATION else "..."


def is_long(root: CRootOf | PolynomialRoot) -> bool:
    """Whether the equation of a root is not worth a line."""
    return isinstance(root, PolynomialRoot) or root.poly.degree() > HIGHEST_DEGREE


def _minimal_polynomial(value: Expr) -> list[Expr]:
    """Integer coefficients, highest power first; a rational multiple of a root has those of the root, scaled."""
    factor, root = value.as_coeff_Mul()
    if not isinstance(root, CRootOf) or not factor.is_Rational:
        return sympy.minimal_polynomial(value, Symbol("z"), polys=True).all_coeffs()
    scaled = [c * factor**i for i, c in enumerate(root.poly.all_coeffs())]
    common = sympy.Rational(sympy.igcd(*(c.p for c in scaled)), sympy.ilcm(*(c.q for c in scaled)))
    return [c / common for c in scaled]


def _polynomial_text(coefficients: Sequence[Expr]) -> str:
    """z^3 - 4 z^2 + 12 z - 24."""
    terms = []
    for power, c in zip(range(len(coefficients) - 1, -1, -1), coefficients, strict=True):
        if c != 0:
            letter = TEXT.power("z", power) if power else ""
            size = " ".join(part for part in ("" if abs(c) == 1 and power else str(abs(c)), letter) if part)
            terms.append(("-" if c < 0 else "+", size))  # type: ignore[operator]
    return signed_sum(terms)


def answer(known: Any, question: Question) -> str:
    """The answer to a verdict or number in words."""
    if question.name == "is_a_stable":
        return a_stable(known)
    value = getattr(known, question.name)
    return verdict(value) if question.kind is Kind.VERDICT else length(value, is_exact=known.scheme.exact)


def a_stable(known: Any) -> str:
    """Yes, no, a condition, or the angle of A(alpha)-stability in degrees."""
    if known.is_a_stable in (True, False) and not known.is_a_stable and not known.scheme.free_symbols:
        try:
            angle = known.angle
        except UnsupportedError:  # of complex coefficients
            angle = None
        if angle:
            return f"A({math.degrees(float(angle)):.2f} deg)"
    return verdict(known.is_a_stable)


def verdict_table(known: Any) -> str:
    """One line per verdict and number, with how it was found where that was not exactly; what many share is said once.

    >>> import schemetools as st
    >>> print(st.stability(st.trapezoid))
    trapezoid
    zero-stable            yes
    A-stable               yes
    L-stable               no
    ...
    real interval          infinite
    imaginary interval     infinite
    SSP coefficient        2
    area                   infinite
    """
    rows = list(_answers(known))
    remarks = [how for _, _, how in rows if how]
    shared = next((how for how in remarks if remarks.count(how) > 1), "")
    lines = aligned([(title, f"{said}  ({how})" if how not in ("", shared) else said) for title, said, how in rows])
    return "\n".join([f"{known.scheme}", *([shared] if shared else []), *lines])


def _answers(known: Any) -> Iterator[tuple[str, str, str]]:
    """(title, answer, how it was found: empty where exactly, or where there is nothing to be found)."""
    for question in QUESTIONS:
        if question.kind in (Kind.VERDICT, Kind.NUMBER):
            try:
                value, how = getattr(known, question.name), known.how(question.name)
            except SchemeError:
                continue
            said = "none" if value is None and question.name == "angle" else answer(known, question)
            yield question.title, said, "" if how == "exact" or value == sympy.oo else how
