r"""Stencils and difference schemes in LaTeX, as people write them: u_{i+1}^{n}, \Delta x."""

from collections.abc import Iterable
from typing import Any

import sympy

from schemetools.exact import latex

INDICES = ("i", "j", "k")


def _index(place: Iterable[Any]) -> str:
    parts = []
    for letter, step in zip(INDICES, place, strict=False):
        shown = str(abs(step)) if step == int(step) else f"{abs(step).numerator}/2"
        parts.append(letter if not step else f"{letter}{'+' if step > 0 else '-'}{shown}")
    return ",".join(parts)


def signed(terms: Iterable[tuple[Any, str]]) -> str:
    """A sum of coefficient times letter, signs drawn out of numbers."""
    result = ""
    for c, letter in terms:
        matrix = isinstance(c, tuple)
        negative = not matrix and not c.is_Add and c.could_extract_minus_sign()
        size: Any = sympy.Matrix(c) if matrix else -c if negative else c
        body = "" if size == 1 else latex(size)
        if getattr(size, "is_Add", False):
            body = rf"\left({body}\right)"
        sign = ("-" if negative else "") if not result else (" - " if negative else " + ")
        result += f"{sign}{body} {letter}" if body else f"{sign}{letter}"
    return result or "0"


def stencil_latex(above: Any, below: Any, derivative: int, dimension: int) -> str:
    """sum D_j (d^k u)_(i+j) = dx^-k sum N_j u_(i+j)."""
    order = "" if derivative == 1 else f"^{{{derivative}}}"
    mark = rf"\partial{order} u" if derivative else "u"
    left = signed((c, rf"\left({mark}\right)_{{{_index(place)}}}") for place, c in below)
    right = signed((c, f"u_{{{_index(place)}}}") for place, c in above)
    width = rf"\frac{{1}}{{\Delta x{order}}}" if derivative else ""
    return rf"$\displaystyle {left} \approx {width}\left({right}\right)$"


def difference_latex(levels: Any) -> str:
    """The newest level equal to the older ones."""

    def letter(time: int, place: Any) -> str:
        return f"u_{{{_index(place)}}}^{{n{f'{time:+d}' if time else ''}}}"

    def minus(c: Any) -> Any:
        return tuple(tuple(-e for e in row) for row in c) if isinstance(c, tuple) else sympy.expand(-c)

    time, newest = levels[-1]
    left = signed((c, letter(time, place)) for place, c in newest)
    right = signed((minus(c), letter(m, place)) for m, row in reversed(levels[:-1]) for place, c in row)
    return rf"$\displaystyle {left} = {right}$"


def lines_latex(parts: Any) -> str:
    """u_t = sum of coefficient times stencil, one line per part."""
    sums = []
    for terms in parts:
        shown = [(c, rf"\frac{{1}}{{\Delta x^{{{s.derivative}}}}}\left({_body(s)}\right)") for c, s in terms]
        sums.append(signed(shown))
    return rf"$\displaystyle u_t = {' + '.join(sums)}$"


def _body(stencil: Any) -> str:
    above = signed((c, f"u_{{{_index(place)}}}") for place, c in stencil.numerator)
    if not stencil.is_compact:
        return above
    below = signed((c, f"E^{{{','.join(map(str, place))}}}") for place, c in stencil.denominator)
    return rf"\left({below}\right)^{{-1}}\left({above}\right)"
