"""What a page says of a difference scheme or a method of lines."""

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sympy import Expr, Rational

from schemetools.analysis.modified.derive import modified_equation
from schemetools.analysis.stability.verb import stability
from schemetools.errors import SchemeError
from schemetools.present.page.markup import Html, element, joined, lacking, table
from schemetools.present.page.mathml import math
from schemetools.present.page.plane import Frame, picture, region
from schemetools.present.page.schemes import answered, facts_table, programs, sections
from schemetools.present.page.slider import slider
from schemetools.schemes.discretisation import Discretisation

NO_TREES = "trees belong to schemes for u' = f; this one is of a partial differential equation"
ANGLES, STEPS, START, HIGHEST, REACH = 361, 30, 10, Rational(3, 2), 1.6
FRAME = Frame.around(((-REACH, REACH), (-REACH, REACH)), axes=("Re G(θ)", "Im G(θ)"))
DISC = element("path", d=FRAME.line([np.exp(2j * np.pi * np.linspace(0, 1, ANGLES))]) + "Z", class_="disc")
NOTE = element("p", "The factors of all waves; a scheme is stable where they lie in the unit disc.", class_="note")


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
    """The von Neumann set in words and, for one number in one dimension, the factors of all waves along it.

    Verdict and equation move with it, as those of other schemes do.
    """
    found = stability(scheme)
    if not _has_picture(found):
        return joined(_in_words(found, scheme))
    [symbol] = found.numbers
    values = [HIGHEST * i / STEPS for i in range(STEPS + 1)]
    frames = [{**_frame(found, symbol, value), "beside": _said(found, symbol, value, name)} for value in values]
    moved = slider(symbol, frames, START, of=name)
    return joined([*_in_words(found, scheme), _picture(frames[START]["line"], name), moved, NOTE])


def still(scheme: Discretisation, name: str) -> Html:
    """As on the page, without a slider: the factors at one value of the number."""
    found = stability(scheme)
    frame = waves(found)
    if frame is None:
        return joined(_in_words(found, scheme))
    at = element("p", frame["label"], class_="at")
    return joined([*_in_words(found, scheme), _picture(frame["line"], name), at, NOTE])


def waves(found: Any) -> dict[str, str] | None:
    """The label and the line of the factors of all waves where the slider starts; None without a picture."""
    return _frame(found, found.numbers[0], HIGHEST * START / STEPS) if _has_picture(found) else None


def _has_picture(found: Any) -> bool:
    return len(found.numbers) == 1 and found.scheme.dimension == 1


def _in_words(found: Any, scheme: Discretisation) -> list[Html]:
    """The condition, and why there is no picture where there is none."""
    said = element("p", str(found).partition(": ")[2].partition("\n")[0] or str(found))
    if _has_picture(found):
        return [said]
    numbers = ", ".join(found.numbers) or "none"
    why = f"a picture needs one number in one dimension; here are {scheme.dimension} and the numbers {numbers}"
    return [said, lacking(why)]


def _picture(line: str, name: str) -> Html:
    return picture(FRAME, DISC, region("", line), title=f"Amplification factors of {name} for all waves")


def _said(found: Any, symbol: str, value: Expr, name: str) -> Html:
    """Whether the scheme is stable at this value, how much it grows at most, and its modified equation there."""
    theta = np.linspace(-np.pi, np.pi, ANGLES)

    def rows() -> Html:
        largest = float(np.abs(found.amplification(theta, **{symbol: float(value)})).max())
        stable = "yes" if found.contains(**{symbol: value}) else "no"
        shown = (("stable", stable), ("largest |G(θ)|", f"{largest:.5g}"))
        return table((), shown, label=f"Verdicts: {name}", class_="facts")

    equation = answered(lambda: math(modified_equation(found.scheme, **{symbol: value})._repr_latex_()))
    return joined([answered(rows), equation])


def _frame(found: Any, symbol: str, value: Expr) -> dict[str, str]:
    theta = np.linspace(-np.pi, np.pi, ANGLES)
    try:
        factors = np.asarray(found.amplification(theta, **{symbol: float(value)})).reshape(ANGLES, -1)
        line = FRAME.line([_near(column) for column in _followed(factors).T])
        said = "stable" if found.contains(**{symbol: value}) else "not stable"
    except SchemeError:
        line, said = "", "no scheme"
    return {"label": f"{symbol} = {float(value):.4g}: {said}", "fill": "", "line": line}


def _followed(factors: np.ndarray) -> np.ndarray:
    """The factors of each angle in the order in which they continue those of the angle before."""
    if factors.shape[1] == 1 or not np.isfinite(factors).all():
        return factors
    rows = [factors[0]]
    for row in factors[1:]:
        places = linear_sum_assignment(np.abs(rows[-1][:, None] - row[None, :]))[1]
        rows.append(row[places])
    return np.array(rows)


def _near(factors: np.ndarray) -> np.ndarray:
    return factors[np.isfinite(factors)]
