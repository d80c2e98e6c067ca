"""Modified equations with coefficients k(t), as people write them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sympy import Derivative, Expr, Symbol

from .coefficients import LATEX, TEXT, Style
from .notation import differential_latex, differential_text
from .printing import signed_sum
from .trees import Tree

if TYPE_CHECKING:
    from .varying import VaryingEquation


def _with_primes(value: Expr) -> Expr:
    """k(t), its derivatives as the symbols k, k', k''."""
    jets = {d: Symbol(d.expr.func.__name__ + "'" * d.derivative_count) for d in value.atoms(Derivative)}  # type: ignore[attr-defined]
    plain = {a: Symbol(a.func.__name__) for a in value.atoms() | value.find(lambda e: e.is_Function)}  # type: ignore[attr-defined]
    return value.xreplace(jets).xreplace({a: s for a, s in plain.items() if a.is_Function})


def _line(eq: "VaryingEquation", style: Style, differential: Callable[[Tree], str]) -> str:
    by_power: dict[int, list[tuple[str, str]]] = {}
    for (tree, w), value in eq.coefficients.items():
        if tree.colour == "t":
            continue
        sign, body = style.coefficient(_with_primes(value) / tree.symmetry)
        by_power.setdefault(tree.order - 1 + w, []).append(
            (sign, f"{'' if body == '1' else body + ' '}{differential(tree)}")
        )
    result = ""
    for power, terms in sorted(by_power.items()):
        inner = signed_sum(terms)
        if power == 0:
            result = inner
        else:
            h = "h" if power == 1 else style.power("h", power)
            result += f" + {h} [{inner}]"
    return f"u' = {result} + ..."


def varying_text(eq: "VaryingEquation") -> str:
    """Header and first-order form."""
    names = ", ".join(f"{f.func.__name__} = {f}" for f in eq.functions)
    sign, body = TEXT.coefficient(_with_primes(eq.limit))
    limit = "" if eq.limit == 1 else f" relative to u' = {'-' if sign == '-' else ''}{TEXT.group(body)} f"
    return f"{eq.scheme} with {names}{limit}\nfirst order  {_line(eq, TEXT, differential_text)}"


def varying_latex(eq: "VaryingEquation") -> str:
    """The first-order form as a display."""
    return f"$$\n{_line(eq, LATEX, differential_latex).replace('...', chr(92) + 'cdots')}\n$$"
