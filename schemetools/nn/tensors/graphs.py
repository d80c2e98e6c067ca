"""Steps in the graphs of torch.fx, and what torch.jit.script is told."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import _has_any_global_hook

NO_SCRIPT = (
    "torch.jit.script does not take steps of a scheme: use torch.export.export(module, args), torch.compile(module) "
    "or torch.jit.trace(module, x)"
)


def one_node(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of the module as one node of the graph that torch.fx traces."""
    tracer = args[0].tracer
    return tracer.create_proxy("call_module", tracer.path_of_module(module), args, kwargs)


def traced() -> bool:
    """Whether torch.jit.trace looks on, to which a comparison of shapes is a part of the program."""
    return torch._C._get_tracing_state() is not None


def entered(t: Tensor) -> Tensor:
    """A tensor as a module takes it where a graph is made again.

    Hooks on all modules, as counters of operations set them, follow gradients of a module's arguments, and torch
    refuses that for leaves that a gradient is asked for: these get a node of their own.
    """
    return t.view_as(t) if t.requires_grad and t.is_leaf and torch.is_grad_enabled() and _has_any_global_hook() else t
