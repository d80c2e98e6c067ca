"""The one list of networks: what a name builds."""

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Any

from torch import nn

from schemetools.errors import SchemeError, UnknownNameError
from schemetools.nn.models.layouts import LAYOUTS
from schemetools.nn.models.resnet import resnet
from schemetools.nn.models.revnet import revnet
from schemetools.nn.models.shake_shake import shake_shake
from schemetools.nn.models.transformer import nested_transformer
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.registry import get

MODELS: dict[str, Callable[..., nn.Module]] = {name: partial(resnet, layout) for name, layout in LAYOUTS.items()}
MODELS |= {"revnet38": revnet, "shake_shake": shake_shake, "nested_transformer": nested_transformer}


def names() -> tuple[str, ...]:
    """The names that `build` knows, family by family.

    >>> names()[:3]
    ('resnet20', 'resnet32', 'resnet44')
    """
    return tuple(MODELS)


def build(name: str, scheme: Scheme | str | None = None, classes: int = 10, **options: Any) -> nn.Module:
    """A network of the literature with its residual branches wired by a scheme, untrained.

    `scheme` is a scheme or its name (`"lm"`, `"lm(k=0.3)"`, `"rk4"`); None is the network as published: forward Euler
    for a ResNet. Options are those of the network, such as norm="group".
    Raises SchemeError for an unknown name or option.

    >>> model = build("resnet20", "lm", classes=100)
    >>> sum(p.numel() for p in model.parameters())
    278234
    """
    if name not in MODELS:
        near = get_close_matches(str(name), MODELS, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else f"the networks are {', '.join(MODELS)}"
        raise UnknownNameError(f"there is no network {name!r}; {hint}")
    if not isinstance(classes, int) or classes < 1:
        raise SchemeError(f"classes must be a positive integer; {classes!r} came")
    wired = get(scheme) if isinstance(scheme, str) else None if scheme is None else as_scheme(scheme)
    maker = MODELS[name]
    known = [p for p in inspect.signature(maker).parameters if p not in ("scheme", "classes")]
    for option in options:
        if option not in known:
            raise SchemeError(f"{name} has no option {option!r}; its options: {', '.join(known)}")
    return maker(wired, classes, **options)
