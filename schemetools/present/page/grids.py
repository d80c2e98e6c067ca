"""What a page says of a difference scheme or a method of lines."""

from typing import Any

import numpy as np

from schemetools.analysis.modified.derive import modified_equation
from schemetools.analysis.stability.verb import stability
from schemetools.errors import SchemeError
from schemetools.present.page.markup import Html, element, joined, lacking
from schemetools.present.page.mathml import math
from schemetools.present.page.plane import Frame, picture, region
from schemetools.present.page.schemes import answered, facts_table, programs, sections
from schemetools.present.page.slider import slider
from schemetools.schemes.discretisation import Discretisation

NO_TREES = "trees belong to schemes for u' = f; this one is of a partial differential equation"
ANGLES, STEPS, HIGHEST, REACH = 361, 30, 1.5, 1.6


def grid_parts(scheme: Discretisation, name: str, *, alone: bool = True) -> list[Html]:
    """The sections of a discretisation, the facts too where it is `alone` on the page."""
    equation = answered(lambda: modified_equation(scheme))
    return sections(
        {
            "Scheme": math(scheme._repr_latex_()),  # type: ignore[attr-defined]
            "Facts": facts_table(scheme, name) if alone else None,
            "Modified equation": equation if isinstance(equation, Html) else math(equation._repr_latex_()),
            "Stability": answered(lambda: _stability(scheme, name)),
            "Trees": lacking(NO_TREES),
            **programs(scheme, name),
        },
        alone=alone,
    )


def _stability(scheme: Discretisation, name: str) -> Html:
    """The von Neumann set in words and, for one number in one dimension, the factors of all waves along it."""
    found = stability(scheme)
    said = element("p", str(found).partition(": ")[2].partition("\n")[0] or str(found))
    if len(found.numbers) != 1 or scheme.dimension != 1:
        numbers = ", ".join(found.numbers) or "none"
        why = f"a picture needs one number in one dimension; here are {scheme.dimension} and the numbers {numbers}"
        return joined([said, lacking(why)])
    [symbol] = found.numbers
    frame = Frame.around(((-REACH, REACH), (-REACH, REACH)), axes=("Re G(θ)", "Im G(θ)"))
    frames = [_frame(found, frame, symbol, HIGHEST * i / STEPS) for i in range(STEPS + 1)]
    start = STEPS // 3
    circle = frame.line([np.exp(2j * np.pi * np.linspace(0, 1, ANGLES))])
    disc = element("path", d=circle + "Z", class_="disc")
    title = f"Amplification factors of {name} for all waves"
    drawn = picture(frame, disc, region("", frames[start]["line"]), title=title)
    note = element("p", "The factors of all waves; a scheme is stable where they lie in the unit disc.", class_="note")
    return joined([said, drawn, slider(symbol, frames, start, of=name), note])


def _frame(found: Any, frame: Frame, symbol: str, value: float) -> dict[str, str]:
    theta = np.linspace(-np.pi, np.pi, ANGLES)
    try:
        factors = np.asarray(found.amplification(theta, **{symbol: value})).reshape(ANGLES, -1)
        line = frame.line([_near(column) for column in factors.T])
        said = "stable" if found.contains(**{symbol: value}) else "not stable"
    except SchemeError:
        line, said = "", "no scheme"
    return {"label": f"{symbol} = {value:.4g}: {said}", "fill": "", "line": line}


def _near(factors: np.ndarray) -> np.ndarray:
    return factors[np.isfinite(factors)]
