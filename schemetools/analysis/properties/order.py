"""Order, consistency, stage order, error constants and the conditions behind them."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal, overload

from sympy import Add, Expr, Rational

from schemetools.analysis.properties import second_order, variable
from schemetools.analysis.properties.conditions import _residuals, order_conditions
from schemetools.analysis.properties.judgement import OrderReport, judged, meant_limit
from schemetools.analysis.properties.limits import limits, relative_to
from schemetools.analysis.properties.short_decimals import if_rounded
from schemetools.analysis.properties.stage_order import general_stage_order, order_bounds
from schemetools.analysis.series.momentum import as_multistep, momentum_series
from schemetools.analysis.series.solve import OneStep, grammar_of, modified_series
from schemetools.analysis.trees.forest import forest
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import canonical, from_domain, size, to_domain, to_float
from schemetools.progress import tell
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme
from schemetools.schemes.collocation import Collocation
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_multistep, reduced_runge_kutta
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom, nystrom_form
from schemetools.schemes.variable import VariableMultistep

NEGLIGIBLE = 1e-9  # what approximate coefficients, published or learned, may miss a condition by


def vanishes(value: Expr, scheme: Scheme) -> bool:
    """Whether a number is 0: exactly, or within 1e-9 where the scheme's coefficients are approximate."""
    return value == 0 or (not scheme.exact and value.is_number and size(value) < NEGLIGIBLE)


def _some_remain(residuals: Iterable[Expr], scheme: Scheme) -> bool:
    """Whether an order condition fails: a residual that is not 0 counts, unless approximate numbers explain it."""
    return any(scheme.exact or not vanishes(residual, scheme) for residual in residuals)


def is_consistent(s: Any) -> bool:
    """Whether the scheme follows u' = f itself: its limit is 1 for every field.

    >>> import schemetools as st
    >>> st.is_consistent("rk4"), st.is_consistent(st.lm(k=0.3))
    (True, False)
    """
    try:
        scheme = as_scheme(s, imaginary=True)
        if isinstance(scheme, VariableMultistep):
            return vanishes(canonical(variable.limit(scheme) - 1), scheme)
        return all(meant_limit(scheme, limit) == 1 for limit in limits(scheme))
    except UnsupportedError:
        return False


@overload
def order(s: Any, *, kinetic: str | None = None) -> int: ...
@overload
def order(s: Any, *, report: Literal[False], kinetic: str | None = None) -> int: ...
@overload
def order(s: Any, *, report: Literal[True], kinetic: str | None = None) -> OrderReport: ...
@overload
def order(s: Any, *, report: bool, kinetic: str | None = None) -> int | OrderReport: ...
def order(s: Any, *, report: bool = False, kinetic: str | None = None) -> int | OrderReport:
    """The order of the scheme against its own limit u' = limit * f: lm(k) has order 1, and 2 at k = 1.

    Of approximate coefficients it is the order that they are meant to have, to their digits; `report=True` gives an
    `OrderReport` with that, the order as written, and how far the conditions of each order hold. With free symbols it
    is the order for generic values of them. Of a partitioned method it is the order for every splitting; with
    `kinetic="quadratic"` that for T = p^2/2, q' = p, where fewer trees count: the order of `nystrom_form(s)`.
    Raises SchemeError where there is no such limit.

    >>> import schemetools as st
    >>> st.order(st.rk4), st.order(st.lm(k=1)), st.order(st.bdf(4))
    (4, 2, 4)
    >>> st.order(st.mclachlan_atela4), st.order(st.mclachlan_atela4, kinetic="quadratic")
    (3, 4)
    >>> report = st.order(st.RungeKutta([[], [2 / 3]], [0.25, 0.75]), report=True)
    >>> report.order, report.as_written
    (2, 1)
    """
    scheme = as_scheme(s, imaginary=True)
    if kinetic is not None:
        if kinetic != "quadratic":
            raise SchemeError(f"kinetic is 'quadratic', for T = p^2/2, or left out; {kinetic!r} came")
        scheme = nystrom_form(scheme)
    if scheme.random_symbols:
        raise UnsupportedError(
            f"{scheme} has random coefficients, so that its order is the weak one, modified_equation(s).weak_order"
        )
    if not report:
        return _order(scheme, scheme.exact, scheme.digits)
    if isinstance(scheme, Collocation):
        return _proven_report(scheme)
    found = judged(scheme) if not scheme.exact and not scheme.free_symbols else _exact_report(scheme)
    return replace(found, relative_to=relative_to(scheme))


