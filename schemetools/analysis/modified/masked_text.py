"""How the equation of a step with a mask per unit prints itself, in text and in the notation of the articles."""

from typing import Protocol

import sympy
from sympy import Expr

from schemetools.exact import latex, text
from schemetools.exact.style import LATEX, TEXT
from schemetools.schemes.masked import MaskedEuler

REMARKS = {
    "output": "one Brownian motion per unit",
    "hidden": "g = E f(X, m), s s^T = Cov f(X, m)",
    "input": "g = E f(m * X), s s^T = Cov f(m * X)",
    "skip": "one Brownian motion per unit",
    "added": "one Brownian motion per unit",
}
LATEX_REMARKS = {
    "output": r"B_t \in \mathbb{R}^N",
    "hidden": r"g = \mathbb{E} f(X, m),\; s s^T = \mathrm{Cov}\, f(X, m)",
    "input": r"g = \mathbb{E} f(m \odot X),\; s s^T = \mathrm{Cov}\, f(m \odot X)",
    "skip": r"B_t \in \mathbb{R}^N",
    "added": r"B_t \in \mathbb{R}^N",
}


class Masked(Protocol):
    """What is printed of an equation with a mask per unit."""

    @property
    def scheme(self) -> MaskedEuler:
        """The scheme that it belongs to."""
        ...

    @property
    def weak_order(self) -> Expr:
        """The weak order."""
        ...

    @property
    def form(self) -> str:
        """Ito or Stratonovich."""
        ...

    @property
    def scaling(self) -> str:
        """Network or diffusive."""
        ...

    @property
    def schedule(self) -> tuple[tuple[str, Expr], ...]:
        """Symbols of the mask as functions of t."""
        ...

    @property
    def shown_step(self) -> str:
        """How h is written; empty where it is one."""
        ...

    @property
    def variance(self) -> Expr:
        """The variance of one entry of the mask."""
        ...

    @property
    def mean(self) -> Expr:
        """The mean of one entry of the mask."""
        ...


def masked_text(eq: Masked) -> str:
    """The equation in two lines."""
    placement, step = eq.scheme.placement, f"{eq.shown_step} " if eq.shown_step else ""
    root = f"sqrt({eq.shown_step}) " if eq.shown_step else ""
    amplitude = TEXT.coefficient(sympy.sqrt(eq.variance))[1]
    drift, noise = {
        "output": ("f" if eq.mean == 1 else "g", f"{root}{amplitude} diag(f) dB"),
        "hidden": ("g", f"{root}s dB"),
        "input": ("g", f"{root}s dB"),
        "skip": ("f", f"{amplitude} diag(X) dB"),
        "added": ("f", f"{amplitude} dB"),
    }[placement]
    if eq.weak_order == 2 and placement == "added":
        drift = f"[f - 1/2 {step}(f'f + {text(eq.variance / 2)} laplace f)]"
        noise = f"{amplitude} (I - 1/2 {step}f') dB"
    elif eq.weak_order == 2:
        drift = (
            f"[{drift} - 1/2 {step}({drift}'{drift} + {drift}_t)]"
            if _moves(eq)
            else (f"[{drift} - 1/2 {step}{drift}'{drift}]")
        )
    if eq.form == "Stratonovich":
        drift, noise = f"({drift} - 1/2 sum_j (s_j . grad) s_j)", noise.replace(" dB", " o dB")
    name, order = eq.scheme.name or repr(eq.scheme), text(eq.weak_order)
    scaling = f"{eq.scaling} scaling" + ("" if eq.shown_step else ", h = 1")
    remark = REMARKS[placement] + (f", g = {text(eq.mean)} f" if "g" in drift and placement == "output" else "")
    return f"{name}: weak order {order} ({eq.form}, {scaling})\ndX = {drift} dt + {noise},    {remark}"


def masked_latex(eq: Masked) -> str:
    """The equation in the notation of the articles; B_t has one component per unit."""
    placement, step = eq.scheme.placement, rf"{eq.shown_step}\," if eq.shown_step else ""
    root = rf"\sqrt{{{eq.shown_step}}}\," if eq.shown_step else ""
    amplitude = LATEX.coefficient(sympy.sqrt(eq.variance))[1]
    half = r"\tfrac{1}{2}"
    drift, noise = {
        "output": ("f(X)" if eq.mean == 1 else "g(X)", rf"{root}{amplitude} f(X) \odot dB_t"),
        "hidden": ("g(X)", rf"{root}s(X)\,dB_t"),
        "input": ("g(X)", rf"{root}s(X)\,dB_t"),
        "skip": ("f(X)", rf"{amplitude} X \odot dB_t"),
        "added": ("f(X)", rf"{amplitude}\,dB_t"),
    }[placement]
    if eq.weak_order == 2 and placement == "added":
        bent = rf"{latex(eq.variance / 2)} \Delta f(X)"
        drift = rf"\left[f(X) - {half} {step}\left(f'(X) f(X) + {bent}\right)\right]"
        noise = rf"{amplitude}\left(I - {half} {step}f'(X)\right)dB_t"
    elif eq.weak_order == 2:
        g = drift[0]
        inner = rf"{g}'(X) {g}(X)"
        inner = rf"\left({inner} + \partial_t {g}(X)\right)" if _moves(eq) else inner
        drift = rf"\left[{drift} - {half} {step}{inner}\right]"
    if eq.form == "Stratonovich":
        drift = rf"\left({drift} - {half} \sum_j (s_j \cdot \nabla) s_j\right)"
        noise = noise.replace("dB_t", r"\circ dB_t")
    remark = LATEX_REMARKS[placement]
    if placement == "output" and eq.mean != 1:
        remark += rf",\; g = {latex(eq.mean)} f"
    return rf"$\displaystyle dX = {drift}\,dt + {noise},\qquad {remark}$"


def _moves(eq: Masked) -> bool:
    """Whether the mean field changes with the schedule: not where it is f, whatever the mask."""
    return bool(eq.schedule) and (eq.scheme.placement in ("hidden", "input") or eq.mean != 1)
