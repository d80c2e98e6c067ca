"""Collocation methods that others keep as nodes: quadrature rules and elements of FIAT, SciPy's Radau."""

import sys
from typing import Any

import numpy as np

from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.carriers.values import Table, attribute, has, listed, named
from schemetools.schemes.registry import get

SAME = 1e-13


def radau_of_scipy(value: Any) -> Scheme | None:
    """SciPy's Radau keeps its nodes and the transformed matrix in its module; other multistep solvers keep no tableau.

    Radau's error estimate solves one more linear system, so that it is no row of embedded weights, and is left out.
    """
    kind = value if isinstance(value, type) else type(value)
    module = sys.modules.get(kind.__module__)
    if not has(module, "C", "T", "TI", "MU_REAL") or kind.__name__ != "Radau":
        if kind.__name__ in ("BDF", "LSODA") and kind.__module__.startswith("scipy."):
            raise UnsupportedError(
                f"SciPy's {kind.__name__} changes its order and its formula from step to step, so it is no one scheme; "
                "bdf(1) to bdf(5) are the formulas"
            )
        return None
    scheme = get("radau_iia(3)")
    nodes = np.array([float(c) for c in scheme.c])  # type: ignore[attr-defined]
    return scheme if np.abs(np.array(module.C) - nodes).max() < SAME else None  # type: ignore[union-attr]


def quadrature_nodes(value: Any) -> Table | None:
    """A quadrature rule on [0, 1] (pts, wts), or an element whose degrees of freedom are values at points, as FIAT has
    them: the collocation method on these nodes.
    """
    points = attribute(value, "pts")
    if points is not None and has(value, "wts"):
        nodes = [p[0] for p in listed(points) if len(p) == 1]
    else:
        nodes = _element_nodes(value)
    if not nodes or min(nodes) < 0 or max(nodes) > 1:
        return None
    c = np.array(sorted(nodes), float)
    A, b = _collocation(c)
    return Table(A.tolist(), b.tolist(), c.tolist(), name=named(value))


def _element_nodes(value: Any) -> list[float]:
    if isinstance(value, type) or not callable(getattr(value, "dual_basis", None)):
        return []
    points = [list(functional.get_point_dict()) for functional in value.dual_basis()]
    return [float(p[0][0]) for p in points if len(p) == 1 and len(p[0]) == 1]


def _collocation(c: Any) -> tuple[Any, Any]:
    """A_ij = integral of the j-th Lagrange polynomial to c_i, b_j to 1, by the inverse of Vandermonde's matrix."""
    powers = np.arange(1, len(c) + 1)
    inverse = np.linalg.inv(np.vander(c, increasing=True))
    return (c[:, None] ** powers / powers) @ inverse, (1.0 / powers) @ inverse
