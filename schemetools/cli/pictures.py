"""Which picture a `stability` command draws, and the values of a `--sweep`."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import schemetools as st
from schemetools.errors import SchemeError

if TYPE_CHECKING:  # at run time these would load sympy, and `--help` would take five times as long
    from sympy import Expr

    from schemetools.schemes.base import Scheme

MOST_VALUES = 50


def drawing(schemes: Sequence["Scheme"], *, order_star: bool, locus: bool, sweep: str | None) -> Callable[[], Any]:
    """The drawing that the options ask for, to be called for its axes. Raises SchemeError where they do not fit."""
    special = [
        option
        for option, asked in (("--order-star", order_star), ("--locus", locus), ("--sweep", sweep is not None))
        if asked
    ]
    if len(special) > 1:
        raise SchemeError(f"{' and '.join(special)} are different pictures; ask for one of them")
    if special and len(schemes) != 1:
        raise SchemeError(f"{special[0]} draws one scheme; {len(schemes)} were named")
    if order_star:
        return lambda: st.present.plot_order_star(schemes[0])
    if locus:
        return lambda: st.present.plot_locus(schemes[0])
    if sweep is not None:
        symbol, values = swept(sweep)
        return lambda: st.present.plot_sweep(schemes[0], values, symbol=symbol)
    return lambda: st.plot_stability(schemes)


def swept(text: str) -> tuple[str, list["Expr"]]:
    """The symbol and the exact values of `k=-0.9:1:7`: seven values of k from -9/10 to 1, equally spaced.

    Raises SchemeError for anything of another form.
    """
    symbol, _, span = text.partition("=")
    parts = span.split(":")
    if not symbol.strip().isidentifier() or len(parts) != 3 or not parts[2].strip().isdecimal():
        raise SchemeError(f"--sweep {text!r}: write the symbol, both ends and how many, as in k=-0.9:1:7")
    low, high, count = st.exact.parse(parts[0]), st.exact.parse(parts[1]), int(parts[2])
    if not 2 <= count <= MOST_VALUES:
        raise SchemeError(f"--sweep {text!r}: the number of values is 2 to {MOST_VALUES}; {count} came")
    return symbol.strip(), [st.exact.canonical(low + (high - low) * i / (count - 1)) for i in range(count)]


def instances(scheme: "Scheme", symbol: str, values: Sequence["Expr"]) -> list["Scheme"]:
    """The scheme with each of the values for the symbol."""
    return [scheme.subs({symbol: value}) for value in values]
