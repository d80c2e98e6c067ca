"""What reading and rewiring networks is given: a network, an input; said in one sentence where it does not fit."""

from typing import Any

import torch
from torch import Tensor, nn

from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme


def check_network(net: Any, call: str) -> None:
    """Raise SchemeError for what is no nn.Module; `call` shows how it is meant, "inspect(net, x)"."""
    if isinstance(net, nn.Module):
        return
    came = f"the scheme {net}" if isinstance(net, Scheme) else "None" if net is None else f"a {type(net).__name__}"
    if isinstance(net, type) and issubclass(net, nn.Module):
        came = f"the class {net.__name__}, not one of its instances,"
    raise SchemeError(f"a network, an nn.Module, comes first: {call}; {came} came")


def check_input(x: Any, name: str) -> None:
    """Raise SchemeError for what is no tensor of finite floats; `name` is that of the function that reads it."""
    if not isinstance(x, Tensor) or not x.is_floating_point():
        came = f"a tensor of {str(x.dtype).removeprefix('torch.')}" if isinstance(x, Tensor) else type(x).__name__
        raise SchemeError(f"{name} needs an input tensor of floats, a batch of what the network takes; {came} came")
    bad = int((~torch.isfinite(x)).sum())
    if bad:
        raise SchemeError(f"{name} needs an input of finite numbers; nan or inf at {bad} of {x.numel()} entries came")
    if x.numel() == 0:
        raise SchemeError(f"{name} needs an input with entries; one of shape {tuple(x.shape)} came")
