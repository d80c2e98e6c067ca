"""Modified equations with coefficients k(t), as people write them."""

from collections.abc import Callable, Mapping

from sympy import Derivative, Expr, Symbol

from schemetools.analysis.trees.notation import differential_latex, differential_text
from schemetools.analysis.trees.tree import Tree
from schemetools.exact.style import LATEX, TEXT, Style, signed_sum
from schemetools.schemes.base import Scheme

Coefficients = Mapping[tuple[Tree, int], Expr]


def _with_primes(value: Expr) -> Expr:
    """k(t), its derivatives as the symbols k, k', k''."""
    jets = {d: Symbol(d.expr.func.__name__ + "'" * d.derivative_count) for d in value.atoms(Derivative)}  # type: ignore[attr-defined]
    plain = {a: Symbol(a.func.__name__) for a in value.atoms() | value.find(lambda e: e.is_Function)}  # type: ignore[attr-defined]
    return value.xreplace(jets).xreplace({a: s for a, s in plain.items() if a.is_Function})


def _line(coefficients: Coefficients, style: Style, differential: Callable[[Tree], str]) -> str:
    by_power: dict[int, list[tuple[str, str]]] = {}
    for (tree, w), value in coefficients.items():
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


def varying_text(scheme: Scheme, functions: tuple[Expr, ...], limit: Expr, coefficients: Coefficients) -> str:
    """Header and first-order form."""
    names = ", ".join(f"{f.func.__name__} = {f}" for f in functions)
    relative = "" if limit == 1 else f" relative to {TEXT.limit([(_with_primes(limit), 'f')])}"
    return f"{scheme} with {names}{relative}\nfirst order  {_line(coefficients, TEXT, differential_text)}"


def varying_latex(coefficients: Coefficients) -> str:
    """The first-order form as a display."""
    return f"$$\n{_line(coefficients, LATEX, differential_latex).replace('...', chr(92) + 'cdots')}\n$$"
