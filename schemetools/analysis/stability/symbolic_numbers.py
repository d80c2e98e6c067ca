"""Lengths of stability intervals as formulas in a free symbol.

The ends of an interval are roots t of polynomials over K(k). Where these split into factors of degree one or two in t
the roots are formulas in k; between the values of k at which roots meet or vanish one exact sample says which it is.
"""

import functools
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import QQ, Expr, Piecewise, Poly, Symbol
from sympy.polys.domains.domain import Domain

from schemetools.analysis.algebra.cells import Cells, ParametricField, adjoin, explore
from schemetools.analysis.algebra.conditions import Verdict, condition
from schemetools.analysis.algebra.decisions import mapped, minimal, substituted
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial
from schemetools.analysis.algebra.real_roots import RealRoot
from schemetools.analysis.stability.model import Model, reduced
from schemetools.analysis.stability.numbers import crossing_polynomials, imaginary_exit, length, real_exit
from schemetools.analysis.stability.verdicts import imaginary_gap, is_zero_stable, real_gap
from schemetools.errors import UnsupportedError

_T = Symbol("_t")
DIGITS = 40


def interval(model: Model, *, imaginary: bool) -> Expr:
    """The real or imaginary interval as a formula in the model's one free symbol, a Piecewise where it has cases.

    Raises UnsupportedError for several symbols, and where an end is a root of degree above two.
    """
    line = _line(model, imaginary=imaginary)
    if isinstance(line, Expr):
        return line
    cells, at_bounds = _explored(model, imaginary=imaginary)
    formulas: list[Expr] = []
    if any(value not in (sympy.oo, 0) for _, value in cells.results):
        formulas = [_root(v, squared=imaginary) for factor in line.factors for v in _solved(factor)]
    results = [_formula(formulas, line.symbol, at, value) for at, value in cells.results]
    return _assembled(line.symbol, cells.bounds, results, at_bounds)


def is_infinite(model: Model, *, imaginary: bool) -> Verdict:
    """Whether the real or imaginary interval is the whole half axis, as a condition on the model's one free symbol."""
    line = _line(model, imaginary=imaginary)
    if isinstance(line, Expr):
        return bool(line == sympy.oo)
    cells, at_bounds = _explored(model, imaginary=imaginary)
    whole = Cells(cells.low, cells.high, cells.bounds, tuple(bool(value == sympy.oo) for _, value in cells.results))
    at = dict(zip(map(id, cells.bounds), at_bounds, strict=True))
    return condition(line.symbol, whole, lambda bound: at[id(bound)] == sympy.oo)


def _formula(formulas: list[Expr], symbol: Symbol, at: Expr, value: Expr) -> Expr:
    """The formula that has the value where the symbol is `at`."""
    if value in (sympy.oo, 0):
        return value
    return min(formulas, key=lambda f: abs(sympy.N(f.subs(symbol, at) - value, DIGITS)))


@dataclass(frozen=True)
class _Line:
    """The line of the one free symbol: the scheme over it, and the factors in t whose roots may end the interval."""

    symbol: Symbol
    domain: Domain
    base: Field
    data: Any
    factors: list[Poly]
    ends: list[Any]


@functools.lru_cache(maxsize=64)
def _line(model: Model, *, imaginary: bool) -> _Line | Expr:
    domain, symbols, data = minimal(model.domain, [model.phi, model.at_zero])
    base = Model.over(domain).base
    if len(symbols) == 0:
        return _numeric_length(base, data, imaginary=imaginary)
    if len(symbols) > 1:
        raise UnsupportedError(f"an interval is a formula in one free symbol; {', '.join(map(str, symbols))} came")
    polynomials = _end_polynomials(Field(domain), data[0], imaginary=imaginary)
    ends = [c for p in polynomials if p for c in (p[-1], next(c for c in p if c))]
    return _Line(symbols[0], domain, base, data, _factors(domain, polynomials), ends)


@functools.lru_cache(maxsize=64)
def _explored(model: Model, *, imaginary: bool) -> tuple[Cells[tuple[Expr, Expr]], list[Expr | None]]:
    """For each cell a value of the symbol and the exact length there, and the lengths at the bounds."""
    line = _line(model, imaginary=imaginary)
    if isinstance(line, Expr):
        raise UnsupportedError("this scheme's interval depends on no symbol")

    def decide(F: ParametricField) -> tuple[Expr, Expr]:
        is_zero_stable(F, line.data[1])
        reduced(F, line.data[0])
        for c in line.ends:
            F.sign(c)
        _record_projection(F, line.factors)
        data = mapped(line.data, lambda c: substituted(c, line.base, line.base, F.at))
        return line.base.domain.to_sympy(F.at), _numeric_length(line.base, data, imaginary=imaginary)

    cells = explore(decide, line.base, line.domain)
    return cells, [_at_bound(line, bound, imaginary=imaginary) for bound in cells.bounds]


