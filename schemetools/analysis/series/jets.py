"""Differential polynomials in u_x, u_xx, .. and F'(u), F''(u), .., graded by the number of derivatives.

Everything that a scheme of u_t + F(u)_x = 0 computes on a grid is a series of such polynomials in powers of dx, at
fixed lam = dt/dx: the part with n derivatives stands with dx^n, so that dx itself need not be written.
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

from sympy import QQ
from sympy.polys.rings import PolyRing

from schemetools.analysis.series.laurent import ring_over

Parts = list[Any]


class Jets:
    """The ring Q[numbers][F1, .., F_K][u1, .., u_N]: F_k stands for the k-th derivative of F at u, u_k for that of u.

    `numbers` are constants such as lam; F_k with k > K are 0, as for a flux that is a polynomial of degree K.

    >>> jets = Jets(3, ("lam",))
    >>> jets.derivative(jets.F[1] * jets.u[1])
    F1*u2 + F2*u1**2
    """

    def __init__(self, order: int, numbers: tuple[str, ...] = (), flux_degree: int | None = None, domain: Any = QQ):
        self.order = order
        self.flux_degree = order + 1 if flux_degree is None else min(order + 1, flux_degree)
        names = [f"F{k}" for k in range(1, self.flux_degree + 1)] + [f"u{k}" for k in range(1, order + 1)]
        self.ring: PolyRing = ring_over((*numbers, *names), domain)
        self.first = len(numbers)
        gens = self.ring.gens
        nothing = self.ring.zero
        self.F = [nothing, *gens[self.first : self.first + self.flux_degree], nothing]
        self.u = [nothing, *gens[self.first + self.flux_degree :]]

    @property
    def zero(self) -> Parts:
        """The series 0."""
        return [self.ring.zero] * (self.order + 1)

    def place_of_flux(self, k: int) -> int:
        """The index of F_k among the letters."""
        return self.first + k - 1

    def place_of_u(self, k: int) -> int:
        """The index of u_k among the letters."""
        return self.first + self.flux_degree + k - 1

    def derivative(self, element: Any) -> Any:
        """The total derivative: D u_k = u_(k+1), D F_k = F_(k+1) u_1."""
        found: dict[Any, Any] = {}
        u1 = self.place_of_u(1)
        last_flux, last_u = self.place_of_flux(self.flux_degree), self.place_of_u(self.order)
        for mono, c in element.items():
            for place in range(self.first, len(mono)):
                n = mono[place]
                if not n or place in (last_flux, last_u):
                    continue
                key = list(mono)
                key[place] -= 1
                key[place + 1] += 1
                if place < last_flux:
                    key[u1] += 1
                spot = tuple(key)
                found[spot] = found[spot] + c * n if spot in found else c * n
        return self.ring.from_dict({key: c for key, c in found.items() if c})

    def shifted(self, symbol: Sequence[Any], series: Parts) -> Parts:
        """sum_k s_k D^k of a series, for an operator with the symbol sum_k s_k X^k."""
        total = self.zero
        power = list(series)
        for k in range(self.order + 1):
            if k:
                power = [self.ring.zero, *(self.derivative(part) if part else part for part in power[:-1])]
            if symbol[k]:
                total = [a + b * symbol[k] if b else a for a, b in zip(total, power, strict=True)]
        return total

    def multiply(self, a: Parts, b: Parts) -> Parts:
        """The product of two series without constant parts."""
        total = self.zero
        for i in range(1, self.order + 1):
            if a[i]:
                for j in range(1, self.order + 1 - i):
                    if b[j]:
                        total[i + j] = total[i + j] + a[i] * b[j]
        return total

    def flux_of(self, change: Parts) -> Parts:
        """F(u + y) - F(u) = sum_k F_k y^k/k!, for a series y without constant part."""
        total, power = self.zero, change
        for k in range(1, self.flux_degree + 1):
            if k > 1:
                power = self.multiply(power, change)
            factor = self.F[k] * QQ(1, math.factorial(k))
            total = [a + b * factor if b else a for a, b in zip(total, power, strict=True)]
            if not any(power):
                break
        return total

    @functools.cached_property
    def flux(self) -> Parts:
        """The derivatives D^k F as a symbol would apply them: [0, F1 u1, F2 u1^2 + F1 u2, ..]."""
        found = [self.ring.zero, self.F[1] * self.u[1]]
        while len(found) <= self.order:
            found.append(self.derivative(found[-1]))
        return found

    def variational(self, element: Any) -> Any:
        """The Euler operator sum_k (-D)^k d/du_k, which is 0 exactly on total derivatives.

        The derivative by u itself is sum_k F_(k+1) d/dF_k.
        """
        total = self.ring.zero
        for k, part in self.partials(element).items():
            for _ in range(k):
                part = -self.derivative(part)
            total = total + part
        return total

    def partials(self, element: Any) -> dict[int, Any]:
        """{k: d/du_k of an element}, where 0 is the derivative by u itself, sum_k F_(k+1) d/dF_k."""
        found: dict[int, dict[Any, Any]] = {}
        first_u = self.place_of_u(1)
        for mono, c in element.items():
            for place in range(self.first, len(mono)):
                n = mono[place]
                if not n or place == first_u - 1:
                    continue
                key = list(mono)
                key[place] -= 1
                if place < first_u:
                    key[place + 1] += 1
                part = found.setdefault(max(0, place - first_u + 1), {})
                spot = tuple(key)
                part[spot] = part[spot] + c * n if spot in part else c * n
        return {k: self.ring.from_dict({key: c for key, c in part.items() if c}) for k, part in found.items()}


class _Flow:
    """L_H = sum_k D^k(H) d/du_k, part by part; derivatives of H and of what it acts on are taken once."""

    def __init__(self, jets: Jets, H: Parts):
        self.jets, self.H = jets, H
        self.derivatives: dict[int, list[Any]] = {}
        self.partials: dict[tuple[int, int], dict[int, Any]] = {}

    def of(self, key: tuple[int, int], element: Any, i: int) -> Any:
        """L_(H_i) of an element, which `key` names."""
        if key not in self.partials:
            self.partials[key] = self.jets.partials(element)
        powers = self.derivatives.setdefault(i, [self.H[i]])
        total = self.jets.ring.zero
        for k, part in self.partials[key].items():
            while len(powers) <= k:
                powers.append(self.jets.derivative(powers[-1]))
            total = total + part * powers[k]
        return total


def exponent(jets: Jets, left: Sequence[Any], right: Sequence[Any], first: Parts) -> Parts:
    """H with sum_k A_k L_H^k u = sum_k B_k L_H^k first, A_0 = 0, A_1 != 0, degree by degree.

    For a step u -> u + first: A_k = 1/k!, B_0 = 1 and no other B. For sum alpha_j u_(n+j) = sum beta_j f_(n+j):
    A_k = sum_j alpha_j j^k/k!, B_k = sum_j beta_j j^k/k!.
    """
    n = jets.order
    H: Parts = jets.zero
    on_u: list[Parts] = [[], H]  # L_H^k u by part
    on_first: list[Parts] = [list(first)]
    for _ in range(2, n + 1):
        on_u.append(jets.zero)
        on_first.append(jets.zero)
    on_step, on_field = _Flow(jets, H), _Flow(jets, H)
    multistep = any(right[1:])
    for degree in range(1, n + 1):
        total = jets.ring.zero
        for k in range(2, degree + 1):
            if on_u[k][degree] and left[k]:
                total = total - on_u[k][degree] * left[k]
        for k in range(degree if multistep else 1):
            if on_first[k][degree] and right[k]:
                total = total + on_first[k][degree] * right[k]
        H[degree] = total * (QQ(1) / left[1])
        _advance(on_step, on_u, 1, degree)
        if multistep:
            _advance(on_field, on_first, 0, degree)
    return H


def _advance(flow: _Flow, powers: list[Parts], start: int, degree: int) -> None:
    """All parts of degree + 1 of L_H^k, which need H through `degree` only."""
    target = degree + 1
    if target > flow.jets.order:
        return
    for k in range(start + 1, min(len(powers), start + target)):
        total = flow.jets.ring.zero
        for j in range(1, target):
            if powers[k - 1][j] and flow.H[target - j]:
                total = total + flow.of((k - 1, j), powers[k - 1][j], target - j)
        powers[k][target] = total
