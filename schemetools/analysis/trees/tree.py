"""Rooted trees, plain and coloured: the index set of B-series."""

import functools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from schemetools.analysis.trees.brackets import read_tree
from schemetools.analysis.trees.drawing import tree_svg
from schemetools.analysis.trees.forest import PLAIN, Grammar, collector_paused, forest, free
from schemetools.errors import NoSuchTreeError, SchemeError, came
from schemetools.exact import is_whole
from schemetools.exact.printing import name_latex


@dataclass(frozen=True, slots=True)
class Tree:
    """A rooted tree, by the levels of its nodes in depth-first order (the root has level 1).

    The sequence is made canonical: among the orderings of the children, the largest. A coloured tree carries the
    colours of its nodes in the same order. Text is read in bracket notation, as it is printed: a node is ".", or its
    children in brackets, with its colour in front where it has one.
    Raises SchemeError for levels that no tree has, and for text that is no tree.
    Source: Butcher, Numerical Methods for Ordinary Differential Equations, section 30.

    >>> Tree("[.,[.]]"), Tree((1, 2, 2, 3)), Tree("F[G,F]").colours
    (Tree('[[.],.]'), Tree('[[.],.]'), ('F', 'G', 'F'))
    >>> t = Tree.from_level_sequence((1, 2, 2, 3))
    >>> t, t.order, t.symmetry, t.density
    (Tree('[[.],.]'), 4, 1, 8)
    """

    level_sequence: tuple[int, ...]
    colours: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Read text; check the levels, and put them into canonical order."""
        levels, colours = self.level_sequence, self.colours
        if isinstance(levels, str):
            if colours is not None:
                raise SchemeError(
                    f"the text of a tree holds its colours, as in F[G,F]; colours={colours!r} came as well"
                )
            levels, colours = read_tree(levels)
        found = Tree.from_level_sequence(levels, colours)
        object.__setattr__(self, "level_sequence", found.level_sequence)
        object.__setattr__(self, "colours", found.colours)

    @classmethod
    def from_level_sequence(cls, levels: Sequence[int], colours: Sequence[str] | None = None) -> "Tree":
        """The tree whose nodes have these levels, in depth-first order, root 1.

        Raises SchemeError where no tree has them, or where the colours are not one per node.
        """
        if not isinstance(levels, Sequence) or not all(map(is_whole, levels)):
            raise SchemeError(f"a level sequence is a sequence of integers, such as (1, 2, 3, 2); {levels!r} came")
        sequence = tuple(levels)
        steps = zip(sequence, sequence[1:], strict=False)
        if not sequence or sequence[0] != 1 or any(not 2 <= new <= old + 1 for old, new in steps):
            raise SchemeError(
                f"{sequence} is not a level sequence: it starts with 1, and every later level is between 2 and one "
                "more than the level before it, such as (1, 2, 3, 2)"
            )
        labels = None if colours is None else _labels(colours)
        if labels is not None and len(labels) != len(sequence):
            raise SchemeError(f"{len(labels)} colours came for {len(sequence)} nodes; give one per node")
        return _canonical(sequence, labels)

    @property
    def order(self) -> int:
        """The number of nodes |t|."""
        return len(self.level_sequence)

    @property
    def children(self) -> tuple["Tree", ...]:
        """The subtrees at the root's children, largest first."""
        return tuple(_tree(*branch) for branch in _branches(self.level_sequence, self.colours))

    @property
    def colour(self) -> str | None:
        """The colour of the root; None for a plain tree."""
        return None if self.colours is None else self.colours[0]

    @property
    def symmetry(self) -> int:
        """The order sigma(t) of the automorphism group."""
        counts = Counter(self.children)
        return math.prod(math.factorial(n) * child.symmetry**n for child, n in counts.items())

    @property
    def density(self) -> int:
        """gamma(t): the product of the orders of all subtrees; the exact flow has the coefficient 1/gamma(t)."""
        return self.order * math.prod(child.density for child in self.children)

    def __str__(self) -> str:
        node = self.colour or ""
        inner = ",".join(map(str, self.children))
        return f"{node}[{inner}]" if inner else node or "."

    def __repr__(self) -> str:
        return f"Tree({str(self)!r})"

    def latex(self) -> str:
        r"""The tree in bracket notation in LaTeX, with tau for a node: [[\tau], \tau]; colours are subscripts.

        >>> print(Tree("[[.],.]").latex())
        [[\tau],\tau]
        """
        node = rf"\tau_{{{name_latex(self.colour)}}}" if self.colour else r"\tau"
        inner = ",".join(child.latex() for child in self.children)
        if not inner:
            return node
        return f"[{inner}]_{{{name_latex(self.colour)}}}" if self.colour else f"[{inner}]"

    def _repr_svg_(self) -> str:
        return tree_svg(self.level_sequence, self.colours)


