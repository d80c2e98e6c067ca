"""Linear combinations of phi functions, the coefficients of exponential methods.

    phi_0(z) = e^z,    phi_(k+1)(z) = (phi_k(z) - 1/k!)/z,    phi_k(0) = 1/k!

A coefficient sum_n r_n phi_k(c z) is an expression in symbols phi(k, c), one for each phi_k(c z): different ones are
linearly independent, so that two coefficients are equal where their r_n are.
"""

import math
import re
from typing import Any, NamedTuple

import sympy
from sympy import Add, Expr, Integer, Rational, Symbol
from sympy.core.function import AppliedUndef

from schemetools import exact
from schemetools.errors import CoefficientError

PHI = sympy.Function("phi")
HIGHEST = 12
_CALL = re.compile(r"\b(exp|phi_?(\d+))\s*\(([^()]*)\)")
_Z = Symbol("z")


class Term(NamedTuple):
    """`factor` * phi_`index`(`scale` z)."""

    index: int
    scale: Expr
    factor: Expr


def phi(index: int, scale: Any = 1) -> Expr:
    """phi_index(scale z) as a symbol; the number 1/index! where the scale is 0."""
    scale = exact.coefficient(scale)
    return Rational(1, math.factorial(index)) if scale == 0 else PHI(Integer(index), scale)


def combination(value: Any) -> Expr:
    """A coefficient as a user writes it: a number, or text such as "phi1(z/2)/2 - exp(z)", in canonical form.

    Raises CoefficientError for what is no linear combination of phi functions with numbers as factors.
    """
    if isinstance(value, str):
        found = _read(value)
    elif isinstance(value, Expr) and value.has(PHI):
        found = value
    else:
        found = exact.coefficient(value)
    return Add(*(factor * phi(index, scale) for index, scale, factor in terms(found)))


def _read(value: str) -> Expr:
    calls: list[Expr] = []
    originals: list[str] = []

    def slot(match: re.Match[str]) -> str:
        argument = exact.parse(match[3], {"z": _Z})
        scale = argument.coeff(_Z) if argument != _Z else Integer(1)
        index = int(match[2]) if match[2] else 0
        if not scale.is_number or exact.canonical(argument - scale * _Z) != 0 or index > HIGHEST:
            raise CoefficientError(
                f"{match[0]!r} came; phi functions are exp(c z), phi1(c z) to phi{HIGHEST}(c z) with a number c, such "
                "as phi1(z/2)"
            )
        calls.append(phi(index, scale))
        originals.append(match[0])
        return f"slot_{len(calls) - 1}"

    shown = _CALL.sub(slot, value)
    slots = {f"slot_{n}": Symbol(f"slot_{n}") for n in range(len(calls))}
    try:
        found = exact.parse(shown, {**slots, "z": _Z})
    except CoefficientError as error:  # in the user's words, with his functions for the slots
        said = re.sub(r"slot_(\d+)", lambda match: originals[int(match[1])], str(error))
        raise CoefficientError(said) from None
    return found.subs(dict(zip(slots.values(), calls, strict=True)))  # type: ignore[return-value]


def terms(value: Expr) -> tuple[Term, ...]:
    """The terms of a combination, sorted; a number is its multiple of phi_0(0) = 1.

    Raises CoefficientError for other expressions.
    """
    expanded = sympy.expand(value)
    calls = sorted(expanded.atoms(AppliedUndef), key=lambda call: (call.args[1], call.args[0]))
    if expanded.free_symbols or any(call.func != PHI for call in calls):
        names = ", ".join(sorted(map(str, expanded.free_symbols)))
        raise CoefficientError(f"{text_of(value)} has {names}; exponential methods take numbers and phi functions of z")
    factors = [exact.canonical(expanded.coeff(call)) for call in calls]
    rest = sympy.expand(expanded - Add(*(f * call for f, call in zip(factors, calls, strict=True))))
    if rest.has(PHI) or any(f.has(PHI) for f in factors):
        raise CoefficientError(f"{text_of(value)} is no linear combination of phi functions")
    found = [Term(0, Integer(0), exact.canonical(rest))] if rest != 0 else []
    return tuple(found + [Term(int(c.args[0]), c.args[1], f) for c, f in zip(calls, factors, strict=True) if f != 0])


def text_of(value: Expr) -> str:
    """An expression for an error message, its phi functions as a user writes them."""
    written = value.replace(PHI, lambda k, c: Symbol(f"{f'phi{k}' if k else 'exp'}({exact.text(c * _Z)})"))
    return str(written)[:60]


def at_zero(value: Expr) -> Expr:
    """The value at z = 0."""
    return taylor(value, 1)[0]


def taylor(value: Expr, order: int) -> list[Expr]:
    """The coefficients of z^0 .. z^(order - 1)."""
    return [
        exact.canonical(Add(*(f * c**m / math.factorial(m + k) for k, c, f in terms(value)), Integer(0)))
        for m in range(order)
    ]


def text(value: Expr) -> str:
    """A coefficient as text that `combination` reads back.

    >>> text(combination("phi1(z/2)/2 - exp(z)"))
    '1/2*phi1(z/2) - exp(z)'
    """
    return _joined(value, exact.text, lambda k: "exp" if k == 0 else f"phi{k}", "{}*{}", "({})")


def latex(value: Expr) -> str:
    """A coefficient in LaTeX."""
    head = lambda k: "e^" if k == 0 else rf"\varphi_{{{k}}}"  # noqa: E731
    return _joined(value, exact.latex, head, "{} {}", r"\left({}\right)").replace(r"e^\left(", r"\exp\left(")


def _joined(value: Expr, write: Any, head: Any, product: str, parentheses: str) -> str:
    parts = []
    for index, scale, factor in terms(value):
        if scale == 0:
            parts.append(write(factor))
            continue
        call = head(index) + parentheses.format(write(scale * _Z))
        shown = parentheses.format(write(factor)) if factor.is_Add else write(factor)
        parts.append({"1": call, "-1": f"-{call}"}.get(str(factor), product.format(shown, call)))
    return " + ".join(parts).replace("+ -", "- ") or "0"
