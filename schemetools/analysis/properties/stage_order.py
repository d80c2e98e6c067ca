"""The stage order of general linear methods: how far every stage is the solution at its own point."""

from typing import Any

from sympy.polys.matrices import DomainMatrix

from schemetools.errors import UnsupportedError
from schemetools.exact import to_domain
from schemetools.schemes.base import GeneralLinear

Column = list[Any]


def general_stage_order(form: GeneralLinear) -> int:
    """The largest q such that some start makes Y_i = y(t + c_i h) + O(h^(q+1)) and reproduces itself as far.

        U a_k + A c^(k-1)/(k-1)! = c^k/k!,   V a_k + B c^(k-1)/(k-1)! = sum_j a_(k-j)/j!    for k <= q

    The values are x = sum_k a_k h^k y^(k), a_0 = q; what these equations leave of a_k is a multiple of q. For methods
    with one field; h is rescaled to limit 1. Source: Butcher, Acta Numerica 15 (2006), section 3; Jackiewicz, General
    Linear Methods for Ordinary Differential Equations (2009), theorem 2.4.1.
    """
    if len(form.fields) > 1 or form.parts > 1:
        raise UnsupportedError("stage_order of a general linear method is defined here for one field")
    return _met(_Conditions(form))


def order_bounds(form: GeneralLinear) -> tuple[int, int | None]:
    """(p, p) or (q + 1, None) for a method of one field with stage order q: its order, or the least that it can be.

    Through order q + 1 all trees of one order then have one residual up to factors, so that the order is more than q
    exactly if the equations for the values hold at q + 1. No start changes this: they are the condition of the tall
    tree, on which a start has no effect. Where the tall tree of order q + 2 has a residual, the order is q + 1.
    """
    if len(form.fields) > 1 or form.parts > 1:
        return 0, None
    conditions = _Conditions(form)
    q = _met(conditions)
    if not conditions.values_hold:
        return q, q
    return q + 1, None if conditions.hold_on_lines(q + 2) else q + 1


def _met(conditions: "_Conditions") -> int:
    """The stage order q; `values_hold` then says whether at q + 1 the equations for the values still hold."""
    q = 0
    while q < conditions.highest and conditions.meet(q + 1):
        q += 1
    return q


class _Conditions:
    """The equations of one order after the other, over the domain of the coefficients."""

    def __init__(self, form: GeneralLinear):
        s, r = form.stages, form.values
        blocks = [form.A, form.U, form.B[:r], form.V[:r], [form.q]]
        self.domain, flat = to_domain([x for block in blocks for row in block for x in row])
        values = iter(flat)
        self.A, self.U, self.B, self.V, [q] = ([[next(values) for _ in row] for row in block] for block in blocks)
        self.r, self.a = r, [q]
        self.powers = [[self.domain.one] * s]  # c^k / k!
        self.values_hold, self.highest = True, s + r + 1

    def _solve(self, right: Column) -> Column | None:
        """A solution of (I - V) a = right, its free part 0; None where there is none."""
        one, zero = self.domain.one, self.domain.zero
        rows = [
            [(one if i == j else zero) - v for j, v in enumerate(row)] + [x]
            for i, (row, x) in enumerate(zip(self.V, right, strict=True))
        ]
        reduced, pivots = DomainMatrix(rows, (self.r, self.r + 1), self.domain).rref()
        if self.r in pivots:
            return None
        entries, solution = reduced.to_list(), [zero] * self.r
        for row, pivot in zip(entries, pivots, strict=False):
            solution[pivot] = row[-1]
        return solution

    def _limit(self) -> bool:
        """h rescaled so that the limit is u' = f: B 1 - L q is in the range of I - V for one L only."""
        one, zero = self.domain.one, self.domain.zero
        rows = [
            [(one if i == j else zero) - v for j, v in enumerate(row)] + [self.a[0][i], sum(self.B[i], zero)]
            for i, row in enumerate(self.V)
        ]
        reduced, pivots = DomainMatrix(rows, (self.r, self.r + 2), self.domain).rref()
        if self.r not in pivots or self.r + 1 in pivots:
            return False
        limit = reduced.to_list()[pivots.index(self.r)][-1]
        if not limit:
            return False
        self.A, self.B = ([[x / limit for x in row] for row in M] for M in (self.A, self.B))
        return True

    def hold_on_lines(self, n: int) -> bool:
        """Whether the method has order n on u' = lambda u, x = sum_k a_k z^k; True where V keeps more than q, so that
        what the equations leave of a_k is not known to have no effect.
        """
        one, zero = self.domain.one, self.domain.zero
        kept = [[(one if i == j else zero) - v for j, v in enumerate(row)] for i, row in enumerate(self.V)]
        if DomainMatrix(kept, (self.r, self.r), self.domain).rank() < self.r - 1:
            return True
        a, stages = self.a[:1], self.powers[0]
        for k in range(1, n + 1):
            ahead = _shifted(a, k, self.domain)
            found = self._solve([_dot(row, stages, zero) - x for row, x in zip(self.B, ahead, strict=True)])
            if found is None:
                return False
            rows = zip(self.A, self.U, strict=True)
            stages = [_dot(inner, stages, zero) + _dot(outer, found, zero) for inner, outer in rows]
            a = [*a, found]
        return True

    def meet(self, k: int) -> bool:
        """Whether the equations of order k hold for some a_k, which is then kept."""
        if k == 1 and not self._limit():
            self.values_hold = False
            return False
        domain, ahead = self.domain, _shifted(self.a, k, self.domain)
        gained = [_dot(row, self.powers[k - 1], domain.zero) for row in self.B]
        found = self._solve([x - y for x, y in zip(gained, ahead, strict=True)])
        self.values_hold = found is not None
        if found is None:
            return False
        inner = [_dot(row, self.powers[k - 1], domain.zero) for row in self.A]
        reached = [x + _dot(row, found, domain.zero) for x, row in zip(inner, self.U, strict=True)]
        if k == 1:
            self.powers.append(reached)
        else:
            power = [x * c / domain.convert(k) for x, c in zip(self.powers[-1], self.powers[1], strict=True)]
            gaps = [x - y for x, y in zip(power, reached, strict=True)]
            if any(g - gaps[0] for g in gaps):
                return False
            found = [x + gaps[0] * q for x, q in zip(found, self.a[0], strict=True)]
            self.powers.append(power)
        self.a.append(found)
        return True


def _shifted(a: list[Column], k: int, domain: Any) -> Column:
    """sum_(j >= 1) a_(k-j) / j!: the terms of order k one step ahead, without a_k itself."""
    found, factorial = [domain.zero] * len(a[0]), domain.one
    for j in range(1, k + 1):
        factorial = factorial * domain.convert(j)
        found = [x + y / factorial for x, y in zip(found, a[k - j], strict=True)]
    return found


def _dot(row: Column, column: Column, zero: Any) -> Any:
    return sum((x * y for x, y in zip(row, column, strict=True) if x and y), zero)
