"""Elementary differentials in book notation: f''(f,f), f'f'f, and in LaTeX."""

from collections.abc import Callable

from schemetools.analysis.trees.forest import TIME
from schemetools.analysis.trees.tree import Tree
from schemetools.exact.style import LATEX, TEXT


def _differential(tree: Tree, primes: Callable[[str, int], str], subscript: str) -> str:
    """f with one prime per child, then the children, bushy ones first; children of colour t are partial derivatives."""
    letter = tree.colour or "f"
    times = sum(1 for child in tree.children if child.colour == TIME and letter != TIME)
    below = sorted(
        (c for c in tree.children if c.colour != TIME), key=lambda c: (c.order, c.level_sequence, c.colours or ())
    )
    head = primes(letter + subscript.format("t" * times) if times else letter, len(below))
    inner = [_differential(child, primes, subscript) for child in below]
    if len(inner) > 1:
        return f"{head}({','.join(inner)})"
    return head + "".join(inner)


def differential_text(tree: Tree) -> str:
    """The elementary differential F(t) as text.

    >>> differential_text(Tree.from_level_sequence((1, 2, 2, 3)))
    "f''(f,f'f)"
    """
    return _differential(tree, TEXT.derivative, "_{}")


def differential_latex(tree: Tree) -> str:
    """The elementary differential F(t) in LaTeX."""
    return _differential(tree, LATEX.derivative, "_{{{}}}")
