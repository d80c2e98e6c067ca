"""Orders and angles of the families of stiff and predictor-corrector methods, computed when the page is built."""

import math
from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Rational, Symbol

import schemetools as st
from schemetools.schemes.references import citation

KAPPA = {1: "-0.1850", 2: "-1/9", 3: "-0.0823", 4: "-0.0415"}
EXTENDED = range(1, 9)
PECE = ((1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 5))
NDF_SOURCE = "Shampine and Reichelt (1997), The MATLAB ODE suite"
PECE_SOURCE = "Hairer, Norsett and Wanner (1993), Solving Ordinary Differential Equations I, section III.1"


def ndf(k: int) -> st.LinearMultistep:
    """BDF of k steps less kappa (1 + 1/2 + ... + 1/k) nabla^(k+1) y_(n+k) on the left."""
    w = Symbol("w")
    left = sum((w - 1) ** j * w ** (k + 1 - j) / j for j in range(1, k + 1))
    harmonic = sum(Rational(1, j) for j in range(1, k + 1))
    alpha = sympy.Poly(sympy.expand(left - Rational(KAPPA[k]) * harmonic * (w - 1) ** (k + 1)), w).all_coeffs()
    return st.LinearMultistep(alpha[::-1], [0] * (k + 1) + [1], name=f"NDF{k}")


def figures() -> str:
    """The page, in MyST."""
    return "\n".join(
        [
            "# Orders and angles of stiff families, lengths of predictor-corrector methods",
            "",
            "A(alpha) in degrees: every z in the sector |arg(-z)| <= alpha is stable; 90 is A-stable. The angles are "
            "computed here from the definitions, when this page is built.",
            "",
            *_stiff(),
            *_predictors(),
        ]
    )


def _stiff() -> Iterator[str]:
    yield from ("## BDF, NDF, EBDF, MEBDF", "", "| k | method | order | angle |", "|---|---|---|---|")
    for k in range(1, 7):
        yield _row(k, f"BDF{k}", st.get(f"bdf({k})"))
    for k in KAPPA:
        yield _row(k, f"NDF{k}, kappa = {KAPPA[k]}", ndf(k))
    for build in (st.ebdf, st.mebdf):
        for k in EXTENDED:
            yield _row(k, f"{build.__name__.upper()}{k}", build(k))
    sources = [st.get("bdf").reference, NDF_SOURCE, st.ebdf(2).reference, st.mebdf(2).reference]
    yield from ("", "Sources:", "", *(f"- {citation(source)}" for source in sources), "")


def _row(k: int, title: str, scheme: Any) -> str:
    angle = st.stability(scheme).angle
    shown = "none" if angle is None else f"{math.degrees(float(angle)):.4f}".rstrip("0").rstrip(".")
    return f"| {k} | {title} | {st.order(scheme)} | {shown} |"


def _predictors() -> Iterator[str]:
    yield from ("## Adams-Bashforth-Moulton, PECE", "", "The stable intervals [-r, 0] and i [-r, r].", "")
    yield from ("| predictor | corrector | order | real | imaginary |", "|---|---|---|---|---|")
    for p, c in PECE:
        scheme = st.predictor_corrector(f"adams_bashforth({p})", f"adams_moulton({c})")
        known = st.stability(scheme)
        lengths = (f"{float(value):.7g}" for value in (known.real_interval, known.imaginary_interval))
        cells = (f"`adams_bashforth({p})`", f"`adams_moulton({c})`", str(st.order(scheme)), *lengths)
        yield f"| {' | '.join(cells)} |"
    yield from ("", f"Source: {citation(PECE_SOURCE)}.", "")
