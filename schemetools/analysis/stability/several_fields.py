"""The growth of a scheme with several fields where each field has a value h lambda of its own, in floating point."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from schemetools.errors import SchemeError
from schemetools.exact import to_float
from schemetools.schemes.base import Scheme


def growth_of_fields(scheme: Scheme, values: Mapping[str, Any]) -> np.ndarray:
    """The spectral radius of one step on u' = sum_i lambda_i u, with h lambda_i given per field: arrays of one shape.

        M = V + B Z (I - A Z)^-1 U,        Z = diag(h lambda of the field of each stage)

    Raises SchemeError for fields that are not the scheme's, and for coefficients that are no numbers.
    """
    form = scheme.normal_form()
    if set(values) != set(form.fields):
        raise SchemeError(f"values came for {sorted(values)}; the fields of {scheme} are {list(form.fields)}")
    if scheme.free_symbols or scheme.random_symbols:
        raise SchemeError(f"a picture of {scheme} needs numbers for its symbols: use scheme.subs first")
    r = len(form.V[0])
    A, U, B, V = (np.array([[to_float(c) for c in row] for row in array]) for array in (form.A, form.U, form.B, form.V))
    z = np.stack(np.broadcast_arrays(*(np.asarray(values[c], dtype=complex) for c in form.colours)), axis=-1)
    stages = np.linalg.solve(np.eye(len(A)) - A * z[..., None, :], np.broadcast_to(U, (*z.shape[:-1], *U.shape)))
    step = V[:r] + (B[:r] * z[..., None, :]) @ stages
    return np.abs(np.linalg.eigvals(step)).max(axis=-1)