def _proven_report(scheme: Collocation) -> OrderReport:
    """Of a method known by theory: no trees are walked for its order; beyond it, the residual of the quadrature."""
    p, unit = scheme.proven_order, 10.0 ** -(scheme.digits or 0)
    beyond = to_float(Add(*(b * c**p for b, c in zip(scheme.b, scheme.c, strict=True))) - Rational(1, p + 1))
    residuals = {**dict.fromkeys(range(1, p + 1), unit), p + 1: abs(beyond)}
    return OrderReport(p, p, MappingProxyType(residuals), MappingProxyType(dict.fromkeys(residuals, unit)))


def _exact_report(scheme: Scheme) -> OrderReport:
    """Of an exact scheme: all residuals through the order are 0."""
    if names := ", ".join(sorted(s.name for s in scheme.free_symbols)):
        raise UnsupportedError(
            f"a report holds numbers, and {scheme} has free symbols, {names}: give them values with subs, or ask "
            "order(s) alone, which holds for all but some of them"
        )
    p = order(scheme)
    beyond = max(size(r) for t, r in order_conditions(scheme, p + 1).items() if t.order == p + 1)
    residuals = {**dict.fromkeys(range(1, p + 1), 0.0), p + 1: beyond}
    tolerance = MappingProxyType(dict.fromkeys(residuals, 0.0))
    return OrderReport(p, p, MappingProxyType(residuals), tolerance, if_rounded(scheme, p))


@functools.lru_cache(maxsize=1024)
def _order(scheme: Scheme, exact: bool, digits: int | None) -> int:
    """`order`, kept: printing a stack asks once per block.

    Schemes compare without `exact` and `digits`, but the order depends on them, so that they are part of the key and an
    equal scheme of the other kind is not given this one's answer.
    """
    if isinstance(scheme, Collocation):
        return scheme.proven_order
    if not exact and not scheme.free_symbols and not scheme.random_symbols:
        return judged(scheme).order
    if isinstance(scheme, VariableMultistep):
        return variable.order(scheme, lambda value: vanishes(canonical(value), scheme))
    bounds = _simplifying_bounds(reduced_runge_kutta(scheme)) if isinstance(scheme, RungeKutta) else None
    if not (bounds[0] if bounds and exact else any(limits(scheme))):
        raise UnsupportedError(f"{scheme} follows u' = 0, so that it has no order relative to its limit")
    if isinstance(scheme, LinearMultistep):
        return _multistep_order(reduced_multistep(scheme))
    if bounds and isinstance(scheme, RungeKutta):
        known, highest = bounds
        return known if known == highest else _order_by_trees(scheme, known, highest)
    if isinstance(scheme, Rosenbrock):
        return _order_by_trees(scheme, 1, 2 * scheme.stages)  # more is beyond the degree of R(z)
    if isinstance(scheme, Exponential):
        return _order_by_trees(scheme, 1, scheme.stages)  # that of an explicit Runge-Kutta method, for L = 0
    if isinstance(scheme, AdditiveRungeKutta):
        # A tableau alone bounds the order, except where trees of one colour do not count: there a quadrature does.
        bounds = [2 * scheme.stages] if scheme.partitioned else [_simplifying_bounds(t)[1] for _, t in scheme.tableaux]
        return _order_by_trees(scheme, 1, min(bounds))
    if isinstance(scheme, RungeKuttaNystrom):
        return _order_by_trees(scheme, 1, 2 * scheme.stages + 1)
    return _general_order(scheme.normal_form())


