"""Networks as fixed functions: a float64 copy whose batch normalisations are the affine maps that they evaluate."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch._dynamo import OptimizedModule
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._pytree import tree_map

from schemetools.nn.blocks.residual import Residual
from schemetools.nn.tensors.copies import copied, tensors_of


class Affine(nn.Module):
    """y = scale * x + shift per channel: a batch normalisation with fixed statistics, differentiable in all it has."""

    def __init__(self, norm: _BatchNorm) -> None:
        super().__init__()
        mean, variance = norm.running_mean, norm.running_var
        scale = torch.rsqrt(variance + norm.eps)  # type: ignore[operator]
        if norm.affine:
            scale = scale * norm.weight
        shift = -mean * scale  # type: ignore[operator]
        self.scale, self.shift = nn.Parameter(scale), nn.Parameter(shift + norm.bias if norm.affine else shift)

    def forward(self, x: Tensor) -> Tensor:
        """x of shape (b, channels, ...)."""
        shape = (1, -1, *(1,) * (x.dim() - 2))
        return x * self.scale.view(shape) + self.shift.view(shape)


def frozen(net: nn.Module) -> nn.Module:
    """A copy of a network on the CPU, in float64 and evaluation mode, its batch normalisations as `Affine`.

    Of compiled modules it has what was compiled.
    """
    return freeze(copied(uncompiled(net), {}))


def freeze(net: nn.Module) -> nn.Module:
    """`frozen` in place: a network that nobody else has is not copied."""
    fixed = _with_originals(net.cpu().double().eval())
    made: dict[nn.Module, nn.Module] = {}
    for parent in list(fixed.modules()):
        for name, child in parent.named_children():
            if isinstance(child, _BatchNorm) and child.running_mean is not None:
                made.setdefault(child, Affine(child))
                setattr(parent, name, made[child])
    return fixed.requires_grad_(False)


def in_single(branch: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A branch as a function of a state in single precision; a plain function as it is."""
    if not isinstance(branch, nn.Module):
        return branch
    made, weights = single_parts(branch)
    return lambda u: torch.func.functional_call(made, weights, (u,))


def single_parts(branch: nn.Module) -> tuple[nn.Module, dict[str, Tensor]]:
    """A branch, what it is called with in single precision, and its weights in single precision, by their names."""
    weights = {name: _single(t) for name, t in (*branch.named_parameters(), *branch.named_buffers())}
    if not isinstance(branch, Residual):
        return branch, weights
    made = object.__new__(type(branch))
    made.__dict__.update(branch.__dict__)
    made.args, made.kwargs = tree_map(_single, (branch.args, branch.kwargs))
    return made, weights


def _single(value: Any) -> Any:
    """A tensor of floats in single precision, on no graph; the weights of a convolution laid out as `spectrum` asks."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return value
    layout = torch.channels_last if value.dim() == 4 else torch.contiguous_format
    return value.detach().float().contiguous(memory_format=layout)


def uncompiled(net: nn.Module) -> nn.Module:
    """What `torch.compile` was given, if the module is what it gave back."""
    inner = net._modules.get("_orig_mod") if isinstance(net, OptimizedModule) else None
    return net if inner is None else inner


def originals(net: nn.Module) -> nn.Module:
    """A network in which all that `torch.compile` gave back is what it was given; weights are shared.

    A compiled program has the modules of its day: it hears no hooks, and does not see those that are put in.
    """
    net = uncompiled(net)
    if not any(isinstance(module, OptimizedModule) for module in net.modules()):
        return net
    return _with_originals(copied(net, tensors_of(net)))


def _with_originals(net: nn.Module) -> nn.Module:
    for parent in list(net.modules()):
        parent._compiled_call_impl = None
        for name, child in parent._modules.items():
            if child is not None:
                parent._modules[name] = uncompiled(child)
    return net
