"""Nonlinear modified equations as people write them: u_t = -F' u_x + dx [u_xx/(2 lam) - ...] + ..."""

import re
from typing import Any

import sympy
from sympy import Expr

from schemetools.exact.style import LATEX, TEXT, Style

SHOWN = 2  # powers of dx beyond the limit
_JET = re.compile(r"u_(x+|\d+x)")


def _letter(style: Style, base: Expr) -> str:
    name = str(base)
    if name.startswith("F_u"):
        k = name.count("u")
        return "F" + "'" * k if k < 4 else f"F^({k})" if style is TEXT else f"F^{{({k})}}"
    if style is TEXT:
        return name.replace("**", "^").replace("*", " ")
    if name == "lam":
        return r"\lambda"
    return f"u_{{{name[2:]}}}" if _JET.fullmatch(name) else sympy.latex(base)


def _rank(base: Expr) -> tuple[int, str]:
    name = str(base)
    return (2 if _JET.fullmatch(name) else 1 if name.startswith("F_u") or base.has(sympy.Symbol("u")) else 0), name


def _term(style: Style, term: Expr) -> tuple[str, str]:
    number, rest = term.as_coeff_Mul()
    sign, size = ("-", -number) if number < 0 else ("+", number)
    above, below = [], []
    whole = [(b, n) if n.is_Integer else (b**n, 1) for b, n in rest.as_powers_dict().items()]
    for base, n in sorted(whole, key=lambda pair: _rank(pair[0])):
        if base == 1:
            continue
        letter = _letter(style, base)
        letter = style.group(letter) if base.is_Add else letter
        (above if n > 0 else below).append(style.power(letter, abs(int(n))) if abs(n) > 1 else letter)
    p, q = int(size.p), int(size.q)
    over = " ".join(([] if p == 1 and above else [str(p)]) + above)
    under = ([] if q == 1 else [str(q)]) + below
    if not under:
        return sign, over
    if style is TEXT:
        return sign, f"{over}/{under[0]}" if len(under) == 1 else f"{over}/({' '.join(under)})"
    return sign, rf"\frac{{{over}}}{{{' '.join(under)}}}"


def _sum(style: Style, value: Expr) -> str:
    result = ""
    for term in sympy.Add.make_args(value):
        sign, body = _term(style, term)
        result += (f"-{body}" if sign == "-" else body) if not result else f" {sign} {body}"
    return result


def equation(eq: Any, style: Style) -> str:
    """u_t = the term without dx, and the first corrections in brackets."""
    parts = []
    for n, value in list(eq.coefficients.items())[: SHOWN + 1]:
        step = "" if n == 1 else "dx" if style is TEXT else r"\Delta x"
        step = style.power(step, n - 1) if n > 2 else step
        body = _sum(style, value)
        alone = not value.is_Add
        if n > 1 and alone and body.startswith("-"):
            parts.append(("-", f"{step} {body[1:]}"))
        else:
            parts.append(("+", body if n == 1 else f"{step} {body}" if alone else f"{step} [{body}]"))
    shown = ""
    for sign, body in parts:
        shown += f" {sign} {body}" if shown else f"-{body}" if sign == "-" else body
    rest = "..." if style is TEXT else r"\cdots"
    return f"{'u_t' if style is TEXT else 'u_{t}'} = {shown} + {rest}"


def _law(eq: Any, style: Style) -> str:
    times = _times(eq)
    before = "" if times == 1 else f"{times} "
    if eq.flux is None:
        return f"u_t + {before}F(u)_x = 0"
    text = style.plain(eq.flux, True)
    return f"u_t + {before}({text.replace('**', '^').replace('*', ' ')})_x = 0"


def _times(eq: Any) -> Expr:
    """How often the flux stands in the equation: twice for a term -2 c u_x whose c u becomes F(u)."""
    slope = sympy.Symbol("F_u") if eq.flux is None else sympy.diff(eq.flux, sympy.Symbol("u"))
    found = sympy.cancel(-eq.coefficients.get(1, 0) / (slope * sympy.Symbol("u_x")))
    return found if found.is_Rational else sympy.Integer(1)


def text(eq: Any) -> str:
    """The equation in lines of text."""
    last = "dx" if eq.order == 2 else f"dx^{eq.order - 1}"
    powers = [n - 1 for n in eq.coefficients if n > 1 and not eq.keeps_in_limit(n)]
    order = f"order {powers[0]}" if powers else f"no error through {last}"
    wrong = [n for n, total in eq.conservative_terms.items() if not total]
    verdict = f"yes: every term through {last} is the derivative of a flux"
    if wrong:
        verdict = f"no: the term of dx^{wrong[0] - 1} is no derivative of a flux"
    lines = [f"{eq.scheme} for {_law(eq, TEXT)}: {order}, lam = dt/dx", f"modified      {equation(eq, TEXT)}"]
    return "\n".join([*lines, f"conservative  {verdict}"])


def latex(eq: Any) -> str:
    """The equation as a LaTeX display."""
    return f"$$ {equation(eq, LATEX)} $$"
