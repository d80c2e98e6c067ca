"""A number that belongs to a scheme, as a formula in the scheme's one free symbol.

The number is 0, oo, or a root t (or its square root) of a polynomial over K(k). Between the values of k at which roots
meet, vanish or go to infinity one exact sample says which root it is; the values there are decided one by one, so that
a formula that divides by zero at one of them is not asked.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import QQ, Expr, Piecewise, Poly, Symbol
from sympy.polys.domains.domain import Domain

from schemetools.analysis.algebra.cells import Cells, ParametricField, adjoin, explore
from schemetools.analysis.algebra.decisions import mapped, substituted
from schemetools.analysis.algebra.family_root import FamilyRoot
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial
from schemetools.analysis.algebra.real_roots import RealRoot

_T = Symbol("_t")
_SHOWN = Symbol("r")
DIGITS = 40


@dataclass(frozen=True, eq=False)
class Family:
    """Where a number is looked for: the line of one symbol and the factors in t among whose roots it is.

    `numeric` gives the number exactly for coefficients in a field; `ask` asks a field over K(k) for every sign on which
    its course depends beyond the order of the factors' roots. `squared` says that the number is the root of t.
    """

    symbol: Symbol
    domain: Domain
    base: Field
    data: Any
    factors: list[Poly]
    numeric: Callable[[Field, Any], Expr]
    ask: Callable[[ParametricField], None]
    squared: bool = False


def formula(family: Family) -> Expr:
    """The number as a formula in the symbol, a Piecewise where it has cases; 0 where there is no scheme."""
    cells, at_bounds = explored(family)
    candidates: list[Expr] = []
    results = []
    for at, value in cells.results:
        if value not in (sympy.oo, 0) and not candidates:
            roots = [v for factor in family.factors for v in _solved(factor)]
            candidates = [sympy.sqrt(v) if family.squared else v for v in roots]
        results.append(value if value in (sympy.oo, 0) else _chosen(family, candidates, at, value))
    return _assembled(family.symbol, cells.bounds, results, at_bounds)


@functools.lru_cache(maxsize=64)
def explored(family: Family) -> tuple[Cells[tuple[Expr, Expr]], list[Expr | None]]:
    """For each cell a value of the symbol and the exact number there, and the numbers at the bounds."""

    def decide(F: ParametricField) -> tuple[Expr, Expr]:
        family.ask(F)
        for value in projection(tuple(family.factors)):
            F.sign(value)
        data = mapped(family.data, lambda c: substituted(c, family.base, family.base, F.at))
        return family.base.domain.to_sympy(F.at), family.numeric(family.base, data)

    cells = explore(decide, family.base, family.domain)
    return cells, [_at_bound(family, bound) for bound in cells.bounds]


def _at_bound(family: Family, bound: RealRoot) -> Expr | None:
    """The number where the symbol has the value of a bound; None where the scheme does not exist."""
    field, value = adjoin(family.base, bound)
    try:
        return family.numeric(field, mapped(family.data, lambda c: substituted(c, family.base, field, value)))
    except ZeroDivisionError:
        return None


# ---- the roots as formulas --------------------------------------------------------


def irreducible(domain: Domain, polynomials: list[Polynomial]) -> list[Poly]:
    """The irreducible factors in t other than t itself, over K(k)."""
    factors: list[Poly] = []
    for polynomial in polynomials:
        if len(polynomial) > 1:
            whole = Poly([domain.to_sympy(c) for c in reversed(polynomial)], _T, domain=domain)
            cleared = (_cleared(domain, f) for f, _ in whole.factor_list()[1] if f.as_expr() != _T)
            factors += [f for f in dict.fromkeys(cleared) if f not in factors]
    return factors


def _cleared(domain: Domain, factor: Poly) -> Poly:
    """The factor without denominators: a root that goes to infinity shows as a leading coefficient that vanishes."""
    coefficients = [domain.from_sympy(c) for c in factor.all_coeffs()]
    below = functools.reduce(lambda a, b: a.lcm(b), (c.denom for c in coefficients))
    above = [c.numer * below.exquo(c.denom) for c in coefficients]
    common = functools.reduce(lambda a, b: a.gcd(b), above)
    field = domain.field  # type: ignore[attr-defined]
    return Poly([domain.to_sympy(field.new(c.exquo(common))) for c in above], _T, domain=domain)


def _solved(factor: Poly) -> list[Expr]:
    """The roots in t: radicals through the second degree, above it the number among the real roots."""
    if factor.degree() > 2:
        whole = sympy.numer(sympy.together(factor.as_expr())).subs(_T, _SHOWN)
        return [FamilyRoot(whole, _SHOWN, i) for i in range(factor.degree())]
    if factor.degree() == 1:
        a, b = factor.all_coeffs()
        return [sympy.cancel(-b / a)]
    a, b, c = Poly(sympy.numer(sympy.together(factor.as_expr())), _T).all_coeffs()
    root = sympy.sqrt(sympy.factor(b**2 - 4 * a * c))
    if a.free_symbols and not c.free_symbols:  # this form has no pole where a vanishes
        return [2 * c / (-b - sign * root) for sign in (1, -1)]
    return [(-b + sign * root) / (2 * a) for sign in (1, -1)]


def _chosen(family: Family, candidates: list[Expr], at: Expr, value: Expr) -> Expr:
    """The formula that has the value where the symbol is `at`."""
    wanted = sympy.N(value, DIGITS)
    errors = [_distance(f.subs(family.symbol, at), wanted) for f in candidates]
    return candidates[min(range(len(errors)), key=errors.__getitem__)]


def _distance(value: Expr, wanted: Expr) -> Any:
    if value.has(sympy.nan, sympy.zoo, sympy.oo):
        return sympy.oo
    return abs(sympy.N(value, DIGITS) - wanted)


@functools.lru_cache(maxsize=256)
def projection(factors: tuple[Poly, ...]) -> list[Any]:
    """Elements of K(k) between whose zeros the real roots of the factors keep their number and order."""
    asked = [c for f in factors for c in (f.rep.LC(), f.rep.TC())]
    asked += [f.rep.discriminant() for f in factors if f.degree() > 1]
    asked += [f.rep.resultant(g.rep) for i, f in enumerate(factors) for g in factors[:i]]
    return asked


# ---- one formula out of the cells ----------------------------------------------------


def _assembled(symbol: Symbol, bounds: tuple[RealRoot, ...], results: list[Expr], at_bounds: list[Expr | None]) -> Expr:
    """Neighbouring pieces with one formula joined; what is left is 0."""
    pieces: list[list[Any]] = []  # [formula, low, low closed, high, high closed]
    ends = [None, *bounds, None]
    for i, expression in enumerate(results):
        low, high = ends[i], ends[i + 1]
        if pieces and pieces[-1][0] == expression and pieces[-1][4] and pieces[-1][3] is low:
            pieces[-1][3], pieces[-1][4] = high, False
        else:
            fits = low is not None and _agrees(expression, symbol, low, at_bounds[i - 1])
            pieces.append([expression, low, fits and not (pieces and pieces[-1][4]), high, False])
        if high is not None:
            value = at_bounds[i]
            if _agrees(expression, symbol, high, value):
                pieces[-1][4] = True
            elif value is not None and not _agrees(results[i + 1], symbol, high, value):
                pieces.append([value, high, True, high, True])
    cases = [(f, _condition(symbol, *rest)) for f, *rest in pieces if f != 0]
    if not cases:
        return sympy.Integer(0)
    return cases[0][0] if cases[0][1] == sympy.true else Piecewise(*cases, (0, True))


def _agrees(expression: Expr, symbol: Symbol, bound: RealRoot, value: Expr | None) -> bool:
    if value is None:
        return False
    if sympy.oo in (expression, value):
        return expression == value
    if bound.is_rational:
        at: Expr = bound.expr
    else:  # digits enough, and no root of a long polynomial to evaluate
        bound.refine_to(QQ(1, 10 ** (2 * DIGITS)))
        at = sympy.Rational(int(bound.low.numerator), int(bound.low.denominator))
    there = expression.subs(symbol, at)
    return bool(_distance(there, sympy.N(value, DIGITS)) < sympy.Rational(1, 10 ** (DIGITS // 2)))


def _condition(symbol: Symbol, low: RealRoot | None, low_closed: bool, high: RealRoot | None, high_closed: bool) -> Any:
    if low is not None and low is high:
        return sympy.Eq(symbol, low.expr)
    parts = []
    if low is not None:
        parts.append(symbol >= low.expr if low_closed else symbol > low.expr)
    if high is not None:
        parts.append(symbol <= high.expr if high_closed else symbol < high.expr)
    return functools.reduce(sympy.And, parts, sympy.true)