def _at_bound(line: _Line, bound: RealRoot, *, imaginary: bool) -> Expr | None:
    """The length where the symbol has the value of a bound; None where the scheme does not exist."""
    field, value = adjoin(line.base, bound)
    try:
        data = mapped(line.data, lambda c: substituted(c, line.base, field, value))
    except ZeroDivisionError:
        return None
    return _numeric_length(field, data, imaginary=imaginary)


def _end_polynomials(K: Field, phi: Any, *, imaginary: bool) -> list[Polynomial]:
    phi = reduced(K, phi)
    if len(phi) == 1:  # f does not enter
        return []
    if len(phi) == 2:
        return [imaginary_gap(K, phi) if imaginary else real_gap(K, phi)]
    if all(len(p) <= 2 for p in phi):
        return crossing_polynomials(K, phi, imaginary=imaginary)
    raise UnsupportedError("the intervals of this scheme need numbers; substitute the free symbol first")


def _factors(domain: Domain, polynomials: list[Polynomial]) -> list[Poly]:
    factors: list[Poly] = []
    for polynomial in polynomials:
        if len(polynomial) > 1:
            whole = Poly([domain.to_sympy(c) for c in reversed(polynomial)], _T, domain=domain)
            factors += [
                factor for factor, _ in whole.factor_list()[1] if factor.as_expr() != _T and factor not in factors
            ]
    return factors


def _root(value: Expr, *, squared: bool) -> Expr:
    return sympy.sqrt(value) if squared else value


def _solved(factor: Poly) -> list[Expr]:
    if factor.degree() > 2:
        raise UnsupportedError(
            "an end of the interval is a root of degree above two in the free symbol; substitute a value for it"
        )
    if factor.degree() == 1:
        a, b = factor.all_coeffs()
        return [sympy.cancel(-b / a)]
    a, b, c = factor.all_coeffs()
    root = sympy.sqrt(sympy.factor(b**2 - 4 * a * c))
    return [(-b + sign * root) / (2 * a) for sign in (1, -1)]


def _record_projection(F: ParametricField, factors: list[Poly]) -> None:
    """Ask for the signs of what decides how the roots lie: leading and constant terms, discriminants, resultants."""
    asked = [c for f in factors for c in (f.LC(), f.eval(0))]
    asked += [f.discriminant() for f in factors if f.degree() > 1]
    asked += [f.resultant(g) for i, f in enumerate(factors) for g in factors[:i]]
    for expression in asked:
        F.sign(F.domain.from_sympy(sympy.sympify(expression)))


def _numeric_length(K: Field, data: Any, *, imaginary: bool) -> Expr:
    phi, at_zero = data
    if not imaginary:
        return length(real_exit(K, phi, at_zero))
    exit_, squared = imaginary_exit(K, phi, at_zero)
    return length(exit_, squared=squared)


def _assembled(symbol: Symbol, bounds: tuple[RealRoot, ...], results: list[Expr], at_bounds: list[Expr | None]) -> Expr:
    """Neighbouring pieces with one formula joined; what is left is 0."""
    pieces: list[list[Any]] = []  # [formula, low, low closed, high, high closed]
    ends = [None, *bounds, None]
    for i, formula in enumerate(results):
        low, high = ends[i], ends[i + 1]
        if pieces and pieces[-1][0] == formula and pieces[-1][4]:
            pieces[-1][3], pieces[-1][4] = high, False
        else:
            fits = low is not None and _agrees(formula, symbol, low, at_bounds[i - 1])
            pieces.append([formula, low, fits and not (pieces and pieces[-1][4]), high, False])
        if high is not None:
            value = at_bounds[i]
            if _agrees(formula, symbol, high, value):
                pieces[-1][4] = True
            elif value is not None and not _agrees(results[i + 1], symbol, high, value):
                pieces.append([value, high, True, high, True])
    cases = [(f, _condition(symbol, *rest)) for f, *rest in pieces if f != 0]
    if not cases:
        return sympy.Integer(0)
    return cases[0][0] if cases[0][1] == sympy.true else Piecewise(*cases, (0, True))


def _agrees(formula: Expr, symbol: Symbol, bound: RealRoot, value: Expr | None) -> bool:
    if value is None:
        return False
    if sympy.oo in (formula, value):
        return formula == value
    if bound.is_rational:
        at: Expr = bound.expr
    else:  # digits enough, and no root of a long polynomial to evaluate
        bound.refine_to(QQ(1, 10 ** (2 * DIGITS)))
        at = sympy.Float(sympy.Rational(int(bound.low.numerator), int(bound.low.denominator)), 2 * DIGITS)
    return abs(sympy.N(formula.subs(symbol, at), DIGITS) - sympy.N(value, DIGITS)) < 10 ** (-DIGITS // 2)


def _condition(symbol: Symbol, low: RealRoot | None, low_closed: bool, high: RealRoot | None, high_closed: bool) -> Any:
    if low is not None and low is high:
        return sympy.Eq(symbol, low.expr)
    parts = []
    if low is not None:
        parts.append(symbol >= low.expr if low_closed else symbol > low.expr)
    if high is not None:
        parts.append(symbol <= high.expr if high_closed else symbol < high.expr)
    return functools.reduce(sympy.And, parts, sympy.true)
