"""What a block is, read off the graph of its gradient: x + F(x), something behind that sum, or no identity path."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from schemetools.nn.blocks.residual import NOT_STEPS

# Nodes that hand their first argument on as it is: other shapes and memory, nothing else.
SAME = re.compile(
    r"(Clone|Alias|View|UnsafeView|_UnsafeView|Reshape|ReshapeAlias|Permute|Transpose|T|Squeeze|Unsqueeze|ToCopy|"
    r"Contiguous|Expand|Movedim|Unflatten|Flatten)Backward\d*"
)
SUMS = {"Add": (0, 1), "Sub": (0,), "Addcmul": (0,), "Addcdiv": (0,), "Addmm": (0,), "Addbmm": (0,), "Baddbmm": (0,)}
NORM = re.compile(r".*(LayerNorm|BatchNorm|GroupNorm|InstanceNorm|RMSNorm|RmsNorm).*")
ACTIVATION = re.compile(
    r"(Relu|LeakyRelu|Elu|Celu|Selu|Tanh|Sigmoid|Gelu|Silu|Softplus|Mish|Hardswish|Hardtanh|Hardsigmoid|Prelu|"
    r"PreluKernel|RreluWithNoise|Threshold|Clamp|ClampMin|ClampMax|Hardshrink|Softshrink|LogSigmoid|Glu|Softmax)"
    r"Backward.*"
)
FACTOR = re.compile(r"(Mul|Div|Pow|Rsqrt|Sqrt|Exp|Abs|Neg|Maximum|Minimum|Lerp|Where|Mean|Sum)Backward\d*")

NO_PATH = f"no identity path: {NOT_STEPS}"


def mark_of(y: Tensor, end: Any) -> str:
    """Nothing if y is x + F(x), else why it is none; `end` is the node of x in the graph.

    The sum is searched for in the graph of y: from it x has to be reached by sums and changes of shape alone.
    """
    start = y.grad_fn
    if start is None:
        return NO_PATH
    if _path(start, end, _additive) is not None:
        return ""
    found = _path(start, end, _any)
    names = [node.name() for node in found or ()]
    sums = [i for i, name in enumerate(names) if name.removesuffix("Backward0") in SUMS]
    if not sums:
        return NO_PATH
    before = [name for name in names[: sums[0]] if not SAME.fullmatch(name)]
    if not before:
        before = [name for name in names if not SAME.fullmatch(name) and name.removesuffix("Backward0") not in SUMS]
        return f"norm(x) + F(x), or x by a factor ({_word(before[0])}): {NOT_STEPS}"
    word = _word(before[0])
    if ACTIVATION.fullmatch(before[0]):
        return f"post-activation, {word}(x + F(x)): {NOT_STEPS}"
    kind = "post-norm, " if NORM.fullmatch(before[0]) else ""
    return f"{kind}{word}(x + F(x)): {NOT_STEPS}"


def _word(name: str) -> str:
    """An operation by the name of its node: relu, layer_norm."""
    plain = re.sub(r"Backward\d*$", "", name)
    plain = re.sub(r"^(Native|Cudnn|Miopen|Fused)", "", plain).removesuffix("Kernel")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", plain).lower()


def _additive(node: Any) -> Iterator[Any]:
    """The nodes whose value this one hands on with the factor 1."""
    name = node.name()
    edges = node.next_functions
    if SAME.fullmatch(name):
        yield edges[0][0]
        return
    kept = SUMS.get(name.removesuffix("Backward0"), ())
    for i in kept:
        if i < len(edges) and _factor(node, name, i) == 1:
            yield edges[i][0]


def _factor(node: Any, name: str, edge: int) -> Any:
    if name == "AddBackward0" and edge == 1:
        return getattr(node, "_saved_alpha", 1)
    if name in ("AddmmBackward0", "AddbmmBackward0", "BaddbmmBackward0"):
        return getattr(node, "_saved_beta", 1)
    return 1


def _any(node: Any) -> Iterator[Any]:
    """The nodes that this one is a sum, a normalisation, a pointwise function or a multiple of."""
    name = node.name()
    yield from _additive(node)
    if NORM.fullmatch(name) or ACTIVATION.fullmatch(name):
        yield node.next_functions[0][0]
    elif FACTOR.fullmatch(name):
        yield from (following for following, _ in node.next_functions)


def _path(start: Any, end: Any, following: Callable[[Any], Iterator[Any]]) -> list[Any] | None:
    """A path from a node to another, both among the result; None if there is none."""
    seen, waiting = {start}, [(start, None)]
    parents: dict[Any, Any] = {}
    while waiting:
        node, parent = waiting.pop(0)
        parents[node] = parent
        if node is end:
            path = []
            while node is not None:
                path.append(node)
                node = parents[node]
            return path[::-1]
        for other in following(node):
            if other is not None and other not in seen:
                seen.add(other)
                waiting.append((other, node))
    return None


def marker(x: Tensor) -> Tensor:
    """A copy of x whose node in the graph can be found again."""
    with torch.enable_grad():
        return (x if x.requires_grad else x.detach().requires_grad_()).clone()
