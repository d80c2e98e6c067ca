"""Lengths of stability intervals as formulas in a free symbol; `families` holds the method."""

import functools
from typing import Any

import sympy
from sympy import Expr, Poly, Symbol
from sympy.polys.domains.domain import Domain

from schemetools.analysis.algebra.cells import Cells, ParametricField
from schemetools.analysis.algebra.conditions import Verdict, condition
from schemetools.analysis.algebra.decisions import minimal
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial, trim
from schemetools.analysis.stability.families import Family, explored, formula, irreducible, projection
from schemetools.analysis.stability.model import Model, origin, reduced
from schemetools.analysis.stability.numbers import crossing_polynomials, imaginary_exit, length, real_exit
from schemetools.analysis.stability.verdicts import (
    imaginary_gap,
    is_zero_stable,
    locus_products,
    real_gap,
    rho_sigma,
)
from schemetools.errors import UnsupportedError

_T = Symbol("_t")


def interval(model: Model, *, imaginary: bool) -> Expr:
    """The real or imaginary interval as a formula in the model's one free symbol, a Piecewise where it has cases.

    Raises UnsupportedError for several symbols.
    """
    family = _family(model, imaginary=imaginary)
    return family if isinstance(family, Expr) else formula(family)


def is_infinite(model: Model, *, imaginary: bool) -> Verdict:
    """Whether the real or imaginary interval is the whole half axis, as a condition on the model's one free symbol."""
    family = _family(model, imaginary=imaginary)
    if isinstance(family, Expr):
        return bool(family == sympy.oo)
    cells, at_bounds = explored(family)
    whole = Cells(cells.low, cells.high, cells.bounds, tuple(bool(value == sympy.oo) for _, value in cells.results))
    at = dict(zip(map(id, cells.bounds), at_bounds, strict=True))
    return condition(family.symbol, whole, lambda bound: at[id(bound)] == sympy.oo)


@functools.lru_cache(maxsize=64)
def _family(model: Model, *, imaginary: bool) -> Family | Expr:
    domain, symbols, data = minimal(model.domain, [model.phi, model.at_zero])
    base = Model.over(domain).base
    numeric = functools.partial(_length, imaginary=imaginary, is_multistep=model.is_multistep)
    if len(symbols) == 0:
        return numeric(base, data)
    if len(symbols) > 1:
        raise UnsupportedError(f"an interval is a formula in one free symbol; {', '.join(map(str, symbols))} came")
    K = Field(domain)
    phi = reduced(K, data[0])
    polynomials = _end_polynomials(K, phi, imaginary=imaginary)
    factors = irreducible(domain, polynomials)
    course = _course(K, domain, phi) + [c for p in polynomials if p for c in (p[-1], next(c for c in p if c))]

    def ask(F: ParametricField) -> None:
        is_zero_stable(F, data[1])
        for c in course:
            F.sign(c)

    return Family(symbols[0], domain, base, data, factors, numeric, ask, squared=imaginary)


def _end_polynomials(K: Field, phi: Any, *, imaginary: bool) -> list[Polynomial]:
    if len(phi) == 1:  # f does not enter
        return []
    if len(phi) == 2:
        return [imaginary_gap(K, phi) if imaginary else real_gap(K, phi)]
    if all(len(p) <= 2 for p in phi):
        return crossing_polynomials(K, phi, imaginary=imaginary)
    raise UnsupportedError("the intervals of this scheme need numbers; substitute the free symbol first")


def _course(K: Field, domain: Domain, phi: Any) -> list[Any]:
    """Elements of K(k) between whose zeros the scheme neither reduces nor its locus changes how it lies."""
    if len(phi) == 1:
        return []
    if len(phi) == 2:
        return _apart(domain, *phi)
    rho, sigma = (trim(K, p) for p in rho_sigma(K, phi))
    N, M = locus_products(K, phi)
    pieces = irreducible(domain, [N, M])
    ends = [f.eval(c) for f in pieces for c in (1, -1)]
    found = [c for p in (N, M, [p[-1] for p in phi if p]) for c in p if c]
    return [*_apart(domain, rho, sigma), *found, *projection(tuple(pieces)), *(domain.from_sympy(c) for c in ends if c)]


def _apart(domain: Domain, f: Polynomial, g: Polynomial) -> list[Any]:
    """What vanishes where two polynomials have a common root or lose their degree."""
    first, second = (Poly([domain.to_sympy(c) for c in reversed(p)], _T, domain=domain) for p in (f, g))
    return [f[-1], g[-1], first.rep.resultant(second.rep)]


def _length(K: Field, data: Any, *, imaginary: bool, is_multistep: bool) -> Expr:
    phi, at_zero = data
    if is_multistep:
        at_zero = origin(K, phi)  # the scheme may reduce at this value
    if not imaginary:
        return length(real_exit(K, phi, at_zero))
    exit_, squared = imaginary_exit(K, phi, at_zero)
    return length(exit_, squared=squared)
