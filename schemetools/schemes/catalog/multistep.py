"""Linear multistep methods, by formula in the number of steps."""

from sympy import Symbol

from ..multistep import LinearMultistep
from ..registry import Coefficient, entry


@entry(reference="Lu, Zhong, Li, Dong (2018), Beyond finite layer neural networks, ICML, arXiv 1710.10121, section 3")
def lm(k: Coefficient = Symbol("k")) -> LinearMultistep:
    """The scheme of LM-ResNet, u_(n+1) = (1 - k) u_n + k u_(n-1) + h f(u_n)."""
    return LinearMultistep([-k, k - 1, 1], [0, 1, 0])
