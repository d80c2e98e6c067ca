"""Is a trained stack close to an ODE: its hidden states against the limit equation and the modified equation."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from schemetools.analysis.modified.first_order import layered_equation
from schemetools.errors import SchemeError
from schemetools.exact import text
from schemetools.nn.reading.chains import Chain
from schemetools.nn.reading.depth import Depth, Place
from schemetools.nn.reading.solving import CLEAR, Field, ending
from schemetools.nn.reading.terms import numeric_terms
from schemetools.tables import WIDTH, wrapped

ROUGH = 0.5
NEAR = 0.1

Point = tuple[float, float, float]


@dataclass(frozen=True, repr=False)
class Certificate:
    """How far a chain of layers is from its equations.

    `limit_error` and `modified_error` are |u(T) - u_N| / |u_N| at the last state, for the limit equation from u_0
    and for the modified equation through O(h) from the effective initial value. `limit_slope` and `modified_slope`
    are log-log slopes of these errors against h, when the depth is refined by interpolating the weights. `roughness`
    is the mean over the layers of |f_(n+1) - f_n| / sqrt(|f_n|^2 + |f_(n+1)|^2): 0 for equal neighbours, 1 for
    uncorrelated ones. `known_to` is the share of themselves to which the errors are known, 1/40 or what two solves
    differ by.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.euler, [torch.nn.Linear(3, 3) for _ in range(4)], h=0.1)
    >>> found = st.inspect(stack, torch.ones(1, 3)).certificate()
    >>> found.limit_error >= 0, found.is_ode in (True, False)
    (True, True)
    """

    name: str
    limit_error: float
    modified_error: float
    limit_slope: float
    modified_slope: float
    roughness: float
    is_ode: bool
    sentence: str
    refined: tuple[tuple[float, float, float], ...] = ()
    chains: tuple["Certificate", ...] = ()
    known_to: float = 1 / CLEAR

    def record(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(wrapped(self.sentence, WIDTH))

    __repr__ = __str__


def certify(chain: Chain, *, refine: Sequence[int] = (1, 2, 4, 8), tolerance: float = 1e-7) -> Certificate:
    """Compare a chain's hidden states with its limit equation and its modified equation.

    The weights and coefficients are interpolated linearly over depth, layer i at t = i h; both equations are
    solved as finely as the errors need, and each depth in `refine` (times the layers, 1 first) gives one point
    (h, error, error) of the slopes. An error is known when two solves, one in steps half as long as the other's, agree
    on it to a fortieth, or to `tolerance`; where they still differ in steps of a thousandth of a layer, it is said by
    how much. It is called an ODE when neighbouring layers resemble each other (roughness < 1/2) and the modified
    equation ends within a tenth of the last state.
    Raises UnsupportedError for chains that cannot be joined in depth.
    """
    refine = sorted(set(refine))
    if not refine or refine[0] != 1 or any(not isinstance(m, int) for m in refine):
        raise SchemeError(f"refine lists whole multiples of the depth and starts with 1; {refine} came")
    with torch.no_grad():
        depth = Depth(chain)
        rough = roughness(depth)
        points, apart = _points(depth, refine, tolerance)
    (_, limit, modified), known = points[0], max(apart, 1 / CLEAR)
    slopes = _slope(points, 1, tolerance), _slope(points, 2, tolerance)
    is_ode = rough < ROUGH and modified < NEAR
    sentence = _sentence(depth, (limit, modified), slopes, rough, is_ode, depths=len(points), known=known)
    return Certificate(chain.name, limit, modified, *slopes, rough, is_ode, sentence, tuple(points), known_to=known)


def joined(certificates: Sequence[Certificate]) -> Certificate:
    """One certificate for several chains: an ODE only if each of them is; the figures are the worst chain's."""
    if not certificates:
        raise SchemeError("no chain of this network has two layers or more, so nothing can be said about its depth")
    if len(certificates) == 1:
        return certificates[0]
    worst = max(certificates, key=lambda c: (not c.is_ode, c.modified_error))
    count = sum(c.is_ode for c in certificates)
    said = " ".join(f"{c.name}: {c.sentence}" for c in certificates)
    figures = asdict(worst) | {"name": "", "is_ode": worst.is_ode, "chains": tuple(certificates)}
    figures["sentence"] = f"{count} of {len(certificates)} chains are close to an ODE. {said}"
    return Certificate(**figures)


def roughness(depth: Depth) -> float:
    """The mean over layers of |f_(n+1) - f_n| / sqrt(|f_n|^2 + |f_(n+1)|^2), both at the hidden state of layer n."""
    found = []
    for n in range(depth.count - 1):
        u = depth.chain.layers[n].state
        here, there = (depth.limit(Place(m, 0.0), u) for m in (n, n + 1))
        size = math.hypot(float(here.norm()), float(there.norm()))
        found.append(float((there - here).norm()) / size if size > 0 else 0.0)
    return float(np.mean(found)) if found else 0.0


