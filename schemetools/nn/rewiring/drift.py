"""How far apart two networks are on an input: in single precision where that shows it, else in double."""

import contextlib
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from schemetools.errors import SchemeError
from schemetools.nn.blocks.residual import first_of
from schemetools.nn.reading.given import Given
from schemetools.nn.reading.solving import SINGLE
from schemetools.nn.rewiring.trial import in_evaluation
from schemetools.nn.tensors.copies import tensors_of
from schemetools.nn.tensors.replay import modules_of

NORMS = nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d

Pair = tuple[nn.Module, nn.Module]


@torch.no_grad()
def drift(net: nn.Module, as_they_are: Callable[[], Pair], in_double: Callable[[], Pair], given: Given) -> float:
    """The relative change of the output from the second network of a pair to the first, on an input.

    `as_they_are` gives them with the weights of `net`, which are left alone; `in_double` those in float64 and
    evaluation mode, asked for where single precision does not do: for other weights and for distances below 1/200.
    Raises SchemeError where the output has nan or inf in it.
    """
    if _computes_in_single(net, given):
        found = _in_single(net, as_they_are(), given)
        if SINGLE <= found < math.inf:
            return found
    new, old = (first_of(given.exact().run(m)) for m in in_double())
    if not bool(torch.isfinite(old).all()):
        raise SchemeError(
            "retrofit compares outputs, and that of the network has nan or inf in it: look for weights that are not "
            "finite, or give an input x on which the network stays finite"
        )
    return _distance(new, old)


def _distance(new: Tensor, old: Tensor) -> float:
    return float((new - old).norm() / old.norm()) if float(old.norm()) > 0 else math.inf


def _computes_in_single(net: nn.Module, given: Given) -> bool:
    """Whether all is on the CPU, the weights are in single precision, and products of them are too."""
    weights = tensors_of(net).values()
    inputs = [t for t in tree_leaves((given.args, given.kwargs)) if isinstance(t, Tensor)]
    settings = {torch.backends.mkldnn.matmul.fp32_precision, torch.backends.mkldnn.conv.fp32_precision}  # type: ignore[attr-defined]
    return (
        settings <= {"none", "ieee"}
        and all(t.device.type == "cpu" for t in (*weights, *inputs))
        and all(w.dtype == torch.float32 or not (w.is_floating_point() or w.is_complex()) for w in weights)
    )


def _in_single(net: nn.Module, pair: Pair, given: Given) -> float:
    """The distance in single precision; nan where the networks do not take that."""
    with contextlib.ExitStack() as held:
        held.enter_context(torch.autocast("cpu", enabled=False))
        held.enter_context(_buffers_kept(net))
        for m in (net, *pair):
            held.enter_context(in_evaluation(m))
        try:
            return _distance(*(first_of(given.single().run(m)) for m in pair))
        except SchemeError:  # the networks in double precision say what is wrong, if it is not the precision
            return math.nan


@contextlib.contextmanager
def _buffers_kept(net: nn.Module) -> Iterator[None]:
    """A network's buffers are again what they were: some layers count calls. Normalisations in evaluation do not."""
    others = [m for m in modules_of(net) if m._buffers and type(m) not in NORMS]
    held = {id(b): b for m in others for b in m._buffers.values() if b is not None}
    kept = [(buffer, buffer.clone()) for buffer in held.values()]
    try:
        yield
    finally:
        for buffer, value in kept:
            if not torch.equal(buffer, value):
                buffer.copy_(value)
