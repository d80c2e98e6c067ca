"""Another scheme or depth for a trained network, without training: the modified equation matched through O(h)."""

import copy
import math
from collections.abc import Sequence
from typing import Any

import torch
from sympy import Symbol
from torch import Tensor, nn

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.residual import first_of
from schemetools.nn.reading.chains import chain_of
from schemetools.nn.reading.depth import Depth, Place
from schemetools.nn.reading.frozen import frozen
from schemetools.nn.reading.given import check_input, check_network
from schemetools.nn.reading.terms import numeric_terms
from schemetools.nn.rewiring.matching import matched
from schemetools.nn.rewiring.observe import noise_for
from schemetools.nn.stacks.continued import Continued, TakesHistory, to_continued
from schemetools.nn.stacks.stack import Stack, to_stack
from schemetools.schemes.base import Scheme, as_scheme

REFINED = 2


class Shifted(nn.Module):
    """The branch of a new layer: a f(t + tau, u + d f(t, u)), f a trained branch between its layers.

    Through O(h) it is a f + a d f'f + a tau f_t: what the new scheme lacks of the old one's modified equation.
    """

    def __init__(self, here: Any, moved: Any, a: float, d: float) -> None:
        super().__init__()
        self.here, self.moved, self.a, self.d = here if d else None, moved, a, d

    def forward(self, u: Tensor) -> Tensor:
        """The branch at the state u."""
        if self.here is not None:
            u = torch.add(u, self.here(u), alpha=self.d)
        value = self.moved(u)
        return value if self.a == 1 else self.a * value

    def extra_repr(self) -> str:
        """The factors."""
        return f"a={self.a:g}, d={self.d:g}"


class Resumed(TakesHistory):
    """The new steps of a chain, from the value at which the old steps' smooth solution starts.

    u = sum_l w_l x_l + c f(x_0),      x the old steps' vector: the state, then the history
    """

    def __init__(self, steps: nn.Module, branch: nn.Module | None, w: Sequence[float], c: float, kinds: Sequence[int]):
        super().__init__(kinds)
        self.steps, self.branch, self.w, self.c = steps, branch if c else None, tuple(w), c

    def forward(self, x: Tensor, history: tuple[Tensor, ...] = ()) -> Tensor:
        """The state after the last step."""
        vector = (x, *history, *(x,) * (len(self.w) - 1 - len(history)))
        u = x if self.w == (1.0,) else sum(w * part for w, part in zip(self.w, vector, strict=True))
        if self.branch is not None:
            u = torch.add(u, self.branch(x), alpha=self.c)
        return self.steps(u)


class Refined(TakesHistory):
    """Steps that go on from the history of longer ones: earlier states and increments brought closer, by a factor."""

    def __init__(self, steps: TakesHistory, refine: int) -> None:
        super().__init__(steps.kinds)
        self.steps, self.refine = steps, refine

    def forward(self, x: Tensor, history: tuple[Tensor, ...]) -> Tensor:
        """The state after the last step."""
        given = zip(self.kinds, history, strict=True)
        nearer = [x + (old - x) / self.refine if kind else old / self.refine for kind, old in given]
        return self.steps(x, tuple(nearer))


class Retrofit(nn.Module):
    """A network whose chains take other steps than those it was trained with; `retrofit` makes it.

    `predicted_drift` is the relative change of the output that the match leaves, O(h^2), from the same match between
    the networks of twice their depths; `measured_drift` is the change on an input, None without one. `chains` names
    what was changed.
    """

    def __init__(self, net: nn.Module, chains: Sequence[str], predicted: float, measured: float | None) -> None:
        super().__init__()
        self.net, self.chains = net, tuple(chains)
        self.predicted_drift, self.measured_drift = predicted, measured

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The network's output."""
        return self.net(*args, **kwargs)


