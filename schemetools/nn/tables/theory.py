"""A trained network of a table read as mathematics: spectra, regions, the certificate, modified equations of its k."""

import time
from typing import Any

from torch import nn

from schemetools.errors import SchemeError
from schemetools.nn.reading.inspect import Report, inspect
from schemetools.nn.tables.budgets import Budget
from schemetools.nn.training import ImageData
from schemetools.nn.training.augment import to_floats


def theory(model: nn.Module, images: ImageData, budget: Budget, *, first: bool) -> dict[str, Any]:
    """What `inspect` says of a network at the first test images; of the first seed the certificate as well.

    Networks that `inspect` does not read (several fields) say so under "refused", those without a certificate (no two
    layers of one kind in a row) under "uncertified".
    """
    started = time.perf_counter()
    every = max(1, len(images.test) // budget.theory)
    x = to_floats(images.test.images[::every][: budget.theory], images.mean, images.std)
    try:
        report = inspect(model, x)
        record = report.record() | {"equations": _equations(report)}
    except SchemeError as problem:
        record = {"refused": str(problem)}
    else:
        if budget.certificate and first:
            record |= _certificate(report)
    return record | {"seconds": round(time.perf_counter() - started, 3)}


def _certificate(report: Report) -> dict[str, Any]:
    try:
        return {"certificate": report.certificate().record()}
    except SchemeError as problem:
        return {"uncertified": str(problem)}


def _equations(report: Report) -> dict[str, str]:
    """The first-order line of the modified equation of every layer with learned coefficients."""
    return {layer.name: _first_order(str(layer.modified_equation(2))) for layer in report.layers if layer.coefficients}


def _first_order(printed: str) -> str:
    return next(line for line in printed.splitlines()[1:] if "u' = " in line or line.startswith(("dX", "dY")))
