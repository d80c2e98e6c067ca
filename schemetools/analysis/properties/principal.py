"""The first error of a scheme: the residuals at the order p + 1, and their norm."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sympy import Add, Expr, Float, Integer, Rational, sqrt

from schemetools.analysis.properties.conditions import OrderConditions, order_conditions
from schemetools.analysis.properties.judgement import COSTLY
from schemetools.analysis.properties.order import order
from schemetools.analysis.series.numeric_weights import Numbers, levels, weights_by_order
from schemetools.analysis.series.solve import grammar_of
from schemetools.analysis.trees.forest import PLAIN, forest, symmetries
from schemetools.analysis.trees.tree import sorted_ids, trees_by_id
from schemetools.exact import canonical, is_complex, parts, to_float
from schemetools.schemes.base import as_scheme
from schemetools.schemes.runge_kutta import RungeKutta


class PrincipalError(NamedTuple):
    """The residuals at the order p + 1 of the first error, by tree, and the norm sqrt(sum (residual / sigma)^2).

    >>> import schemetools as st
    >>> st.principal_error("euler").norm
    1/2
    """

    residuals: OrderConditions
    norm: Expr

    def latex(self) -> str:
        """One row per tree, as `OrderConditions.latex` writes it."""
        return self.residuals.latex()


def principal_error(s: Any) -> PrincipalError:
    """The residuals of the order conditions at order p + 1, and sqrt(sum (residual(t) / sigma(t))^2).

    Of approximate coefficients the norm is a float, and so are the residuals where there are very many trees.

    >>> import schemetools as st
    >>> principal_error(st.midpoint).norm
    sqrt(17)/24
    """
    scheme = as_scheme(s, imaginary=True)
    n = order(scheme) + 1
    if isinstance(scheme, RungeKutta) and _is_long(scheme, n):
        return _in_floats(scheme, n)
    residuals = order_conditions(scheme, n).of_order(n)
    squares = canonical(_total([_square(r / t.symmetry) for t, r in residuals.items()]))
    if not scheme.exact and squares.is_number:  # fractions of hundreds of digits, of which a few mean something
        return PrincipalError(residuals, Float(to_float(squares)) ** Rational(1, 2))
    return PrincipalError(residuals, sqrt(squares))


def _total(values: list[Expr]) -> Expr:
    """The sum; of rational numbers without `Add`, with whose first use sympy loads its tensors."""
    return sum(values, Integer(0)) if all(value.is_Rational for value in values) else Add(*values)


def _square(value: Expr) -> Expr:
    """|value|^2."""
    return Add(*(x**2 for x in parts(value))) if is_complex(value) else value**2


def _is_long(scheme: RungeKutta, n: int) -> bool:
    """Whether exact residuals of approximate coefficients would take more than seconds, at some order from 10 on."""
    exactly = scheme.exact or scheme.is_complex or scheme.free_symbols
    return n > 9 and not exactly and len(levels(PLAIN, n)[-1].left) * scheme.stages**2 > COSTLY


def _in_floats(scheme: RungeKutta, n: int) -> PrincipalError:
    """In NumPy's longest floats: residuals are differences of numbers that agree to many digits."""
    grammar = grammar_of(scheme)
    forest(grammar).grow(n)
    A = np.array([list(_long(row)) for row in scheme.A], dtype=np.longdouble)
    b = np.array(list(_long(scheme.b)), dtype=np.longdouble)
    *_, weights = weights_by_order(grammar, n, [(A, b)], Numbers(None))
    level = levels(grammar, n)[-1]
    values = (weights - b.sum() ** n / level.density.astype(np.longdouble)).astype(float)
    sigma = np.array(symmetries(grammar, n)[level.first :], dtype=float)
    names = trees_by_id(grammar, n)
    found = {names[t]: Float(float(values[t - level.first])) for t in sorted_ids(grammar, n)}
    return PrincipalError(OrderConditions(found, exact=False), Float(float(np.sqrt(np.sum((values / sigma) ** 2)))))


def _long(values: Any) -> Iterator[np.longdouble]:
    """Exact numbers rounded to the nearest of NumPy's longest floats: a double, and what it leaves."""
    for value in values:
        high = to_float(value)
        yield np.longdouble(high) + np.longdouble(to_float(value - Rational(*high.as_integer_ratio())))
