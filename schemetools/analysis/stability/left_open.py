"""Which numbers the few decimals of a tableau leave open, and between which bounds."""

import functools
import math

from sympy import Expr

from schemetools.analysis.properties.judgement import SAFETY, has_few_digits
from schemetools.analysis.properties.recover import recovered
from schemetools.analysis.stability.angle import angle_and_how
from schemetools.analysis.stability.answers import interval_of, stable_interval, widest_angle
from schemetools.analysis.stability.base import Shares
from schemetools.analysis.stability.expansions import normalise
from schemetools.analysis.stability.meant import Meant, possible_models, subject, tested
from schemetools.analysis.stability.meant_multistep import possible_multisteps
from schemetools.analysis.stability.model import Model, model_of
from schemetools.exact import to_float
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep

INTERVALS = {"real_interval": False, "imaginary_interval": True}
"""Whether an interval is on the imaginary axis."""


def left_open(scheme: Scheme, normalized: bool, shares: Shares, name: str) -> str | None:
    """The words for an interval or angle that few decimals do not determine; None where they do.

    R = P/Q is moved to the corners of what the decimals may stand for; a multistep scheme, to some of its neighbours.
    """
    tested_one, shares = tested(scheme, shares)
    return _left_open(tested_one, scheme.digits or 0, normalized, shares, name) if has_few_digits(tested_one) else None


@functools.lru_cache(maxsize=256)
def _left_open(scheme: Scheme, digits: int, normalized: bool, shares: Shares, name: str) -> str | None:
    """`left_open`, kept; equal schemes may be known to different digits, part of the key."""
    decided = subject(scheme)
    if isinstance(decided, Meant):
        models = possible_models(decided, model_of(scheme, None if shares is None else dict(shares)))
    elif isinstance(scheme, LinearMultistep) and recovered(scheme) is None and decided is not scheme:
        models = map(model_of, possible_multisteps(scheme))
    else:
        return None
    if name == "angle":
        given = widest_angle(decided, normalized, shares)[0]
    else:
        given = stable_interval(decided, normalized, shares, imaginary=INTERVALS[name])
    moved = (normalise(m) if normalized else m for m in models)
    values = [_float(given), *(_float(_asked(m, name)) for m in moved)]
    low, high = min(values), max(values)
    if high == low or high - low <= SAFETY * 10.0**-digits * max(1.0, low):
        return None
    least, most = ("oo" if math.isinf(x) else f"{x:.{digits + 1}g}" for x in (low, high))
    return f"numerical, between {least} and {most}: {digits} decimals leave the scheme so much room"


def _asked(model: Model, name: str) -> Expr | None:
    if name == "angle":
        return angle_and_how(model.base, model.phi, model.at_zero)[0]
    return interval_of(model, imaginary=INTERVALS[name])


def _float(value: Expr | None) -> float:
    return 0.0 if value is None else to_float(value)
