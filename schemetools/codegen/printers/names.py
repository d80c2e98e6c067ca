"""Names and texts that generated source shares: identifiers, class names, docstrings that cannot break out."""

import keyword
import re
import textwrap
from collections.abc import Collection, Iterable

from sympy import Expr

from schemetools import exact
from schemetools.schemes.base import Scheme

LONGEST_LINE = 100
_VOWELS = set("aeiouy")


def identifier(name: str, taken: Collection[str] = ()) -> str:
    """A Python name close to a symbol's: `k`, `lambda_`, `k_1`; underscores are added until it is not taken."""
    found = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_") or "symbol"
    if found[0].isdigit() or keyword.iskeyword(found):
        found = f"{found}_" if keyword.iskeyword(found) else f"c{found}"
    while found in taken:
        found += "_"
    return found


def symbol_names(symbols: Iterable[Expr], taken: Collection[str]) -> dict[Expr, str]:
    """{symbol: identifier}, all different and none of them taken."""
    used, found = set(taken), {}
    for symbol in sorted(symbols, key=str):
        found[symbol] = identifier(str(symbol), used)
        used.add(found[symbol])
    return found


def base_name(scheme: Scheme) -> str:
    """The scheme's name without its parameters as an identifier, `rk4`, `adams_bashforth`; its kind if it has none."""
    name = (scheme.name or type(scheme).__name__).partition("(")[0].partition("[")[0]
    return identifier(name)


def class_name(scheme: Scheme) -> str:
    """`RK4`, `LM`, `AdamsBashforth`, `Dopri5`: words without a vowel are acronyms."""
    words = base_name(scheme).split("_")
    return "".join(w.upper() if not _VOWELS & set(w.lower()) else w[0].upper() + w[1:] for w in words if w)


def quoted(text: str) -> str:
    """Text that may stand inside a docstring, whatever a user's file put into a name or a reference."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable.replace("\\", "\\\\").replace('"', "'")


def origin(scheme: Scheme) -> str:
    """What a program was written from, for its first line: the exact scheme, or coefficients that are rounded."""
    if scheme.exact:
        return "written from the exact scheme by schemetools."
    return f"written by schemetools from coefficients known to {scheme.digits} decimals."


def heading(*paragraphs: str) -> str:
    """The docstring at the top of a file."""
    text = "\n\n".join(_wrapped(p) for p in paragraphs)
    fits = "\n" not in text and len(text) + len('""""""') <= LONGEST_LINE
    return f'"""{text}"""' if fits else f'"""{text}\n"""'


def _wrapped(text: str) -> str:
    """Text for a docstring in lines of at most 96 characters, which leaves room for a margin and for quotes."""
    return textwrap.fill(quoted(text), 96, break_long_words=False, break_on_hyphens=False)


def cited(reference: str | None) -> str:
    """Where a scheme was published, as the last paragraph of a docstring; nothing where that is not known."""
    margin = " " * 4
    return f"\n\n{textwrap.indent(_wrapped(reference), margin)}\n{margin}" if reference else ""


def number(value: Expr) -> str:
    """A number as a Python literal: the double nearest to it, integers as they are."""
    return str(int(value)) if value.is_Integer and abs(value) < 2**53 else repr(exact.to_float(value))


def expression(value: Expr, names: dict[Expr, str], power: str = "{}**{}") -> str:
    """A formula in symbols as source, its numbers as literals; fit to stand as a factor or an argument.

    `power` is how the target writes a base and an exponent.
    """
    if value in names:
        return names[value]
    if value.is_number:
        return number(value)
    if value.is_Add:
        parts = [expression(term, names, power) for term in sorted(value.args, key=lambda a: (not a.is_number, str(a)))]  # type: ignore[attr-defined]
        return "(" + " + ".join(parts).replace("+ -", "- ") + ")"
    if value.is_Pow and value.exp.is_Integer:  # type: ignore[attr-defined]
        base, n = _operand(value.base, names, power), int(value.exp)  # type: ignore[attr-defined,arg-type]
        raised = base if abs(n) == 1 else power.format(base, abs(n))
        return raised if n > 0 else f"(1 / {raised})"
    if value.is_Mul:
        top, bottom = value.as_numer_denom()
        if bottom != 1 and not bottom.is_number:
            return f"({expression(top, names, power)} / {_operand(bottom, names, power)})"  # type: ignore[arg-type]
        coefficient, rest = value.as_coeff_Mul()
        sign = "-" if coefficient == -1 else "" if coefficient == 1 else f"{number(coefficient)} * "  # type: ignore[arg-type]
        factors = rest.args if rest.is_Mul else (rest,)
        return sign + " * ".join(expression(f, names, power) for f in factors)  # type: ignore[arg-type]
    return number(value)


def _operand(value: Expr, names: dict[Expr, str], power: str) -> str:
    """A formula fit to stand behind a stroke or before a power: a product gets parentheses."""
    text = expression(value, names, power)
    return f"({text})" if value.is_Mul or text.startswith("-") else text
