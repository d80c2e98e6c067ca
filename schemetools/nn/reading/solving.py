"""Where the equations of a chain end, solved in equal steps that are halved until what is asked of them is known."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from schemetools.errors import UnsupportedError
from schemetools.nn.reading.depth import Depth, Place

Field = Callable[[Depth, Place, Tensor], Tensor]

START, MOST = 12, 1024  # steps per layer, of the first solve and of the last but one
CLEAR, STATES = 40.0, 3.0  # two solves agree on a distance to this part of it, and in their states to this one
FEW = 4096  # in states of so few entries, where single jumps count, on a distance to half of that
SINGLE, TRIES = 1 / 200, 3  # distances below need double precision, and what was tried so often without it


class Ending(NamedTuple):
    """The last state of a solution, and its distances from what it is compared with.

    `steps`: those of the coarser of the two solves, per layer; `apart`: what the two differ by, over the distances;
    `single`: whether the finer one was in single precision.
    """

    state: Tensor
    distances: list[float]
    steps: int
    apart: float
    single: bool = False


def ending(
    depth: Depth,
    field: Field,
    start: Tensor,
    lasts: Sequence[Tensor],
    *,
    steps: int = START,
    tolerance: float = 1e-7,
    single: bool = False,
) -> Ending:
    """u(N h) of u' = field(t, u), solved so finely that its distances from `lasts`, over their sizes, are known.

    Two solves, one in steps half as long as the other's, agree on each distance to a fortieth of it (an eightieth in
    states of at most 4096 entries) or to `tolerance`, and their states are no further apart than a third of it; else
    both are repeated in shorter steps, down to 1 / `MOST` of a layer. Distances of 1/200 or more need no double
    precision: the finer solve is then made in single, and that the two agree covers its rounding. The coarser one is
    made in single as well where `single` says that this has been seen for a field of the chain and a smaller distance.
    Raises UnsupportedError for a solution that leaves all bounds.
    """
    clear = CLEAR if start.numel() > FEW else 2 * CLEAR
    first = (depth.single if single else None) or depth
    coarse, tries = in_steps(first, field, start, steps)[0], 0
    while True:
        small = min(distances(coarse, lasts)) < SINGLE
        quick = None if small or tries == TRIES else depth.single
        fine, index = in_steps(quick or depth, field, start, 2 * steps)
        found = Ending(fine, distances(fine, lasts), steps, _apart(coarse, fine, lasts, tolerance), quick is not None)
        moved = max(distances(coarse, [fine])) / max(min(found.distances), STATES * tolerance)
        if found.apart <= 1 / clear and moved <= 1 / STATES:
            return found
        if steps >= MOST and not math.isfinite(found.apart):
            where = f"{depth.chain.title}: its limit equation cannot be followed past layer {index}"
            raise UnsupportedError(f"{where}: its solution leaves all bounds in {2 * steps} steps per layer")
        if steps >= MOST:
            return found
        if quick is None:
            steps, coarse = 2 * steps, fine
        else:
            # Jumps that fall between steps anywhere move the state by as much as a step is long, sideways.
            needed = max(math.sqrt(found.apart * clear), moved * STATES)
            steps, tries = math.ceil(steps * min(max(1.2 * needed, 1.2), 2.0)), tries + 1
            coarse = in_steps(first, field, start, steps)[0]


def in_steps(depth: Depth, field: Field, start: Tensor, steps: int) -> tuple[Tensor, int]:
    """The last state by the method of Adams and Bashforth of order three, in so many equal steps per layer.

    Behind it is the index of the last layer that was solved; where the solution leaves all bounds, the state is nan.
    The one evaluation per step makes steps as short as they can be, and that is what counts where a field has jumps,
    as f'f of ReLU has: no method is of higher order than one there. Weights have kinks at the layers, so each layer
    starts anew, with a step of Heun's method and one of order two; two such steps leave an error of order three.
    """
    h, u = depth.h / steps, depth.laid(start)
    for index in range(depth.count):
        old: list[Tensor] = []
        for step in range(steps):
            here = field(depth, Place(index, step / steps), u)
            if not old:
                ahead = field(depth, Place(index, (step + 1) / steps), torch.add(u, here, alpha=h))
                u = _moved(u, h, (1 / 2, here), (1 / 2, ahead))
            else:
                weights = (3 / 2, -1 / 2) if len(old) == 1 else (23 / 12, -16 / 12, 5 / 12)
                u = _moved(u, h, *zip(weights, [here, *old], strict=True))
            old = [here, *old[:1]]
        if not bool(torch.isfinite(u).all()):
            return torch.full_like(start, math.nan), index
    return u.to(start.dtype), depth.count - 1


def _moved(u: Tensor, h: float, *slopes: tuple[float, Tensor]) -> Tensor:
    for weight, slope in slopes:
        u = torch.add(u, slope, alpha=h * weight)
    return u


def distances(state: Tensor, lasts: Sequence[Tensor]) -> list[float]:
    """|state - last| / |last| for each of them."""
    return [float((state - last).norm() / last.norm()) for last in lasts]


def _apart(coarse: Tensor, fine: Tensor, lasts: Sequence[Tensor], tolerance: float) -> float:
    """What two states differ by in their distances, over these; 0 where that is within the tolerance."""
    pairs = list(zip(distances(coarse, lasts), distances(fine, lasts), strict=True))
    if not all(math.isfinite(sum(pair)) for pair in pairs):
        return math.inf
    return max(0.0 if abs(a - b) <= tolerance else abs(a - b) / b for a, b in pairs)
