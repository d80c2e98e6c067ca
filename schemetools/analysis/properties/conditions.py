"""Order conditions: the residual of every tree."""

from collections.abc import Mapping
from typing import Any

from sympy import Expr

from schemetools import exact
from schemetools.analysis.algebra.rings import Ring
from schemetools.analysis.series.lie import TreeSeries
from schemetools.analysis.series.solve import BY_WEIGHTS, OneStep, grammar_of, modified_series, weights_of
from schemetools.analysis.trees.forest import Grammar, check_order, forest
from schemetools.analysis.trees.notation import condition_latex
from schemetools.analysis.trees.tree import Tree, named_tree, no_such_tree, sorted_ids, trees_by_id
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import as_scheme
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.variable import VariableMultistep, no_equation


def _exact_weights(grammar: Grammar, order: int, ring: Ring, phi: TreeSeries) -> list[tuple[Any, int]]:
    """(product of the limits over the nodes, density) by id: the exact flow of the limit has the quotient of the
    two."""
    table, result = forest(grammar), []
    for n in range(1, order + 1):
        for t in table.ids(n):
            if n == 1:
                result.append((phi.numerators[t], 1))
                continue
            (left, below), (right, density) = result[table.left[t]], result[table.right[t]]
            trunk_order = table_order(table.offsets, table.left[t])
            result.append((ring.multiply(left, right), below // trunk_order * n * density))
    return result


def table_order(offsets: list[int], t: int) -> int:
    """The order of the tree with id t."""
    return next(n for n in range(1, len(offsets)) if t < offsets[n + 1])


def _residuals(scheme: OneStep, order: int) -> tuple[TreeSeries, list[Any]]:
    """gamma(t) phi(t) minus the product of the limits, cleared, by id."""
    grammar = grammar_of(scheme)
    check_order(grammar, order)
    forest(grammar).grow(order)
    phi = weights_of(scheme, grammar, order)
    exact = _exact_weights(grammar, order, phi.ring, phi)
    return phi, [
        phi.ring.reduce(x * density - limit) for x, (limit, density) in zip(phi.numerators, exact, strict=True)
    ]


class OrderConditions(dict[Tree, Expr]):
    """{Tree: residual}; a tree may be given as text, and the conditions be written as sums over indices.

    >>> import schemetools as st
    >>> st.order_conditions("euler", 2)["[.]"]
    -1/2
    """

    def __init__(self, residuals: Mapping[Tree, Expr] | tuple[()] = (), *, sums: bool = True, exact: bool = True):
        super().__init__(residuals)
        self.sums, self.exact = sums, exact

    def __missing__(self, key: Any) -> Expr:
        tree = named_tree(key)
        if tree in self:
            return super().__getitem__(tree)  # type: ignore[index]
        raise no_such_tree(key, max(t.order for t in self), next(iter(self)))

    def latex(self) -> str:
        r"""One row per tree: its order condition as a sum over indices, and the residual of the scheme.

        The sums are those of a tableau; of a multistep or general linear scheme each row has b(t) instead.
        """
        rows = []
        for tree, residual in self.items():
            value = exact.latex(residual, exact=self.exact)
            said = rf"{condition_latex(tree)} && \mathrm{{residual}}\ {value}" if self.sums else rf"b = {value}"
            rows.append(rf"{{}}{tree.latex()} &:& {said}")  # {} since a row that begins with [ is read as a space
        return "$$\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$$"

    def _repr_latex_(self) -> str:
        return self.latex()

    def __repr__(self) -> str:
        """As a dict; residuals of approximate coefficients as decimals, not as fractions of hundreds of digits."""
        if self.exact:
            return super().__repr__()
        return "{" + ", ".join(f"{tree!r}: {exact.text(value, exact=False)}" for tree, value in self.items()) + "}"

    def of_order(self, p: int) -> "OrderConditions":
        """Those of the trees with p nodes."""
        kept = {tree: residual for tree, residual in self.items() if tree.order == p}
        return OrderConditions(kept, sums=self.sums, exact=self.exact)


def order_conditions(s: Any, p: int) -> OrderConditions:
    """The residual of the order condition of every tree through order p, by Tree or by its text.

    Runge-Kutta and Rosenbrock: phi(t) - limit^|t| / gamma(t), with a product of limits where there are several fields
    (the J of a W method has limit 0). Multistep and
    general linear: b(t) of the modified equation, which vanishes for 2 <= |t| <= p exactly when the order is p.

    >>> import schemetools as st
    >>> st.order_conditions("midpoint", 3)["[[.]]"]
    -1/6
    """
    scheme = as_scheme(s, imaginary=True)
    if isinstance(scheme, VariableMultistep):
        raise no_equation(scheme)
    grammar = grammar_of(scheme)
    check_order(grammar, p)
    if isinstance(scheme, BY_WEIGHTS):
        phi, residuals = _residuals(scheme, p)
        denominators = [phi.ring.power(phi.weight, n) for n in range(p + 1)]
    else:
        phi = modified_series(scheme, p)
        residuals, denominators = list(phi.numerators), list(phi.denominators)
        for t in range(len(grammar.colours)):
            residuals[t] = phi.ring.one - phi.ring.one  # b(dot) is the limit, no residual
    names = trees_by_id(grammar, p)
    result = OrderConditions(sums=isinstance(scheme, (RungeKutta, AdditiveRungeKutta)), exact=scheme.exact)
    for n in range(1, p + 1):
        for t in sorted_ids(grammar, n):
            value = phi.ring.quotient(residuals[t], denominators[n])
            is_weight = isinstance(scheme, BY_WEIGHTS)
            result[names[t]] = value / names[t].density if is_weight else value
    return result
