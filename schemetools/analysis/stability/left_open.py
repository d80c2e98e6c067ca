"""Which numbers the few decimals of a tableau leave open, and between which bounds."""

import functools
import math

from sympy import Expr

from schemetools.analysis.properties.judgement import SAFETY, has_few_digits
from schemetools.analysis.stability.angle import angle_and_how
from schemetools.analysis.stability.answers import interval_of, stable_interval, widest_angle
from schemetools.analysis.stability.base import Shares
from schemetools.analysis.stability.expansions import normalise
from schemetools.analysis.stability.meant import Meant, Subject, possible_models
from schemetools.analysis.stability.model import Model, model_of
from schemetools.exact import to_float

INTERVALS = {"real_interval": False, "imaginary_interval": True}
"""Whether an interval is on the imaginary axis."""


@functools.lru_cache(maxsize=256)
def left_open(scheme: Subject, normalized: bool, shares: Shares, name: str) -> str | None:
    """The words for an interval or angle that few decimals do not determine; None where they do.

    R = P/Q is moved to the corners of what the decimals may stand for.
    """
    if not isinstance(scheme, Meant) or not has_few_digits(scheme.scheme):
        return None
    raw = model_of(scheme.scheme, None if shares is None else dict(shares))
    models = (normalise(m) if normalized else m for m in possible_models(scheme, raw))
    if name == "angle":
        given = widest_angle(scheme, normalized, shares)[0]
    else:
        given = stable_interval(scheme, normalized, shares, imaginary=INTERVALS[name])
    values = [_float(given), *(_float(_asked(m, name)) for m in models)]
    low, high = min(values), max(values)
    if high == low or high - low <= SAFETY * 10.0**-scheme.digits * max(1.0, low):
        return None
    least, most = ("oo" if math.isinf(x) else f"{x:.{scheme.digits + 1}g}" for x in (low, high))
    return f"numerical, between {least} and {most}: {scheme.digits} decimals leave the stability function so much room"


def _asked(model: Model, name: str) -> Expr | None:
    if name == "angle":
        return angle_and_how(model.base, model.phi, model.at_zero)[0]
    return interval_of(model, imaginary=INTERVALS[name])


def _float(value: Expr | None) -> float:
    return 0.0 if value is None else to_float(value)