def _points(depth: Depth, refine: Sequence[int], tolerance: float) -> tuple[list[Point], float]:
    """(h, error of the limit equation, error of the modified equation) for each depth, and what they are known to."""
    lasts = [depth.run(m) for m in refine]
    limit = ending(depth, Depth.limit, depth.vector()[0], lasts, tolerance=tolerance)
    if numeric_terms(depth.scheme, depth.stages)(depth.coefficients(Place(0, 0.0))[0]).is_exact_limit:
        return [(depth.h / m, error, error) for m, error in zip(refine, limit.distances, strict=True)], limit.apart
    points, apart, steps, before, single = [], limit.apart, 2 / 3 * limit.steps, 1, False
    # The smallest error first: precision that shows it shows the others.
    for m, last, error in reversed([*zip(refine, lasts, limit.distances, strict=True)]):
        h = depth.h / m
        start = depth.effective_start(depth.vector(m), h)
        steps *= (m / before) ** (2 / 3)  # what is to be seen is of order two, the method of order three
        found = ending(depth, _modified(h), start, [last], steps=math.ceil(steps), tolerance=tolerance, single=single)
        points.append((h, error, found.distances[0]))
        apart, steps, before, single = max(apart, found.apart), found.steps, m, found.single
    return points[::-1], apart


def _modified(h: float) -> Field:
    """The modified equation for steps of size h."""
    return lambda depth, place, u: depth.modified(place, u, h)


def _slope(points: Sequence[Point], column: int, tolerance: float) -> float:
    """The log-log slope of an error against h, points at the integrator's error left out; nan without two."""
    used = [(p[0], p[column]) for p in points if math.isfinite(p[column]) and p[column] > 10 * tolerance]
    if len(used) < 2:
        return math.nan
    h, error = zip(*used, strict=True)
    return float(np.polyfit(np.log(h), np.log(error), 1)[0])


def _sentence(
    depth: Depth,
    errors: Sequence[float],
    slopes: tuple[float, float],
    rough: float,
    is_ode: bool,
    *,
    depths: int,
    known: float,
) -> str:
    equation = f"u' = {_limit_text(depth)}"
    figures = (
        f"{equation} within {_percent(errors[0])} and the modified equation within {_percent(errors[1])} "
        f"at the last state; {slopes_text(errors, slopes, depths)}"
    )
    if known > 1 / CLEAR:
        figures += f"; these figures are known to {_percent(known)} of themselves only"
    if is_ode:
        return f"The hidden states follow {figures}."
    if rough >= ROUGH:
        return (
            f"No ODE limit: neighbouring layers differ by {_percent(rough)} of what independent ones would; "
            f"the hidden states of the interpolated network follow {figures}."
        )
    return (
        f"Not an ODE at this depth: neighbouring layers resemble each other (they differ by {_percent(rough)} of "
        f"what independent ones would), but the steps are too long: the hidden states follow {figures}."
    )


def _limit_text(depth: Depth) -> str:
    """The limit field, `f(t, u)` times the coefficient of the scheme; over varying coefficients their mean is shown."""
    limits = [float(np.sum(numeric_terms(depth.scheme, depth.stages)(v).limit)) for v in depth.values]
    mean = float(np.mean(limits))
    varies = max(limits) - min(limits) > 1e-9
    if not varies and abs(mean - 1) < 1e-12:
        return "f(t, u)"
    if not varies and not depth.scheme.free_symbols:
        return f"{text(layered_equation(depth.scheme).total_limit, exact=depth.scheme.exact)} f(t, u)"
    return f"{mean:.4g} f(t, u)" + (" (mean over depth)" if varies else "")


def _percent(value: float) -> str:
    if not math.isfinite(value):
        return "no bound"
    return f"{100 * value:.0f} %" if value >= 0.1 else f"{100 * value:.2g} %"


def slopes_text(errors: Sequence[float], slopes: Sequence[float], depths: int) -> str:
    """How the differences from both equations fall when depth is refined, and why a slope is not known."""
    if all(map(math.isfinite, slopes)):
        return f"refining depth converges with slopes {slopes[0]:.2f} and {slopes[1]:.2f}"
    if not all(map(math.isfinite, errors)):
        return "an equation leaves all bounds before the last state, so its slope cannot be measured"
    if not any(map(math.isfinite, slopes)):
        if depths < 2:
            return "a slope needs more than one depth, refine=(1, 2)"
        return "the difference is below the integrator's error when depth is refined, so no slope can be measured"
    known, other = ("limit", "modified") if math.isfinite(slopes[0]) else ("modified", "limit")
    slope = slopes[0] if known == "limit" else slopes[1]
    return (
        f"refining depth converges to the {known} equation with slope {slope:.2f}; the difference from the {other} "
        "equation is below the integrator's error, so its slope cannot be measured"
    )