def _multistep_order(scheme: LinearMultistep) -> int:
    # Dahlquist: zero-stable methods stop at k + 2, so that the short series nearly always ends it; 2k is the most.
    for top in (scheme.steps + 3, 2 * scheme.steps + 2):
        series = momentum_series(scheme.alpha, scheme.beta, top)
        values = series.gamma[1:] if scheme.exact else series.values(top)
        for j, value in enumerate(values[1:], 1):
            if value and (scheme.exact or not vanishes(value / values[0], scheme)):
                return j
    raise UnsupportedError(f"{scheme} meets more order conditions than {scheme.steps} steps can: it is approximate")


def _general_order(scheme: GeneralLinear) -> int:
    least, known = order_bounds(scheme) if scheme.exact else (0, None)
    if known:
        return known
    n = max(least, 1) + 1
    while not _fails_at(scheme, n):
        n += 1
        tell("trees of order", n)
    return n - 1


def _fails_at(scheme: GeneralLinear, n: int) -> bool:
    series = modified_series(scheme, n)
    return _some_remain((series.value(t, n) for t in forest(series.grammar).ids(n) if series.numerators[t]), scheme)


def _simplifying_bounds(tableau: RungeKutta) -> tuple[int, int]:
    """Bounds of the order by B(p), C(q), D(r): at least min(p, q + r + 1, 2q + 2), at most p.

    The tableau is first rescaled to limit 1; where its limit is 0, so is the lower bound. Source: Butcher 1964; Hairer,
    Norsett, Wanner I, theorem II.7.4 of IV.5.
    """
    # Where both bounds meet, no tree is looked at: Gauss's method with 10 stages, of order 20, has millions of trees.
    # B(p) alone are the order conditions of the bushy trees, hence the upper bound; C(q) and D(r) let a tree lose its
    # end branches or its root until a bushy one is left, hence the lower. With approximate coefficients C and D hold
    # nearly, and how near the trees then are is not said by the theorem: the trees themselves are asked.
    s = tableau.stages
    if not tableau.exact:
        return 1, 2 * s
    domain, flat = to_domain([*(a for row in tableau.A for a in row), *tableau.b])
    total = sum(flat[-s:], domain.zero)
    if not total:
        return 0, 2 * s
    *A, b = ([x / total for x in flat[s * i : s * (i + 1)]] for i in range(s + 1))
    c = [sum(row, domain.zero) for row in A]
    numbers = [domain.convert(n) for n in range(2 * s + 1)]
    powers = [[domain.one] * s]
    for _ in range(2 * s + 1):
        powers.append([x * y for x, y in zip(powers[-1], c, strict=True)])
    p = q = r = 0
    while p < 2 * s and not _dot(b, powers[p]) * numbers[p + 1] - domain.one:
        p += 1
    while q < s and all(not _dot(A[i], powers[q]) * numbers[q + 1] - powers[q + 1][i] for i in range(s)):
        q += 1
    if q == s and all(x - y for i, x in enumerate(c) for y in c[:i]):
        return p, p  # collocation at distinct nodes: C(s) and B(p) imply D(p - s), Hairer, Wanner II, lemma IV.5.4
    weighted = [[w * x for w, x in zip(b, column, strict=True)] for column in powers]
    while r < s and all(
        not _dot(weighted[r], [row[j] for row in A]) * numbers[r + 1] - b[j] * (domain.one - powers[r + 1][j])
        for j in range(s)
    ):
        r += 1
    return min(p, q + r + 1, 2 * q + 2), p


def _dot(left: list[Any], right: list[Any]) -> Any:
    return sum((x * y for x, y in zip(left[1:], right[1:], strict=True)), left[0] * right[0])


def _order_by_trees(scheme: OneStep, known: int, highest: int) -> int:
    table = forest(grammar_of(scheme))
    for n in range(max(known, 1) + 1, highest + 1):
        tell("trees of order", n)
        phi, residuals = _residuals(scheme, n)
        below = phi.ring.power(phi.weight, n)
        if _some_remain((phi.ring.quotient(residuals[t], below) for t in table.ids(n) if residuals[t]), scheme):
            return n - 1
    return highest


