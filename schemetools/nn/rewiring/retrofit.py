"""Another scheme or depth for a trained network, without training: the modified equation matched through O(h)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from sympy import Symbol
from torch import Tensor, nn

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.reading.depth import Depth, Place
from schemetools.nn.reading.frozen import freeze, frozen, originals
from schemetools.nn.reading.given import Given, check_network, check_numbers
from schemetools.nn.reading.terms import numeric_terms
from schemetools.nn.rewiring.drift import drift
from schemetools.nn.rewiring.homes import Home, homes_of
from schemetools.nn.rewiring.matching import matched
from schemetools.nn.rewiring.trial import noise_for
from schemetools.nn.stacks.continued import Continued, TakesHistory, to_continued
from schemetools.nn.stacks.stack import Stack, to_stack
from schemetools.nn.tensors.copies import copied, tensors_of
from schemetools.nn.tensors.replay import modules_of
from schemetools.schemes.base import Scheme, as_scheme

REFINED = 2

Branches = Callable[[Place], nn.Module]


@dataclass(frozen=True)
class Change:
    """A network, its chains as they stand, and as functions of depth; the steps that each is to take, and of what."""

    net: nn.Module
    homes: Sequence[Home]
    depths: Sequence[Depth]
    counts: Sequence[int]
    scheme: Scheme | None


class Shifted(nn.Module):
    """The branch of a new layer: a f(t + tau, u + d f(t, u)), f a trained branch between its layers.

    Through O(h) it is a f + a d f'f + a tau f_t: what the new scheme lacks of the old one's modified equation.
    """

    def __init__(self, here: Any, moved: Any, a: float, d: float) -> None:
        super().__init__()
        self.here, self.moved, self.a, self.d = here, moved, a, d

    def forward(self, u: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The branch at the state u, and what else the layers are called with."""
        if self.here is not None:
            u = torch.add(u, self.here(u, *args, **kwargs), alpha=self.d)
        value = self.moved(u, *args, **kwargs)
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
        self.steps, self.branch, self.w, self.c = steps, branch, tuple(w), c

    def forward(self, x: Tensor, history: tuple[Tensor, ...] = (), *args: Any, **kwargs: Any) -> Tensor:
        """The state after the last step."""
        vector = (x, *history, *(x,) * (len(self.w) - 1 - len(history)))
        u = x if self.w == (1.0,) else sum(w * part for w, part in zip(self.w, vector, strict=True))
        if self.branch is not None:
            u = torch.add(u, self.branch(x, *args, **kwargs), alpha=self.c)
        return self.steps(u, *args, **kwargs)


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

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.euler, [torch.nn.Linear(3, 3) for _ in range(4)], h=0.1)
    >>> st.retrofit(stack, depth=2)(torch.ones(1, 3)).shape
    torch.Size([1, 3])
    """

    def __init__(self, net: nn.Module, chains: Sequence[str], predicted: float, measured: float | None) -> None:
        super().__init__()
        self.net, self.chains = net, tuple(chains)
        self.predicted_drift, self.measured_drift = predicted, measured

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The network's output."""
        return self.net(*args, **kwargs)

    def extra_repr(self) -> str:
        """Both drifts."""
        measured = "" if self.measured_drift is None else f", measured_drift={self.measured_drift:.3g}"
        return f"predicted_drift={self.predicted_drift:.3g}{measured}"