def retrofit(
    net: nn.Module,
    *,
    scheme: Any = None,
    depth: int | Sequence[int] | None = None,
    x: Tensor | None = None,
) -> Retrofit:
    """A trained network with other steps, without training, by matching the modified equation through O(h).

    `scheme`: the new one, without free symbols (None: as it is, learned values interpolated); `depth`: the new
    number of steps of each chain, one number or one per chain (None: as it is). The steps are as long as the chain's
    depth t requires. Each new branch is a f(t + tau, u + d f(t, u)), so that limit, f'f and f_t agree, the first
    state is shifted by what both schemes' starts add, and the drift of the output is O(h^2); the network needs to be
    smooth in depth for that to be small. Raises SchemeError for a network without stacks, and UnsupportedError for
    branches that cannot be joined in depth, or a scheme of several fields.
    """
    check_network(net, "retrofit(net, scheme=..., depth=...)")
    if x is not None:
        check_input(x, "retrofit")
    new = None if scheme is None else as_scheme(scheme)
    if new is not None and (new.free_symbols or new.random_symbols):
        raise SchemeError(f"{new} has free or random symbols; give a scheme with numbers, such as lm(k=-0.1)")
    homes = [name for name, module in net.named_modules() if isinstance(module, (Stack, Continued))]
    if not homes:
        raise SchemeError(
            f"this {type(net).__name__} has no stack in it; build it with to_stack, models.build or convert"
        )
    depths = _depths(net, homes, depth)
    made = _with_chains(net, {name: _matched_steps(net, name, new, depths[name], 1) for name in homes})
    finer_old = _with_chains(net, {name: _refined_steps(net, name, REFINED) for name in homes})
    finer_new = _with_chains(net, {name: _matched_steps(net, name, new, depths[name], REFINED) for name in homes})
    probe = noise_for(net) if x is None else x
    predicted = _drift(finer_new, finer_old, probe) * REFINED**2
    return Retrofit(made, homes, predicted, None if x is None else _drift(made, net, x))


def _depths(net: nn.Module, homes: Sequence[str], depth: int | Sequence[int] | None) -> dict[str, int]:
    if not (depth is None or isinstance(depth, int)) and (not isinstance(depth, Sequence) or isinstance(depth, str)):
        raise SchemeError(f"depth is a number of steps, at least 1, or a list with one per chain; {depth!r} came")
    given = [depth] * len(homes) if depth is None or isinstance(depth, int) else list(depth)
    if len(given) != len(homes):
        raise SchemeError(
            f"{len(given)} depths came for {len(homes)} chains: {', '.join(name or 'the stack' for name in homes)}"
        )
    found = {}
    for name, steps in zip(homes, given, strict=True):
        found[name] = len(net.get_submodule(name).layers) if steps is None else steps  # type: ignore[arg-type]
        if not isinstance(found[name], int) or isinstance(found[name], bool) or found[name] < 1:
            raise SchemeError(f"depth is a number of steps, at least 1; {steps!r} came")
    return found


def _with_chains(net: nn.Module, chains: dict[str, nn.Module]) -> nn.Module:
    """A copy of the network with other chains in the places of its own; the other weights are copied."""
    if "" in chains:
        return chains[""]
    copied = copy.deepcopy(net)
    for name, chain in chains.items():
        parent, _, last = name.rpartition(".")
        setattr(copied.get_submodule(parent), last, chain)
    return copied


def _matched_steps(net: nn.Module, name: str, new: Scheme | None, steps: int, refine: int) -> nn.Module:
    """The new steps of a chain, `refine` times as many, matched to the old ones at `refine` times their number."""
    home = net.get_submodule(name)
    depth = Depth(chain_of(home, name))
    if depth.stages is not None:
        raise UnsupportedError(f"{name}: its layers have one branch per stage; what is matched is one branch per layer")
    scheme, keep = (depth.scheme, True) if new is None else (new, False)
    h, new_h = depth.h / refine, depth.count * depth.h / (steps * refine)
    branches = []
    for j in range(steps * refine):
        place = depth.place(j * new_h)
        found, _ = matched(depth, place, h, scheme, new_h, keep=keep)
        moved = depth.branch(depth.place(j * new_h + found.time / found.factor))
        branches.append(Shifted(depth.branch(place), moved, found.factor, found.second / found.factor))
    stack = _stack(scheme, branches, depth, new_h, keep=keep)
    resumed = _resumed(home, depth, stack, h, scheme, new_h, keep=keep)
    return Refined(resumed, refine) if resumed.kinds and refine > 1 else resumed


