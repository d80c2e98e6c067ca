"""The networks of the literature: a stem, chains of steps, a head. Knows no reading and no training."""

from schemetools.nn.models.registry import build, names

__all__ = ["build", "names"]