def retrofit(
    net: nn.Module,
    *,
    scheme: Any = None,
    depth: int | Sequence[int] | None = None,
    x: Any = None,
) -> Retrofit:
    """A trained network with other steps, without training, by matching the modified equation through O(h).

    `scheme`: the new one, without free symbols (None: as it is, learned values interpolated); `depth`: the new
    number of steps of each chain, one number or one per chain (None: as it is). The steps are as long as the chain's
    depth t requires. Each new branch is a f(t + tau, u + d f(t, u)), so that limit, f'f and f_t agree, the first
    state is shifted by what both schemes' starts add, and the drift of the output is O(h^2); the network needs to be
    smooth in depth for that to be small. `x` is an input as the network takes it, a tensor, a tuple of its arguments or
    a dict of its keywords: on it the drift is measured, and the blocks of a converted network are seen with what they
    are called with. Without it the drift is foreseen on noise that fits the network's first layer. Compiled modules are
    taken as what was compiled: compile the result.
    The network itself is run on that input; modes and buffers are then what they were, but what its modules count in
    plain attributes of Python goes on counting: give a copy where that matters.
    Raises SchemeError for a network without stacks or an input that it does not take, and UnsupportedError for
    branches that cannot be joined in depth, or a scheme of several fields.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.euler, [torch.nn.Linear(3, 3) for _ in range(4)], h=0.1)
    >>> made = st.retrofit(stack, scheme=st.midpoint, depth=2, x=torch.ones(1, 3))
    >>> made.predicted_drift >= 0
    True
    """
    check_network(net, "retrofit(net, scheme=..., depth=...)")
    check_numbers(net, x, "retrofit")
    net = originals(net)
    given = None if x is None else Given(x, "retrofit")
    new = None if scheme is None else as_scheme(scheme)
    if new is not None and (new.free_symbols or new.random_symbols):
        raise SchemeError(f"{new} has free or random symbols; give a scheme with numbers, such as lm(k=-0.1)")
    homes = homes_of(net, given)
    if not homes:
        raise SchemeError(
            f"this {type(net).__name__} has no stack in it; build it with to_stack, models.build or convert"
        )
    change = Change(net, homes, [Depth(home.chain) for home in homes], _depths(homes, depth), new)
    made = _matched_net(change, 1, lent=False)
    probe = _probe(net) if given is None else given
    predicted = drift(net, lambda: _finer(change, lent=True), lambda: _finer(change, lent=False), probe)
    measured = None
    if given is not None:
        measured = drift(net, lambda: (made, net), lambda: (frozen(made), frozen(net)), given)
    return Retrofit(made, [home.name for home in homes], predicted * REFINED**2, measured)


def _probe(net: nn.Module) -> Given:
    """Noise for the first layer of a network. Raises SchemeError where the network does not take that."""
    try:
        given = Given(noise_for(net), "retrofit")
        given.exact().run(frozen(net))
    except SchemeError as problem:
        raise SchemeError(
            f"retrofit foresees the drift on an input, and noise is none for this {type(net).__name__} ({problem}); "
            "give it one as the network takes it, x=..."
        ) from None
    return given


def _depths(homes: Sequence[Home], depth: int | Sequence[int] | None) -> list[int]:
    if not (depth is None or isinstance(depth, int)) and (not isinstance(depth, Sequence) or isinstance(depth, str)):
        raise SchemeError(f"depth is a number of steps, at least 1, or a list with one per chain; {depth!r} came")
    given = [depth] * len(homes) if depth is None or isinstance(depth, int) else list(depth)
    if len(given) != len(homes):
        raise SchemeError(
            f"{len(given)} depths came for {len(homes)} chains: {', '.join(h.name or 'the stack' for h in homes)}"
        )
    found = []
    for home, steps in zip(homes, given, strict=True):
        found.append(len(home.chain.layers) if steps is None else steps)
        if not isinstance(found[-1], int) or isinstance(found[-1], bool) or found[-1] < 1:
            raise SchemeError(f"depth is a number of steps, at least 1; {steps!r} came")
    return found


def _with_chains(change: Change, chains: Sequence[nn.Module], *, lent: bool) -> nn.Module:
    """A copy of the network with other chains in the places of its own; the other weights are copied too, or lent."""
    net, homes = change.net, change.homes
    replaced = {id(home.module): nn.Identity() for home in homes if home.module is not None and not home.blocks}
    made = copied(net, _kept_whole(net, homes) if lent else replaced)
    for home, chain in zip(homes, chains, strict=True):
        made = home.put(made, chain)
    return made


def _matched_net(change: Change, refine: int, *, lent: bool) -> nn.Module:
    each = zip(change.homes, change.depths, change.counts, strict=True)
    return _with_chains(change, [_matched_steps(*one, change.scheme, refine, lent=lent) for one in each], lent=lent)