def _resumed(
    home: nn.Module, depth: Depth, stack: Stack, h: float, scheme: Scheme, new_h: float, *, keep: bool
) -> Resumed:
    first = Place(0, 0.0)
    old = depth.terms(depth.coefficients(first)[0])
    found, new = matched(depth, first, h, scheme, new_h, keep=keep)
    given = isinstance(home, Continued)
    form = depth.scheme.normal_form()
    # A start by repetition has u_0 for an earlier state and h f(u_0) for an earlier increment.
    repeated = 0.0 if given else sum(float(w) for w, q in zip(old.start[1:], form.q[1:], strict=True) if q == 0)
    c = h * (float(old.shift[0]) + repeated) - new_h * (new.shift + _repeated(scheme, depth, keep)) * found.factor
    w = tuple(map(float, old.start)) if given else (1.0,)
    kinds = home.kinds if isinstance(home, Continued) else ()
    return Resumed(stack, depth.branch(first), w, c if abs(c) > 1e-15 else 0.0, kinds)  # type: ignore[arg-type]


def _repeated(scheme: Scheme, depth: Depth, keep: bool) -> float:
    """What the new scheme's start by repetition adds to the first state, in units of its h f."""
    values = depth.coefficients(Place(0, 0.0))[0] if keep else {}
    start, q = numeric_terms(scheme)(values).start, scheme.normal_form().q
    return sum(float(w) for w, kind in zip(start[1:], q[1:], strict=True) if kind == 0)


def _refined_steps(net: nn.Module, name: str, refine: int) -> nn.Module:
    """The old steps of a chain at `refine` times the depth, weights and coefficients interpolated."""
    home = net.get_submodule(name)
    depth = Depth(chain_of(home, name))
    places = [depth.place(j * depth.h / refine) for j in range(depth.count * refine)]
    h = depth.h / refine
    if not isinstance(home, Continued):
        return _stack(depth.scheme, [depth.branch(place) for place in places], depth, h, keep=True)
    steps = to_continued(depth.scheme, [depth.branch(place) for place in places], h=h, init=_zeros(depth.scheme))
    _set_values(steps, depth, h)
    return Refined(steps, refine)  # type: ignore[arg-type]


def _stack(scheme: Scheme, branches: Sequence[Any], depth: Depth, h: float, *, keep: bool) -> Stack:
    stack = to_stack(scheme, branches, h=h, init=_zeros(scheme) if keep else None)
    if keep:
        _set_values(stack, depth, h)
    return stack


def _zeros(scheme: Scheme) -> dict[str, float] | None:
    return {str(symbol): 0.0 for symbol in scheme.free_symbols} or None


@torch.no_grad()
def _set_values(steps: nn.Module, depth: Depth, h: float) -> None:
    """Give each layer the old chain's coefficients at its own depth."""
    for j, block in enumerate(steps.layers):  # type: ignore[arg-type]
        values, _ = depth.coefficients(depth.place(j * h))
        for symbol, attribute in block.trained().items():
            getattr(block, attribute).fill_(values[Symbol(symbol)])


@torch.no_grad()
def _drift(changed: nn.Module, net: nn.Module, x: Tensor) -> float:
    """The relative change of the output, in float64 and evaluation mode."""
    x = x.detach().cpu().double()
    new, old = (first_of(frozen(m)(x)) for m in (changed, net))
    return float((new - old).norm() / old.norm()) if float(old.norm()) > 0 else math.inf
