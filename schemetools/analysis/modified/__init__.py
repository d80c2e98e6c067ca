"""The modified equation, all kinds. Knows no stability."""

from schemetools.analysis.modified.derive import modified_equation
from schemetools.analysis.modified.equation import ModifiedEquation

__all__ = ["ModifiedEquation", "modified_equation"]
