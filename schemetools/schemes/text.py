"""A scheme in plain text, as people write it: Butcher's tableau, the multistep recurrence, the general linear array."""

from collections.abc import Callable, Iterable, Sequence

import sympy
from sympy import CRootOf, Expr, Symbol

from schemetools import exact
from schemetools.exact.style import signed_sum
from schemetools.schemes import phi
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.grid_text import discretisation_text
from schemetools.schemes.imex_multistep import ImexMultistep
from schemetools.schemes.masked import MaskedEuler
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.variable import VariableMultistep

GAP = "  "
LONGEST = 30  # characters of an exact number in a tableau; a longer one is shown by its first digits
LONGEST_BITS = 8 * LONGEST
ROOT_NAME = "gamma"


def number(value: Expr, *, is_exact: bool = True) -> str:
    """A coefficient as people write it: `2 sqrt(2)`, `k^2 + 1`; decimals where it is not exact.

    >>> number(2 * sympy.sqrt(2))
    '2 sqrt(2)'
    """
    return exact.text(value, exact=is_exact).replace("**", "^").replace("*", " ")


def scheme_text(scheme: Scheme | Discretisation) -> str:
    """A scheme in plain text, several lines; an algebraic number without radicals gets a name and a line of its own.

    >>> import schemetools as st
    >>> print(scheme_text(st.midpoint))
      0 |
    1/2 | 1/2
    ----+-------
        |   0  1
    >>> print(scheme_text(st.lm()))
    u_(n+2) - (1 - k) u_(n+1) - k u_n = h f_(n+1)
    """
    if isinstance(scheme, Discretisation):
        return discretisation_text(scheme)
    names = _named_roots(scheme)
    lines = [_body(scheme, names), *(f"{name} = {_root_text(root)}" for root, name in names.items())]
    return "\n".join(lines)


def _body(scheme: Scheme, names: dict[Expr, Symbol]) -> str:
    def write(value: Expr) -> str:
        if value.is_Rational and value.q.bit_length() > LONGEST_BITS:  # type: ignore[attr-defined]
            return f"{sympy.N(value, 12)}..."
        shown = number(value.subs(names) if names else value, is_exact=scheme.exact)  # type: ignore[arg-type]
        return shown if len(shown) <= LONGEST or not value.is_number else f"{sympy.N(value, 12)}...".replace("*", " ")

    match scheme:
        case MaskedEuler():
            scale = "" if scheme.power == 0 else ", its noise times sqrt(h)"
            return f"u_(n+1) = {scheme.formula.replace('u', 'u_n')},    m_i = {write(scheme.mask)}{scale}"
        case RungeKutta():
            return _butcher(scheme, write)
        case Rosenbrock():
            return _rosenbrock(scheme, write)
        case VariableMultistep():
            return f"{_body(scheme.frozen(), names)},    h_(n) = {write(scheme.ratio)} h_(n-1)"
        case Exponential():
            return _exponential(scheme)
        case LinearMultistep():
            left = _combination(scheme.alpha, "u", write)
            if sum(b != 0 for b in scheme.beta) == 1:
                return f"{left} = {_combination(scheme.beta, 'h f', write)}"
            return f"{left} = h ({_combination(scheme.beta, 'f', write)})"
        case ImexMultistep():
            left, *parts = (_combination(row, u, write) for row, u in zip(scheme.arrays, "uFG", strict=True))
            return f"{left} = h ({' + '.join(parts).replace('+ -', '- ')})"
        case RungeKuttaNystrom():
            return _nystrom(scheme, write)
        case AdditiveRungeKutta():
            return "\n".join(f"{label}:\n{_butcher(tableau, write)}" for label, tableau in scheme.tableaux)
        case GeneralLinear():
            return _general_linear(scheme, write)
    return repr(scheme)


def _named_roots(scheme: Scheme) -> dict[Expr, Symbol]:
    roots = sorted({root for c in scheme.coefficients for root in c.atoms(CRootOf)}, key=str)
    names = [ROOT_NAME, *(f"{ROOT_NAME}{i}" for i in range(2, len(roots) + 1))]
    return {root: Symbol(name) for root, name in zip(roots, names, strict=False)}


def _root_text(root: Expr) -> str:
    return f"{exact.text(root)} = {sympy.N(root, 12)}..."