def _branches(
    levels: tuple[int, ...], colours: tuple[str, ...] | None
) -> list[tuple[tuple[int, ...], tuple[str, ...] | None]]:
    starts = [i for i, level in enumerate(levels) if level == 2] + [len(levels)]
    spans = zip(starts, starts[1:], strict=False)
    return [(tuple(level - 1 for level in levels[i:j]), None if colours is None else colours[i:j]) for i, j in spans]


def _join(root: str | None, children: Sequence[Tree]) -> Tree:
    """The tree with these children, which are in canonical order."""
    levels = (1, *[level + 1 for child in children for level in child.level_sequence])
    colours = None if root is None else (root, *[c for child in children for c in child.colours or ()])
    return _tree(levels, colours)


def _tree(levels: tuple[int, ...], colours: tuple[str, ...] | None) -> Tree:
    """The tree of a sequence that is known to be canonical: by the thousands, they are not checked."""
    tree = object.__new__(Tree)
    object.__setattr__(tree, "level_sequence", levels)
    object.__setattr__(tree, "colours", colours)
    return tree


def _canonical(levels: tuple[int, ...], colours: tuple[str, ...] | None) -> Tree:
    children = [_canonical(*branch) for branch in _branches(levels, colours)]
    children.sort(key=sort_key, reverse=True)
    return _join(None if colours is None else colours[0], children)


def sort_key(tree: Tree) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Bushy before tall among the trees of one order: f''(f,f) is printed before f'f'f."""
    return tree.level_sequence, tree.colours or ()


@functools.cache
@collector_paused()
def _with_children(grammar: Grammar, order: int) -> tuple[tuple[Tree, ...], tuple[tuple[Tree, ...], ...]]:
    """The trees of orders 1..order and the children of each, both by id."""
    table = forest(grammar)
    table.grow(order)
    if order == 1:
        return tuple(_tree((1,), None if grammar.plain else (c,)) for c in grammar.colours), ((),) * len(
            grammar.colours
        )
    smaller_trees, smaller_children = _with_children(grammar, order - 1)
    trees, children = list(smaller_trees), list(smaller_children)
    key = attrgetter("level_sequence") if grammar.plain else sort_key
    for t in table.ids(order):
        below = sorted((*children[table.left[t]], trees[table.right[t]]), key=key, reverse=True)
        children.append(tuple(below))
        trees.append(_join(grammar.label(table.colour[t]), below))
    return tuple(trees), tuple(children)


def trees_by_id(grammar: Grammar, order: int) -> tuple[Tree, ...]:
    """The trees of orders 1..order as `Tree` objects, in the order of their ids in the table."""
    return _with_children(grammar, order)[0]


@functools.cache
def sorted_ids(grammar: Grammar, order: int) -> tuple[int, ...]:
    """The ids of the trees of one order, in the order in which they are printed: by root colour, bushy before tall."""
    names = trees_by_id(grammar, order)
    table = forest(grammar)
    ids = range(table.offsets[order], table.offsets[order + 1])
    return tuple(sorted(ids, key=lambda t: (table.colour[t], sort_key(names[t]))))


@functools.cache
@collector_paused()
def ordered_trees(grammar: Grammar, order: int) -> tuple[Tree, ...]:
    """The trees of orders 1..order in the order in which they are printed."""
    names = trees_by_id(grammar, order)
    return tuple(names[t] for n in range(1, order + 1) for t in sorted_ids(grammar, n))


@functools.cache
@collector_paused()
def ids_of_trees(grammar: Grammar, order: int) -> dict[Tree, int]:
    """Tree -> id, for the trees of orders 1..order."""
    return {tree: t for t, tree in enumerate(trees_by_id(grammar, order))}


def rooted_trees(order: int, colours: Sequence[str] | None = None) -> tuple[Tree, ...]:
    """All rooted trees with `order` nodes, bushy ones first; with `colours`, every colouring of them.

    Raises SchemeError for an order below 1 or too large to enumerate.

    >>> [str(t) for t in rooted_trees(4)]
    ['[.,.,.]', '[[.],.]', '[[.,.]]', '[[[.]]]']
    """
    grammar = PLAIN if colours is None else free(_labels(colours))
    forest(grammar).grow(order)
    names = trees_by_id(grammar, order)
    return tuple(names[t] for t in sorted_ids(grammar, order))


def _labels(colours: Any) -> tuple[str, ...]:
    if not isinstance(colours, (str, Sequence)):
        raise SchemeError(f"colours are labels such as ('F', 'G'); {came(colours)} came")
    return tuple(map(str, colours))


def named_tree(key: object) -> object:
    """A tree that is given as text in bracket notation; anything else as it is."""
    return Tree(key) if isinstance(key, str) else key  # type: ignore[arg-type]


def no_such_tree(key: object, order: int, example: Tree) -> NoSuchTreeError:
    """The error for a key that is none of the trees of orders 1..order."""
    kind = f"with the colours of its fields, such as {example}" if example.colours else "without colours"
    return NoSuchTreeError(
        f"{key} is none of the trees here: they have 1 to {order} nodes, {kind}; ask for a higher order"
    )
