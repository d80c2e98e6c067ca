"""Elementary differentials in book notation: f''(f,f), f'f'f, and in LaTeX."""

from collections.abc import Callable

from schemetools.analysis.trees.forest import TIME
from schemetools.analysis.trees.tree import Tree
from schemetools.exact.printing import name_latex
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


INDICES = "ijklmpqrsxyz"


def condition_latex(tree: Tree) -> str:
    r"""The order condition of a tree as a sum over indices, in LaTeX: leaves are c, other edges a.

    >>> print(condition_latex(Tree("[[.],.]")))
    \sum_{i,j} b_{i} a_{ij} c_{j} c_{i} = \frac{1}{8}
    """
    used: list[str] = []

    def mark(node: Tree) -> str:
        return f"^{{{name_latex(node.colour)}}}" if node.colour else ""

    def below(node: Tree, index: str) -> str:
        leaves = [child for child in node.children if not child.children]
        parts = []
        for child in node.children:
            if child.children:
                own = _index(len(used))
                used.append(own)
                parts.append(f"a{mark(child)}_{{{index}{own}}} {below(child, own)}")
        for leaf in dict.fromkeys(leaves):
            power, c = leaves.count(leaf), f"c{mark(leaf)}_{{{index}}}"
            parts.append(c if power == 1 else f"{{{c}}}^{{{power}}}")
        return " ".join(parts)

    used.append(_index(0))
    body = f"b{mark(tree)}_{{i}} {below(tree, 'i')}".strip()
    value = "1" if tree.density == 1 else rf"\frac{{1}}{{{tree.density}}}"
    return rf"\sum_{{{','.join(used)}}} {body} = {value}"


def _index(n: int) -> str:
    return INDICES[n] if n < len(INDICES) else f"i_{{{n}}}"
