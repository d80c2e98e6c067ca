"""The facts that a modified equation states: what text, solver, energies and remainder read of it."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from sympy import Expr, Integer

from schemetools.analysis.modified.general_parasitic import general_modes
from schemetools.analysis.modified.parasitic import ParasiticMode, parasitic_modes, zero_stability_warning
from schemetools.analysis.properties.judgement import meant_limit, negligible
from schemetools.analysis.properties.order import order
from schemetools.analysis.properties.short_decimals import if_rounded
from schemetools.analysis.series.lie import TreeSeries
from schemetools.analysis.series.modifying import modifying_series
from schemetools.analysis.series.momentum import as_multistep, momentum_series
from schemetools.analysis.series.solve import BY_WEIGHTS, followed, modified_series
from schemetools.analysis.series.starting import has_start, values_of
from schemetools.analysis.trees.forest import NONAUTONOMOUS, alternating, forest
from schemetools.analysis.trees.tree import Tree, ids_of_trees, named_tree, no_such_tree, ordered_trees
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep

APPROXIMATE = "coefficients are approximate numbers: every statement is about these numbers, to their digits"


class Coefficients(Mapping[Tree, Expr]):
    """Tree -> exact b(t), by order and bushy trees first; a number becomes an expression when it is looked at."""

    def __init__(self, series: TreeSeries):
        self.series = series
        self._ids = ids_of_trees(series.grammar, series.order)
        self._seen: dict[Tree, Expr] = {}

    def __getitem__(self, tree: Tree | str) -> Expr:
        tree = named_tree(tree)  # type: ignore[assignment]
        value = self._seen.get(tree)  # type: ignore[arg-type]
        if value is None:
            if tree not in self._ids:
                raise no_such_tree(tree, self.series.order, next(iter(self._ids)))
            value = self._seen[tree] = self.series.value(self._ids[tree], tree.order)  # type: ignore[index, union-attr]
        return value

    def __iter__(self) -> Iterator[Tree]:
        return iter(ordered_trees(self.series.grammar, self.series.order))

    def __len__(self) -> int:
        return forest(self.series.grammar).offsets[self.series.order + 1]

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True, repr=False, eq=False)
class EquationFacts:
    """A scheme, an order, and the series b(t) through it; everything else here is read off these."""

    scheme: Scheme
    order: int
    series: TreeSeries = field(repr=False)
    inverse: bool = False
    asked: bool = field(default=False, repr=False)  # whether the order was asked for: then all of it is printed

    @functools.cached_property
    def coefficients(self) -> Mapping[Tree, Expr]:
        """The exact b(t), by tree."""
        return Coefficients(self.series)

    def __getitem__(self, tree: Tree | str) -> Expr:
        return self.coefficients[tree]  # type: ignore[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EquationFacts):
            return NotImplemented
        mine, theirs = (self.scheme, self.order, self.inverse), (other.scheme, other.order, other.inverse)
        return mine == theirs and self.series.grammar == other.series.grammar

    def __hash__(self) -> int:
        return hash((self.scheme, self.order, self.inverse))

    def series_of(self, scheme: Scheme, order: int) -> TreeSeries:
        """The series of this kind (modified or modifying, with the time or without) for a scheme, to any order."""
        if self.inverse:
            return modifying_series(scheme, order)
        return modified_series(scheme, order, nonautonomous=self.series.grammar == NONAUTONOMOUS)

    @functools.cached_property
    def known_order(self) -> int:
        """The order relative to the limit, 0 where the limit is u' = 0.

        The first tree above order 1 with b(t) != 0 ends it, so that no order conditions are set up where the series
        reaches that far. Left to `order` is what the series alone cannot say: how much approximate coefficients may
        miss a condition by, and f(t, u), whose trees with time see the limit as well.
        """
        limit = self.limit if isinstance(self.limit, tuple) else (self.limit,)
        if not self.inverse and not any(limit):
            return 0
        grammar = self.series.grammar
        if self.scheme.exact and grammar != NONAUTONOMOUS:
            table = forest(grammar)
            for n in range(2, self.order + 1):
                if any(self.series.numerators[t] for t in table.ids(n)):
                    return n - 1
        return order(self.scheme)

    @functools.cached_property
    def limit(self) -> Any:
        """b(dot): the scheme follows u' = limit * f as h -> 0; a tuple with one entry per field for additive
        schemes."""
        colours = (0,) if len(self.fields) == 1 else followed(self.scheme, self.series.grammar)
        values: tuple[Any, ...] = tuple(meant_limit(self.scheme, self.series.value(t, 1)) for t in colours)
        return values if len(values) != 1 else next(iter(values))

    def meant(self, tree: Tree) -> Expr:
        """b(t) as the scheme is meant: of approximate coefficients, 0 through the order and within their rounding."""
        value = self.coefficients[tree]
        if tree.order == 1:
            return value if self.inverse else meant_limit(self.scheme, value)
        return self._unless_rounding(value, tree.order)

    @property
    def meant_momentum(self) -> tuple[Expr, ...]:
        """`momentum` as the scheme is meant, as in `meant`; empty where there is none."""
        first, *more = self.momentum or (Integer(0),)
        later = [self._unless_rounding(value, n) for n, value in enumerate(more, 2)]
        return () if self.momentum is None else (meant_limit(self.scheme, first), *later)

    def _unless_rounding(self, value: Expr, n: int) -> Expr:
        """The coefficient of h^(n-1); 0 where it is there by the rounding of approximate coefficients alone."""
        if self.scheme.exact:
            return value
        return Integer(0) if n <= self.known_order or negligible(self.scheme, value, n) else value

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of the fields, in the scheme's order; ("f",) where there is one."""
        grammar = self.series.grammar
        return ("f",) if grammar.plain or grammar == NONAUTONOMOUS else grammar.colours

    @property
    def is_partitioned(self) -> bool:
        """Whether each field advances its own part of the state, p' = F(q), q' = G(p)."""
        return len(self.fields) > 1 and self.series.grammar == alternating(self.fields)

    def with_time(self) -> Self:
        """The equation for fields f(t, u): trees with leaves of a second colour, t, for partial derivatives in time.

        The time advances by h per step: lm(k) has the h term -h(1-k)/(2(1+k)^3) (f'f + (1+k) f_t).
        """
        if self.inverse:
            raise UnsupportedError("the modifying integrator is derived for fields f(u); add t' = 1 to the system")
        return replace(self, series=modified_series(self.scheme, self.order, nonautonomous=True))

    @functools.cached_property
    def multistep(self) -> LinearMultistep | None:
        """The irreducible multistep method that the scheme is, where it is one (Euler and the trapezoid rule are)."""
        return as_multistep(self.scheme)

    @functools.cached_property
    def momentum(self) -> tuple[Expr, ...] | None:
        """g_1, g_2, ... of the momentum form sum_j g_j h^(j-1) u^(j) = f, a formal series; None where there is none."""
        if self.inverse or self.multistep is None:
            return None
        return momentum_series(self.multistep.alpha, self.multistep.beta, self.order).values(self.order)

    @functools.cached_property
    def parasitic(self) -> tuple[ParasiticMode, ...]:
        """The modes root^n v(nh) beside the smooth solution, largest modulus first; the root 0 dies out and is left
        out."""
        if self.inverse or self.scheme.random_symbols:
            return ()
        if self.multistep is not None:
            return parasitic_modes(self.multistep)
        return () if isinstance(self.scheme, BY_WEIGHTS) else general_modes(self.scheme.normal_form())

    @functools.cached_property
    def start(self) -> tuple[Mapping[Tree, Expr], ...] | None:
        """What the values of a general linear method approximate: for each the series {Tree: number} beside q u.

            x_m = q_m u + sum_t h^|t| xi_m(t)/sigma(t) F(t)(u)

        None for schemes whose one value is the solution, and for several fields.
        """
        if self.inverse or isinstance(self.scheme, BY_WEIGHTS):
            return None
        form = self.scheme.normal_form()
        if isinstance(self.scheme, LinearMultistep) or not has_start(form, self.series.grammar):
            return None
        return tuple(values_of(form, self.order))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What limits the statement: coefficients that are approximate or look rounded, no zero-stability."""
        found = [] if self.scheme.exact else [APPROXIMATE]
        if not self.inverse:
            found += [hint] if (hint := if_rounded(self.scheme, self.known_order)) else []
            found += zero_stability_warning(self.parasitic)
        return tuple(found)
