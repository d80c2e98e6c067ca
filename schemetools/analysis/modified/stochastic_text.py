"""How stochastic equations print themselves, in text and in the notation of the articles."""

from collections.abc import Sequence
from typing import Protocol

import sympy
from sympy import Expr, Integer, Symbol
from sympy.core.function import AppliedUndef

from schemetools.exact.style import LATEX, TEXT, Style
from schemetools.schemes.base import Scheme

Terms = list[tuple[Expr, str]]

FIRST_OF_N = r" \odot \left[1_{N\times 1}, 0_{N\times (N-1)}\right]"  # B_t has N components, and the first one acts


class Gated(Protocol):
    """What is printed of an equation of scalar Brownian motions."""

    @property
    def scheme(self) -> Scheme:
        """The scheme that it belongs to."""
        ...

    @property
    def weak_order(self) -> Expr | int:
        """The weak order."""
        ...

    @property
    def form(self) -> str:
        """Ito or Stratonovich."""
        ...

    @property
    def noise_power(self) -> int:
        """1 where the noise carries sqrt(h), 0 where it does not."""
        ...

    @property
    def shown_step(self) -> str:
        """How h is written; empty where it is one."""
        ...

    @property
    def offset_terms(self) -> Terms:
        """The observable less X, in fields."""
        ...

    def drift_terms(self, step: str) -> Terms:
        """Coefficients and what they multiply."""
        ...

    def noise_columns(self, step: str) -> list[Terms]:
        """One list per Brownian motion."""
        ...


def gated_text(eq: Gated) -> str:
    """The equation in two or three lines."""
    name = eq.scheme.name or f"unnamed {type(eq.scheme).__name__}"
    remark = "" if eq.noise_power and eq.shown_step else ", diffusive scaling" if eq.shown_step else ", h = 1"
    step = f"{eq.shown_step} " if eq.shown_step else ""
    root = f"sqrt({eq.shown_step}) " if eq.noise_power and eq.shown_step else ""
    mark = "o " if eq.form == "Stratonovich" else ""
    columns = eq.noise_columns(step)
    names = ["dB"] if len(columns) == 1 else [f"dB_{j}" for j in range(1, len(columns) + 1)]
    noise = "".join(f" + {root}[{_sum(eq, TEXT, c)}] {mark}{dB}" for c, dB in zip(columns, names, strict=True))
    lines = [
        f"{name}: weak order {eq.weak_order} ({eq.form}{remark})",
        f"dX = [{_sum(eq, TEXT, eq.drift_terms(step))}] dt{noise}",
    ]
    if any(c for c, _ in eq.offset_terms):
        moved = [(Integer(1), "X"), *((c, f"{step}{label}(X)") for c, label in eq.offset_terms)]
        lines.append(f"the scheme's value is {_sum(eq, TEXT, moved)}")
    return "\n".join(lines)


def gated_latex(eq: Gated) -> str:
    """The equation in the notation of the articles: one motion of N components, of which the first moves all units."""
    step = rf"{eq.shown_step}\," if eq.shown_step else ""
    root = rf"\sqrt{{{eq.shown_step}}}" if eq.noise_power and eq.shown_step else ""
    mark = r" \circ " if eq.form == "Stratonovich" else ""
    columns = eq.noise_columns(step)
    one = len(columns) == 1
    names = [f"{FIRST_OF_N}{mark}dB_t"] if one else [f"{mark}dB_t^{{({j})}}" for j in range(1, len(columns) + 1)]
    noise = "".join(rf" + {root}\left[{_sum(eq, LATEX, c)}\right]{dB}" for c, dB in zip(columns, names, strict=True))
    offset = ""
    if any(c for c, _ in eq.offset_terms):
        moved = _sum(eq, LATEX, [(c, f"{step}{label}(X)") for c, label in eq.offset_terms])
        offset = rf",\qquad X_n = X(t_n) + {moved}"
    return rf"$\displaystyle dX = \left[{_sum(eq, LATEX, eq.drift_terms(step))}\right]dt{noise}{offset}$"


def _sum(eq: Gated, style: Style, terms: Sequence[tuple[Expr, str]]) -> str:
    return style.sum(((_primed(c), factor) for c, factor in terms), eq.scheme.exact)


def _primed(value: Expr) -> Expr:
    """p(t) and p'(t) as names, where a schedule is a function without a formula."""
    derivatives = value.atoms(sympy.Derivative)
    names: dict[Expr, Expr] = {d: Symbol(f"{d.expr.func}'({d.expr.args[0]})") for d in derivatives}  # type: ignore[attr-defined]
    names |= {p: Symbol(str(p)) for p in value.atoms(AppliedUndef)}
    return value.xreplace(names) if names else value
