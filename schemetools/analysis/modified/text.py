"""Modified equations as people write them, in text and in LaTeX."""

from collections.abc import Callable
from typing import NamedTuple

import sympy
from sympy import Expr

from schemetools.analysis.modified.facts import EquationFacts
from schemetools.analysis.properties.order import vanishes
from schemetools.analysis.trees.notation import differential_latex, differential_text
from schemetools.analysis.trees.tree import Tree
from schemetools.errors import SchemeError
from schemetools.exact import canonical, name_latex
from schemetools.exact.style import LATEX, TEXT, Style, signed_sum
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom

SHOWN = 3  # corrections through h^2, or the first that does not vanish


class _Marks(NamedTuple):
    """What text and LaTeX write differently around the coefficients."""

    style: Style
    differential: Callable[[Tree], str]
    bracket: tuple[str, str]
    ellipsis: str


_TEXT = _Marks(TEXT, differential_text, ("[", "]"), "...")
_LATEX = _Marks(LATEX, differential_latex, (r"\left[", r"\right]"), r"\cdots")


def _term(coefficient: str, *factors: str) -> str:
    parts = [f for f in factors if f]
    return " ".join(parts if coefficient == "1" and parts else [coefficient, *parts])


def _h(style: Style, n: int) -> str:
    return "" if n == 0 else style.power("h", n)


def _momentum(eq: EquationFacts, marks: _Marks) -> str:
    terms = []
    for j, g in enumerate(eq.meant_momentum, 1):
        if g != 0:
            sign, body = marks.style.coefficient(g, eq.scheme.exact)
            terms.append((sign, _term(body, _h(marks.style, j - 1), marks.style.derivative("u", j))))
    rest = f" + O({_h(marks.style, eq.order)})" if len(terms) == 1 and eq.order > 1 else ""
    return f"{signed_sum(terms)}{rest} = f"


def _written(eq: EquationFacts, marks: _Marks, tree: Tree) -> str:
    """The differential of a tree; the derivative of a linear field J u is J itself."""
    shown, grammar = marks.differential(tree), eq.series.grammar
    for label in (grammar.colours[c] for c in grammar.linear):
        shown = shown.replace(f"{label}'", f"{label} ")
    return shown


def _group_order(eq: EquationFacts, marks: _Marks, n: int, trees: list[Tree]) -> tuple[str, str] | None:
    """The terms of one power of h: one term alone, several in a bracket whose sign is theirs if they share it."""
    terms = []
    for tree in trees:
        value = eq.meant(tree)
        if value != 0:
            sign, body = marks.style.coefficient(value / tree.symmetry, eq.scheme.exact)
            terms.append((sign, _term(body, _written(eq, marks, tree) if len(trees) > 1 or n > 1 else "")))
    if not terms:
        return None
    if len(terms) == 1:
        return terms[0]
    if all(sign == "-" for sign, _ in terms):
        inner = signed_sum(("+", body) for _, body in terms)
        return "-", f"{marks.bracket[0]}{inner}{marks.bracket[1]}"
    return "+", f"{marks.bracket[0]}{signed_sum(terms)}{marks.bracket[1]}"


def _right_side(eq: EquationFacts, marks: _Marks, roots: tuple[str | None, ...], through: int) -> str:
    """The right-hand side of the components whose trees have these root colours, through trees of the given order."""
    by_order: dict[int, list[Tree]] = {}
    for tree in eq.coefficients:
        if tree.order <= through and tree.colour in roots:
            by_order.setdefault(tree.order, []).append(tree)
    terms: list[tuple[str, str]] = []
    for n, trees in by_order.items():
        shown = [t for t in trees if eq.meant(t) != 0]
        if n == 1 or len(shown) == 1:
            for tree in shown:
                sign, body = marks.style.coefficient(eq.meant(tree) / tree.symmetry, eq.scheme.exact)
                terms.append((sign, _term(body, _h(marks.style, n - 1), _written(eq, marks, tree))))
        elif group := _group_order(eq, marks, n, shown):
            terms.append((group[0], _term("1", _h(marks.style, n - 1), group[1])))
    corrections = len(terms) > len(by_order.get(1, ()))
    rest = marks.ellipsis if corrections or through < 2 else f"O({_h(marks.style, through)})"
    return f"{signed_sum(terms) or '0'} + {rest}"


def _unknowns(eq: EquationFacts) -> list[tuple[str, tuple[str | None, ...]]]:
    """(left-hand side, root colours) of every line of the first-order form."""
    if len(eq.fields) == 1:
        return [("u'", (None, *eq.fields))]
    if isinstance(eq.scheme, RungeKuttaNystrom):
        f, p = eq.fields
        return [("q'", (p,)), ("p'", (f,))]
    if eq.is_partitioned:
        letters = ("p'", "q'") if len(eq.fields) == 2 else tuple(f"u_{label}'" for label in eq.fields)
        return [(left, (label,)) for left, label in zip(letters, eq.fields, strict=True)]
    return [("u'", eq.fields)]


def shown_order(eq: EquationFacts, known: int) -> int:
    """Through which order the printed form goes: what was asked for, else h^2 or the first correction if later."""
    return eq.order if eq.asked else min(eq.order, max(SHOWN, known + 1))


