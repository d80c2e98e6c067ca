"""The branch that makes a new scheme follow an old one's modified equation through O(h)."""

from dataclasses import dataclass

import numpy as np

from schemetools.nn.reading.depth import Depth, Place
from schemetools.nn.reading.terms import Values, numeric_terms
from schemetools.schemes.base import Scheme

STEP = 1e-5


@dataclass(frozen=True)
class Match:
    """The new branch a f + b f'f + c f_t at one depth, to be evaluated as a f(t + c/a, u + (b/a) f(t, u)) + O(h^2)."""

    factor: float
    second: float
    time: float


@dataclass(frozen=True)
class Local:
    """A scheme's O(h) equation at a depth, one branch for all stages: limit, its rate, f'f, f_t, and the drift of k."""

    limit: float
    rate: float
    second: float
    time: float
    drift: float
    shift: float


def local(scheme: Scheme, values: Values, rates: Values) -> Local:
    """The equation with these values of the free symbols and these rates of change over depth."""
    terms = numeric_terms(scheme, None)
    here = terms(values)
    rate = 0.0
    if values:
        ahead, behind = (terms({s: v + sign * STEP * rates[s] for s, v in values.items()}) for sign in (1, -1))
        rate = float(ahead.limit[0] - behind.limit[0]) / (2 * STEP)
    drift = float(sum(here.drift[s][0] * rates[s] for s in values))
    one = [float(np.asarray(part).reshape(-1)[0]) for part in (here.limit, here.second, here.time, here.shift)]
    return Local(one[0], rate, one[1], one[2], drift, one[3])


def match(old: Local, h: float, new: Local, new_h: float) -> Match:
    """The branch phi with B phi + H (M phi'phi + T phi_t + K phi) = b f + h (m f'f + t f_t + kappa f) + O(h^2).

    With phi = r f + O(h), r = b/B, the O(h) terms on the left are known, and phi is what they leave.
    """
    r = old.limit / new.limit
    r_rate = (old.rate - r * new.rate) / new.limit
    factor = (old.limit + h * old.drift - new_h * (new.time * r_rate + new.drift * r)) / new.limit
    second = (h * old.second - new_h * new.second * r * r) / new.limit
    time = (h * old.time - new_h * new.time * r) / new.limit
    return Match(factor, second, time)


def matched(depth: Depth, place: Place, h: float, scheme: Scheme, new_h: float, *, keep: bool) -> tuple[Match, Local]:
    """The match at a depth, and the new scheme's equation there; `keep`: the new scheme has the old one's symbols."""
    values, rates = depth.coefficients(place)
    new = local(scheme, values, rates) if keep else local(scheme, {}, {})
    return match(local(depth.scheme, values, rates), h, new, new_h), new
