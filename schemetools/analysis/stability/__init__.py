"""The exact verdicts, numbers and regions of stability. Knows no trees, series or equations.

Which exact scheme rounded coefficients mean it asks of properties.
"""

from schemetools.analysis.stability.base import Stability
from schemetools.analysis.stability.mean_square import MeanSquareStability
from schemetools.analysis.stability.verb import stability
from schemetools.analysis.stability.von_neumann import VonNeumannStability

__all__ = ["MeanSquareStability", "Stability", "VonNeumannStability", "stability"]