def _title(eq: EquationFacts, marks: _Marks, known: int) -> tuple[str, str]:
    """(name: order p, the limit where it is not 1)."""
    name = eq.scheme.name or f"unnamed {type(eq.scheme).__name__}"
    title = f"modifying integrator of {name}" if eq.inverse else f"{name}: order {known}"
    limit = eq.limit if isinstance(eq.limit, tuple) else (eq.limit,)
    if all(vanishes(value - 1, eq.scheme) for value in limit) or eq.inverse:
        return title, ""
    return title + " relative to ", marks.style.limit(zip(limit, eq.fields, strict=False), eq.scheme.exact)


def momentum_coefficient(eq: EquationFacts) -> Expr | None:
    """The factor of u_n - u_(n-1) in a two-step method of heavy-ball form, v_(n+1) = m v_n + h f; None for other
    methods."""
    method = eq.multistep
    if method is None or method.steps != 2 or method.beta[0] != 0 or method.beta[2] != 0:
        return None
    return canonical(method.alpha[0] / method.alpha[2])


def is_lm(eq: EquationFacts) -> bool:
    """Whether the scheme is that of LM-ResNet, whose momentum coefficient is -k: heavy-ball form, with weight 1 on f.

    Asked of the coefficients: a name can be anybody's.
    """
    method = eq.multistep
    return momentum_coefficient(eq) is not None and method is not None and method.beta[1] == method.alpha[2]


def _signed(style: Style, value: Expr, exact: bool) -> str:
    sign, body = style.coefficient(value, exact)
    return f"-{body}" if sign == "-" else body


def _number(style: Style, exact: Expr, value: complex | None, is_exact: bool) -> str:
    """A number as a formula, or as a decimal where its only formula is a root of a polynomial."""
    if value is not None and exact.has(sympy.CRootOf):
        return f"{value.real:.4g}" if value.imag == 0 else style.group(f"{value:.4g}".strip("()").replace("j", "i"))
    return _signed(style, exact, is_exact)


def _parasites(eq: EquationFacts, marks: _Marks) -> list[str]:
    lines = []
    for mode in eq.parasitic:
        body = _number(marks.style, mode.root, mode.value, eq.scheme.exact)
        root = body if body.startswith("(") and body.endswith(")") else marks.style.group(body)
        if mode.growth is None:
            lines.append(f"{root}^n v, {mode.multiplicity} times: grows like n^{mode.multiplicity - 1}")
            continue
        speed = _term(_number(marks.style, mode.growth, mode.growth_value, eq.scheme.exact), "f'v")
        lines.append(f"{root}^n v,  v' = {speed.replace('-1 f', '-f')} + O(h)")
    return lines


def first_order_lines(eq: EquationFacts, through: int | None = None) -> list[str]:
    """u' = ... for every part of the state, through trees of an order: by default the order that is shown."""
    last = shown_order(eq, eq.known_order) if through is None else through
    return [f"{left} = {_right_side(eq, _TEXT, roots, last)}" for left, roots in _unknowns(eq)]


def momentum_lines(eq: EquationFacts) -> list[str]:
    """The momentum coefficient in one line; none where the scheme is no heavy-ball method."""
    value = None if eq.inverse else momentum_coefficient(eq)
    if value is None:
        return []
    shown = _signed(TEXT, value, eq.scheme.exact)
    return [f"momentum coefficient {'-k = ' if is_lm(eq) and shown != '-k' else ''}{shown}"]


def equation_text(eq: EquationFacts, through: int | None = None) -> str:
    """The equation in lines of text; `through` is the order of the last trees shown."""
    known = eq.known_order
    last = shown_order(eq, known) if through is None else _checked(eq, through)
    title, limit = _title(eq, _TEXT, known)
    lines = [title + limit]
    if eq.momentum is not None:
        lines.append(f"momentum     {_momentum(eq, _TEXT)}        (formal series)")
    lines += [f"{'' if i else 'first order':13}{line}" for i, line in enumerate(first_order_lines(eq, last))]
    lines += [f"parasite     {line}" for line in _parasites(eq, _TEXT)]
    lines += momentum_lines(eq)
    if not eq.inverse and known > eq.order:
        lines.append(f"note         zero through h^{known - 1}")
    lines += [f"note         {warning}" for warning in eq.warnings]
    return "\n".join(lines)


def _checked(eq: EquationFacts, through: int) -> int:
    if not 1 <= through <= eq.order:
        raise SchemeError(f"through={through} came; this equation is derived through order {eq.order}")
    return through


def equation_latex(eq: EquationFacts, through: int | None = None) -> str:
    """The equation as an aligned LaTeX display."""
    known = eq.known_order
    last = shown_order(eq, known) if through is None else _checked(eq, through)
    title, limit = _title(eq, _LATEX, known)
    lines = [f"&{name_latex(title)}{limit}"]
    if eq.momentum is not None:
        lines.append(rf"&{_momentum(eq, _LATEX)} \qquad\text{{(formal series)}}")
    for left, roots in _unknowns(eq):
        lines.append(f"&{left} = {_right_side(eq, _LATEX, roots, last)}")
    lines += [rf"&\text{{parasite }} {line}".replace(",  ", r",\quad ") for line in _parasites(eq, _LATEX)]
    if not eq.inverse and (value := momentum_coefficient(eq)) is not None:
        lines.append(rf"&\text{{momentum coefficient }} {_signed(LATEX, value, eq.scheme.exact)}")
    return "$$\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}$$"
