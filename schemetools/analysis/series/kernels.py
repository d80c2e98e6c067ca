"""Kernels of convolutions as differential operators, and back: moments."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy
from sympy import Rational

from schemetools.errors import SchemeError, came
from schemetools.exact import expression, is_whole

Moments = dict[tuple[int, ...], Any]


def kernel_moments(kernel: Any, dx: Any = 1) -> Moments:
    """The derivatives that a kernel stands for: {(a, b): factor of d_x^a d_y^b}, as many as it has entries.

        (K * u)(x, y) = sum_ab m_ab d_x^a d_y^b u,   m_ab = dx^(a+b) sum_ij i^a j^b K[j, i]/(a! b!)

    `kernel` is what torch's convolutions (correlations) take, of 1 to 3 axes, x the last: i and j are offsets from its
    centre, entry (n - 1)//2. Nested lists, arrays and tensors come; of integers, fractions and sympy numbers the
    moments are exact, of floats they are floats. `dx` is one width, or one per axis in the order x, y, z.
    Raises SchemeError for a kernel of another shape, and dx <= 0.
    Source: Z. Long, Y. Lu, B. Dong, PDE-Net 2.0, J. Comput. Phys. 399 (2019), section 2.

    >>> kernel_moments([1, -2, 1])
    {(0,): 0, (1,): 0, (2,): 1}
    """
    array = _array(kernel)
    widths = _widths(dx, array.ndim)
    found = array
    for axis, n in enumerate(array.shape):
        found = np.moveaxis(np.tensordot(_vandermonde(n, array.dtype), found, axes=(1, axis)), 0, axis)
    table: Moments = {}
    for place in itertools.product(*(range(n) for n in reversed(array.shape))):
        scale = math.prod(w**a for w, a in zip(widths, place, strict=True))
        value = found[tuple(reversed(place))]
        floating = isinstance(value, np.floating) or isinstance(scale, float)
        table[place] = float(value) * float(scale) if floating else value * scale
    return table


def kernel_from_moments(moments: Mapping[Any, Any], shape: Sequence[int] | None = None, dx: Any = 1) -> np.ndarray:
    """The kernel with given moments, the inverse of `kernel_moments`; moments that are left out are 0.

    `shape` is the kernel's, (rows, columns) with x last; where it is left out the smallest odd one that fits.
    Exact moments give an array of sympy numbers, floats one of floats.

    >>> kernel_from_moments({(2,): 1})
    array([1, -2, 1], dtype=object)
    """
    table = _table(moments)
    d = len(next(iter(table)))
    sizes = _sizes(table, shape, d)
    widths = _widths(dx, d)
    exact = not any(isinstance(v, (float, np.floating)) for v in (*table.values(), *widths))
    found = np.full(sizes, sympy.Integer(0), dtype=object) if exact else np.zeros(sizes)
    for place, value in table.items():
        scale = math.prod(w**a for w, a in zip(widths, place, strict=True))
        found[tuple(reversed(place))] = (expression(value) / scale) if exact else float(value) / float(scale)
    for axis, n in enumerate(sizes):
        inverse = _inverse(n, found.dtype)
        found = np.moveaxis(np.tensordot(inverse, found, axes=(1, axis)), 0, axis)
    return found


def _sizes(table: Moments, shape: Any, d: int) -> tuple[int, ...]:
    """The shape of a kernel with these moments: as given, or the smallest odd one."""
    if shape is None:
        most = [max(k[i] for k in table) for i in range(d)]
        return tuple(n + 1 + n % 2 for n in reversed(most))
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if not all(is_whole(n) and n > 0 for n in sizes):
        raise SchemeError(f"the shape of a kernel is one size per axis, such as (3, 3); {sizes!r} came")
    if len(sizes) != d or any(k[i] >= sizes[d - 1 - i] for k in table for i in range(d)):
        raise SchemeError(f"a kernel of shape {sizes} has no moments {max(table)}; give a larger one of {d} axes")
    return sizes


def _table(moments: Any) -> Moments:
    table = {(k,) if is_whole(k) else k: v for k, v in moments.items()} if isinstance(moments, Mapping) else {}
    orders = [k if isinstance(k, tuple) else () for k in table]
    whole = all(is_whole(n) and n >= 0 for k in orders for n in k)
    if not whole or len(set(map(len, orders))) != 1 or not 1 <= len(orders[0]) <= 3:
        raise SchemeError(
            "moments map derivatives to factors, such as {(2, 0): 1, (0, 2): 1}, all of one dimension; "
            f"{came(moments)} came"
        )
    return table


def _array(kernel: Any) -> np.ndarray:
    if hasattr(kernel, "detach"):
        kernel = kernel.detach().cpu().numpy()
    try:
        array = np.array(kernel)
    except ValueError:
        raise SchemeError("a kernel is a rectangular array; rows of different lengths came") from None
    if not 1 <= array.ndim <= 3 or not array.size:
        raise SchemeError(f"a kernel has 1 to 3 axes and at least one entry; the shape {array.shape} came")
    if array.dtype.kind == "f":
        return array.astype(float)
    try:
        flat = [_exact(v) for v in array.ravel().tolist()]
    except (TypeError, ValueError, sympy.SympifyError):
        raise SchemeError("a kernel's entries are numbers") from None
    if any(v.is_Float for v in flat):
        return np.array([float(v) for v in flat]).reshape(array.shape)
    exact = np.empty(len(flat), dtype=object)
    exact[:] = flat
    return exact.reshape(array.shape)


def _exact(value: Any) -> Any:
    if isinstance(value, str):
        raise TypeError
    return Rational(value.numerator, value.denominator) if hasattr(value, "numerator") else expression(value)


def _widths(dx: Any, d: int) -> list[Any]:
    widths = list(dx) if isinstance(dx, (tuple, list)) else [dx] * d
    if len(widths) != d:
        raise SchemeError(f"dx is one width or {d}, in the order x, y, z; {len(widths)} came")
    for w in widths:
        if isinstance(w, (int, float)) and not w > 0:
            raise SchemeError(f"dx must be positive; {w!r} came")
    return [w if isinstance(w, float) else expression(w) for w in widths]


def _vandermonde(n: int, dtype: Any) -> np.ndarray:
    """Row a: offset^a/a!."""
    centre = (n - 1) // 2
    rows = [[Rational((i - centre) ** a, math.factorial(a)) for i in range(n)] for a in range(n)]
    return np.array([[float(v) for v in row] for row in rows]) if dtype.kind == "f" else np.array(rows, dtype=object)


def _inverse(n: int, dtype: Any) -> np.ndarray:
    exact = sympy.Matrix(_vandermonde(n, np.dtype(object)).tolist()).inv().tolist()
    return np.array([[float(v) for v in row] for row in exact]) if dtype.kind == "f" else np.array(exact, dtype=object)