def _butcher(scheme: RungeKutta, write: Callable[[Expr], str]) -> str:
    s = scheme.stages
    explicit = all(scheme.A[i][j] == 0 for i in range(s) for j in range(i, s))
    body = [["" if explicit and j >= i else write(scheme.A[i][j]) for j in range(s)] for i in range(s)]
    rows = [[write(c), *row] for c, row in zip(scheme.c, body, strict=True)]
    feet = [["", *map(write, b)] for b in (scheme.b, scheme.b_hat) if b is not None]
    return _ruled(rows, feet, bar=1)


def _rosenbrock(scheme: Rosenbrock, write: Callable[[Expr], str]) -> str:
    """A | Gamma over b, what is above their diagonals left blank."""
    rows = [
        [*("" if j >= i else write(x) for j, x in enumerate(a)), *("" if j > i else write(x) for j, x in enumerate(g))]
        for i, (a, g) in enumerate(zip(scheme.A, scheme.Gamma, strict=True))
    ]
    blank = [""] * scheme.stages
    feet = [[*map(write, w), *blank] for w in (scheme.b, scheme.b_hat) if w is not None]
    return _ruled(rows, feet, bar=scheme.stages)


def _nystrom(scheme: RungeKuttaNystrom, write: Callable[[Expr], str]) -> str:
    """c | A (and A' beside it) over b for q and b' for q'."""
    s = scheme.stages
    blocks = [M for M in (scheme.A, scheme.A_prime) if M is not None]
    rows = [
        [
            write(c),
            *("" if scheme.is_explicit and j >= i else write(M[i][j]) for M in blocks for j in range(s)),
        ]
        for i, c in enumerate(scheme.c)
    ]
    weights = (("q", scheme.b), ("q'", scheme.b_prime), ("q", scheme.b_hat), ("q'", scheme.b_prime_hat))
    empty = [""] * (s * (len(blocks) - 1))
    return _ruled(rows, [[label, *map(write, w), *empty] for label, w in weights if w is not None], bar=1)


def _exponential(scheme: Exponential) -> str:
    """c | A over b, in phi functions."""
    body = [["" if j >= i else phi.text(x) for j, x in enumerate(row)] for i, row in enumerate(scheme.A)]
    rows = [[number(c), *row] for c, row in zip(scheme.c, body, strict=True)]
    feet = [["", *map(phi.text, w)] for w in (scheme.b, scheme.b_hat) if w is not None]
    return _ruled(rows, feet, bar=1)


def _general_linear(scheme: GeneralLinear, write: Callable[[Expr], str]) -> str:
    upper = [[*map(write, a), *map(write, u)] for a, u in zip(scheme.A, scheme.U, strict=True)]
    lower = [[*map(write, b), *map(write, v)] for b, v in zip(scheme.B, scheme.V, strict=True)]
    text = _ruled(upper, lower, bar=len(scheme.A))
    fields = "" if len(scheme.fields) == 1 else f"\nstages evaluate {', '.join(scheme.colours)}"
    return text + fields


def _ruled(rows: Sequence[Sequence[str]], feet: Sequence[Sequence[str]], bar: int) -> str:
    """Right-aligned cells with a vertical rule after `bar` columns and a horizontal one above the feet."""
    widths = [max(map(len, column)) for column in zip(*rows, *feet, strict=True)]

    def line(cells: Iterable[str]) -> str:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        return f"{GAP.join(padded[:bar])} | {GAP.join(padded[bar:])}".rstrip()

    left, right = (len(GAP.join(" " * w for w in part)) for part in (widths[:bar], widths[bar:]))
    rule = "-" * (left + 1) + "+" + "-" * (right + 1)
    return "\n".join([*map(line, rows), rule, *map(line, feet)])


def _combination(coefficients: Sequence[Expr], symbol: str, write: Callable[[Expr], str]) -> str:
    terms = []
    for j, coefficient in reversed(list(enumerate(coefficients))):
        if coefficient == 0:
            continue
        index = "n" if j == 0 else f"(n+{j})"
        negative = _reads_negative(coefficient)
        size = -coefficient if negative else coefficient
        factor = "" if size == 1 else f"({write(size)}) " if size.is_Add else f"{write(size)} "
        terms.append(("-" if negative else "+", f"{factor}{symbol}_{index}"))
    return signed_sum(terms)


def _reads_negative(coefficient: Expr) -> bool:
    """Whether it is written after a minus sign: k - 1 as -(1 - k), by its constant term where it has one."""
    constant = coefficient.as_coeff_Add()[0]
    return bool(constant < 0) if constant != 0 else coefficient.could_extract_minus_sign()