def _finer(change: Change, *, lent: bool) -> tuple[nn.Module, nn.Module]:
    """The new network and the old one at twice their depths: with lent modules, or as fixed functions in float64."""
    changed = _matched_net(change, REFINED, lent=lent)
    each = zip(change.homes, change.depths, strict=True)
    old = _with_chains(change, [_refined_steps(*one, REFINED, lent=lent) for one in each], lent=lent)
    return (changed, old) if lent else (freeze(changed), freeze(old))


def _kept_whole(net: nn.Module, homes: Sequence[Home]) -> dict[int, Any]:
    """What a copy shares with a network that lends: all but the modules in which a chain is put."""
    names = [name for home in homes for name in (home.blocks or (home.name,)) if name]
    opened = {id(net.get_submodule(name[:end])) for name in names for end in _dots(name)}
    kept: dict[int, Any] = {id(m): m for m in modules_of(net) if id(m) not in opened}
    return kept | tensors_of(net)


def _dots(name: str) -> list[int]:
    """Where the names of the modules end that hold the one of this name, the network's own among them."""
    return [0, *(i for i, letter in enumerate(name) if letter == ".")]


def _matched_steps(home: Home, depth: Depth, steps: int, new: Scheme | None, refine: int, *, lent: bool) -> nn.Module:
    """The new steps of a chain, `refine` times as many, matched to the old ones at `refine` times their number.

    Their branches are their own, or with `lent` the chain's.
    """
    branch = depth.lent if lent else depth.branch
    if depth.stages is not None:
        raise UnsupportedError(
            f"{home.name}: its layers have one branch per stage; what is matched is one branch per layer"
        )
    scheme, keep = (depth.scheme, True) if new is None else (new, False)
    h, new_h = depth.h / refine, depth.count * depth.h / (steps * refine)
    branches = []
    for j in range(steps * refine):
        place = depth.place(j * new_h)
        found, _ = matched(depth, place, h, scheme, new_h, keep=keep)
        moved = branch(depth.place(j * new_h + found.time / found.factor))
        here = branch(place) if found.second else None
        branches.append(Shifted(here, moved, found.factor, found.second / found.factor))
    stack = _stack(scheme, branches, depth, new_h, keep=keep)
    resumed = _resumed(home, depth, stack, h, scheme, new_h, branch, keep=keep)
    return Refined(resumed, refine) if resumed.kinds and refine > 1 else resumed


def _resumed(
    home: Home, depth: Depth, stack: Stack, h: float, scheme: Scheme, new_h: float, branch: Branches, *, keep: bool
) -> Resumed:
    first = Place(0, 0.0)
    old = depth.terms(depth.coefficients(first)[0])
    found, new = matched(depth, first, h, scheme, new_h, keep=keep)
    given = isinstance(home.module, Continued)
    form = depth.scheme.normal_form()
    # A start by repetition has u_0 for an earlier state and h f(u_0) for an earlier increment.
    repeated = 0.0 if given else sum(float(w) for w, q in zip(old.start[1:], form.q[1:], strict=True) if q == 0)
    c = h * (float(old.shift[0]) + repeated) - new_h * (new.shift + _repeated(scheme, depth, keep)) * found.factor
    w = tuple(map(float, old.start)) if given else (1.0,)
    kinds = home.module.kinds if isinstance(home.module, Continued) else ()
    return Resumed(stack, branch(first) if abs(c) > 1e-15 else None, w, c, kinds)  # type: ignore[arg-type]


def _repeated(scheme: Scheme, depth: Depth, keep: bool) -> float:
    """What the new scheme's start by repetition adds to the first state, in units of its h f."""
    values = depth.coefficients(Place(0, 0.0))[0] if keep else {}
    start, q = numeric_terms(scheme, None)(values).start, scheme.normal_form().q
    return sum(float(w) for w, kind in zip(start[1:], q[1:], strict=True) if kind == 0)


def _refined_steps(home: Home, depth: Depth, refine: int, *, lent: bool) -> nn.Module:
    """The old steps of a chain at `refine` times the depth, weights and coefficients interpolated."""
    h, branch = depth.h / refine, depth.lent if lent else depth.branch
    branches = [branch(depth.place(j * h)) for j in range(depth.count * refine)]
    if not isinstance(home.module, Continued):
        return _stack(depth.scheme, branches, depth, h, keep=True)
    steps = to_continued(depth.scheme, branches, h=h, init=_zeros(depth.scheme))
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