def error_constant(s: Any) -> Expr:
    """C_(p+1)/sigma(1) of a multistep method, rescaled to limit 1: its modified equation is u' = f - C h^p u^(p+1) +
    ...

    One-step methods that are multistep in disguise have one too. Raises UnsupportedError for any other: it has one
    residual per tree, see `principal_error`.

    >>> import schemetools as st
    >>> error_constant(st.adams_bashforth(2)), error_constant(st.lm())
    (5/12, -(k - 1)/(2*(k + 1)))
    """
    scheme = as_scheme(s, imaginary=True)
    if isinstance(scheme, VariableMultistep):
        return variable.error_constant(scheme, order(scheme))
    method = as_multistep(scheme)
    if method is None:
        raise UnsupportedError(f"{s} has no single error constant: principal_error gives its residual for every tree")
    p = _multistep_order(method)
    values = momentum_series(method.alpha, method.beta, p + 1).values(p + 1)
    return (values[p] / values[0]).factor() if method.free_symbols else canonical(values[p] / values[0])


def stage_order(s: Any) -> int:
    """The largest q for which B(q) and C(q) hold; for a multistep scheme its order, for an additive one the least
    over its fields.

        B(q): sum_i b_i c_i^(k-1) = 1/k,   C(q): sum_j A_ij c_j^(k-1) = c_i^k / k   for k <= q

    The tableau is reduced, and rescaled to limit 1. Source: Hairer, Wanner, Solving ODEs II, section IV.5.

    >>> import schemetools as st
    >>> st.stage_order("euler"), st.stage_order("gauss(2)")
    (1, 2)
    """
    scheme = as_scheme(s, imaginary=True)
    if isinstance(scheme, (LinearMultistep, VariableMultistep)):
        return order(scheme)
    if isinstance(scheme, Collocation):
        return scheme.proven_stage_order
    if isinstance(scheme, RungeKuttaNystrom):
        return second_order.stage_order(scheme, lambda value: vanishes(canonical(value), scheme))
    if isinstance(scheme, AdditiveRungeKutta):
        return min(stage_order(tableau) for _, tableau in scheme.tableaux)
    if isinstance(scheme, Exponential):
        raise UnsupportedError(f"stage_order is not defined for {scheme}, an exponential method; see stiff_order")
    if isinstance(scheme, Rosenbrock):
        raise UnsupportedError(
            f"stage_order is not defined for a Rosenbrock method such as {scheme}: its stages contain J"
        )
    if not isinstance(scheme, RungeKutta):
        return general_stage_order(scheme.normal_form())
    return _stage_order(reduced_runge_kutta(scheme))


def _stage_order(tableau: RungeKutta) -> int:
    """The largest q, in the field of the coefficients; for approximate coefficients within the tolerance of `order`."""
    s = tableau.stages
    domain, flat = to_domain([*tableau.b, *(a for row in tableau.A for a in row)])
    total = sum(flat[:s], domain.zero)
    if not total:
        return 0
    b, *A = [[x / total for x in flat[s * i : s * (i + 1)]] for i in range(s + 1)]
    c = [sum(row, domain.zero) for row in A]
    powers = [domain.one] * s
    for k in range(1, 2 * s + 1):
        part = domain.one / domain.convert(k)
        residuals = [_product(b, powers, domain.zero) - part]
        powers_next = [x * y for x, y in zip(powers, c, strict=True)]
        residuals += [_product(row, powers, domain.zero) - part * y for row, y in zip(A, powers_next, strict=True)]
        if _some_remain((from_domain(domain, r) for r in residuals if r), tableau):
            return k - 1
        powers = powers_next
    return 2 * s


def _product(weights: Sequence[Any], values: Sequence[Any], zero: Any) -> Any:
    return sum((w * x for w, x in zip(weights, values, strict=True)), zero)
