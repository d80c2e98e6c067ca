"""Solvers of implicit stages, on plain functions. Knows no scheme, plan or analysis."""

from schemetools.nn.implicit.linearised import linearised
from schemetools.nn.implicit.solve import solve

__all__ = ["linearised", "solve"]
