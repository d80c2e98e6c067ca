"""Room 1: what a scheme is. `schemetools.schemes.NAME` is the catalog entry of that name."""

import importlib
import importlib.util
from typing import Any

_CLASSES = {
    "RungeKutta": "runge_kutta",
    "LinearMultistep": "multistep",
    "AdditiveRungeKutta": "additive",
    "GeneralLinear": "base",
    "Scheme": "base",
    "Family": "registry",
    "Stencil": "stencil",
    "Operator": "semidiscrete",
    "MethodOfLines": "semidiscrete",
    "DifferenceScheme": "difference",
    "FluxForm": "flux",
}


def __getattr__(name: str) -> Any:
    if name in _CLASSES:
        return getattr(importlib.import_module(f"{__name__}.{_CLASSES[name]}"), name)
    if name == "stencils":
        return importlib.import_module(f"{__name__}.catalog.stencils")
    if name.startswith("_"):
        raise AttributeError(name)
    if importlib.util.find_spec(f"{__name__}.{name}"):  # `from schemetools.schemes import files` asks here first
        return importlib.import_module(f"{__name__}.{name}")
    registry = importlib.import_module(f"{__name__}.registry")
    try:
        return registry.resolve(name)
    except registry.UnknownNameError as error:
        raise AttributeError(str(error)) from None


def __dir__() -> list[str]:
    registry = importlib.import_module(f"{__name__}.registry")
    return sorted({*_CLASSES, "stencils", *registry.names(), *registry.aliases()})
