"""The networks of the literature, each a stem, chains built by `to_stack`, and a head."""

from schemetools.nn.models.registry import build, names

__all__ = ["build", "names"]
