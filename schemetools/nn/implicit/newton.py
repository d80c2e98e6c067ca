"""The equation k = F(k) by fixed point and Newton-Krylov iteration, for one system or for a batch of them."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel

from schemetools.errors import SchemeError
from schemetools.nn.implicit.krylov import gmres, solved
from schemetools.nn.tensors.products import load_forward_mode
from schemetools.nn.tensors.transforms import forward_mode

Map = Callable[[Tensor], Tensor]

FIXED_POINT_RATE = 0.2
"""While plain iterations shrink the residual at least to this fraction, they are cheaper than Newton steps."""


INNER_TOLERANCE = 1e-4

UNSOLVED, HARDLY, LOST = 0.01, 0.5, 3
"""A Newton step is lost where its linear system is solved to no two digits and the residual is not halved; the third
ends the iteration: each takes hundreds of evaluations, and fifty of them can take an hour."""


def fixed_point(image: Map, k: Tensor, tol: float, floor: Tensor, max_iterations: int) -> Tensor:
    """k with |image(k) - k| <= tol |k|, from a first k of shape (n,), or (..., n) for a batch, row by row.

    A Newton step of at most `floor` ends it as well: near an equilibrium k is smaller than the rounding of image(k).
    Raises SchemeError where the iteration does not converge, or loses three steps to linear systems beyond GMRES.
    """
    scale = _row_norms(k)
    residual = image(k) - k
    size = _size(residual, scale)
    plain, lost = True, 0
    for _ in range(max_iterations):
        if _small(residual, k, tol, size):
            return k
        if plain:
            direction = residual
        else:
            product = products(image, k)
            direction = solve_rows(lambda v, J=product: v - J(v), residual, INNER_TOLERANCE, _short_gmres)
            left, whole = (residual - direction + product(direction)).norm(dim=-1), residual.norm(dim=-1)
            if bool((direction.norm(dim=-1) <= floor).all()) and bool((left <= 0.1 * whole).all()):
                return k + direction
            unsolved = bool((left > UNSOLVED * whole).any())
        k, residual, new_size = _damped(image, k, direction, size, scale)
        lost += not plain and unsolved and new_size > HARDLY * size
        plain = plain and new_size <= FIXED_POINT_RATE * size
        size = new_size
        if not size < float("inf") or lost == LOST:
            break
    if _small(residual, k, tol, size):
        return k
    size, wanted = _worst(residual, k, tol)
    if not size < float("inf"):
        raise SchemeError(
            "the implicit stages did not converge: nan or inf is in them, from the state or f, or as h is too large"
        )
    if lost == LOST:
        raise SchemeError(
            f"the implicit stages did not converge: residual {size:.3g}, {wanted:.3g} was wanted, and the linear "
            f"systems of {LOST} Newton steps were not solved; take a smaller h, or an explicit scheme"
        )
    raise SchemeError(
        f"the implicit stages did not converge: residual {size:.3g} after {max_iterations} iterations, "
        f"{wanted:.3g} was wanted; take a smaller h, or a larger max_iterations or tol"
    )


def _short_gmres(apply: Map, right: Tensor, tol: float) -> Tensor:
    """A Newton step that is not solved for within some hundreds of products is not worth more of them."""
    return gmres(apply, right, tol, restarts=4)


def _damped(
    image: Map, k: Tensor, direction: Tensor, size: float, scale: Tensor | None
) -> tuple[Tensor, Tensor, float]:
    """A step along the direction, halved while it enlarges the residual (at most eight times)."""
    for halvings in range(9):
        moved = torch.add(k, direction, alpha=0.5**halvings)
        residual = image(moved) - moved
        new_size = _size(residual, scale)
        if new_size < size:
            break
    return moved, residual, new_size


def _row_norms(v: Tensor) -> Tensor | None:
    """The norm of each row, 1 for a row of zeros; None for a single system, whose norm needs no scale."""
    if v.dim() == 1:
        return None
    norms = v.norm(dim=-1, keepdim=True)
    return torch.where(norms > 0, norms, 1.0)


def _size(residual: Tensor, scale: Tensor | None) -> float:
    return float(residual.norm() if scale is None else (residual / scale).norm())


def _small(residual: Tensor, k: Tensor, tol: float, size: float) -> bool:
    if k.dim() == 1:
        return size <= tol * float(k.norm())
    return bool((residual.norm(dim=-1) <= tol * k.norm(dim=-1)).all())


def _worst(residual: Tensor, k: Tensor, tol: float) -> tuple[float, float]:
    """Residual and goal of the system that is farthest from its goal."""
    sizes, wanted = residual.norm(dim=-1).reshape(-1), tol * k.norm(dim=-1).reshape(-1)
    worst = int((sizes - wanted).argmax())
    return float(sizes[worst]), float(wanted[worst])


def solve_rows(
    apply: Map, right: Tensor, tol: float, solver: Callable[[Map, Tensor, float], Tensor] = solved
) -> Tensor:
    """GMRES on one system, or on a batch of them as one larger system in which every right side has the norm 1."""
    scale = _row_norms(right)
    if scale is None:
        return solver(apply, right, tol)
    systems = right.numel() // max(right.shape[-1], 1)
    return solver(apply, right / scale, tol / max(systems, 1) ** 0.5) * scale


def products(image: Map, k: Tensor) -> Map:
    """v -> J v with J = image'(k): in forward mode, or where that is taken, or lacks a rule, by reverse mode twice."""
    reversed_twice: list[Map] = []

    def product(v: Tensor) -> Tensor:
        if not reversed_twice:
            try:
                pushed = _forward_product(image, k, v)
            except NotImplementedError:  # of an operation of the branch, as torch's fused weight normalisation
                pushed = None
            if pushed is not None:
                return pushed
        if not reversed_twice:
            reversed_twice.append(_products_by_reverse_mode(image, k))
        return reversed_twice[0](v)

    return product


def _products_by_reverse_mode(image: Map, k: Tensor) -> Map:
    """v -> J v as the derivative of w -> J^T w."""
    # Torch's fused attention has no second derivatives.
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        at, w = k.detach().requires_grad_(), torch.zeros_like(k, requires_grad=True)
        back = _pulled(image(at), at, w, create_graph=True)
    return lambda v: torch.zeros_like(v) if back is None else _zero_if_none(_pulled(back, w, v), v)


def transposed_products(value: Tensor, k: Tensor) -> Map:
    """v -> J^T v, from value = image(k) with its graph."""
    return lambda v: _zero_if_none(_pulled(value, k, v), v)


def _pulled(value: Tensor, at: Tensor, v: Tensor, *, create_graph: bool = False) -> Tensor | None:
    if not value.requires_grad:
        return None
    (back,) = torch.autograd.grad(value, at, v, retain_graph=True, create_graph=create_graph, allow_unused=True)
    return back


def _zero_if_none(found: Tensor | None, like: Tensor) -> Tensor:
    return torch.zeros_like(like) if found is None else found


def _forward_product(image: Map, k: Tensor, v: Tensor) -> Tensor | None:
    """J v, or None where forward mode is taken."""
    load_forward_mode()
    with forward_mode() as mine:
        if not mine:
            return None
        tangent = forward_ad.unpack_dual(image(forward_ad.make_dual(k, v))).tangent
    return torch.zeros_like(v) if tangent is None else tangent
