"""Lowering of Runge-Kutta-Nystrom methods: steps of a pair (q, p), p = q', with one evaluation of f per stage."""

from collections.abc import Sequence

from sympy import Expr, Integer

from schemetools.codegen.plan import Combine, Eval, Solve, Step, StepPlan, Terms
from schemetools.codegen.system import components
from schemetools.errors import UnsupportedError
from schemetools.schemes.runge_kutta_nystrom import FIELDS, RungeKuttaNystrom
from schemetools.schemes.stages import needed, total

INPUTS = ("q", "p")
ONE = Integer(1)


def lower_second_order(scheme: RungeKuttaNystrom) -> StepPlan:
    """The plan of one step; stages that no result needs are dropped.

    A position is reached with its mean velocity: Q_i = q + c_i h w_i, w_i = p + h sum_j (A_ij / c_i) f_j, which takes
    the powers of h that a plan has. Where c_i = 0, or may be, it is q + h (c_i p + h sum_j A_ij f_j).
    """
    writer = _Writer(scheme)
    main = writer.needed(scheme.b, scheme.b_prime)
    writer.stages(main)
    outputs = writer.position("q_new", ONE, scheme.b), writer.velocity("p_new", scheme.b_prime)
    steps, errors = writer.take(), ()
    if scheme.b_hat is not None and scheme.b_prime_hat is not None:
        writer.stages([i for i in writer.needed(scheme.b_hat, scheme.b_prime_hat) if i not in main])
        errors = writer.estimates(scheme.b_hat, scheme.b_prime_hat)
    return StepPlan(INPUTS, steps, outputs, FIELDS[:1], 2, writer.take(), errors)


class _Writer:
    """Writes stages and results as steps."""

    def __init__(self, scheme: RungeKuttaNystrom) -> None:
        self.scheme = scheme
        self.steps: list[Step] = []
        self.values: dict[int, str] = {}
        self.sums: dict[tuple[str | None, Terms], str] = {}
        s = range(scheme.stages)
        self.linked = [
            [scheme.A[i][j] != 0 or bool(scheme.A_prime and scheme.A_prime[i][j] != 0) for j in s] for i in s
        ]

    def take(self) -> tuple[Step, ...]:
        taken, self.steps = tuple(self.steps), []
        return taken

    def needed(self, *weights: Sequence[Expr]) -> list[int]:
        start = [i for i in range(self.scheme.stages) if any(row[i] != 0 for row in weights)]
        return needed(self.linked, start, lambda linked: not linked)

    def stages(self, members: Sequence[int]) -> None:
        for group in components(lambda i, j: self.linked[i][j], members):
            if len(group) == 1 and not self.linked[group[0]][group[0]]:
                self._evaluate(group[0])
            else:
                self._solve(group)

    def _name(self, i: int) -> str:
        self.values[i] = f"k{len(self.values) + 1}"
        return self.values[i]

    def _evaluate(self, i: int) -> None:
        number, scheme = len(self.values) + 1, self.scheme
        position = self.position(f"q{number}", scheme.c[i], scheme.A[i])
        velocity = None if scheme.A_prime is None else self.velocity(f"p{number}", scheme.A_prime[i])
        self.steps.append(Eval(self._name(i), FIELDS[0], position, i, velocity))

    def _solve(self, group: Sequence[int]) -> None:
        scheme = self.scheme
        if scheme.A_prime is not None:
            raise UnsupportedError(
                f"{scheme} is implicit, for q'' = f(q, q'): programs solve implicit Nystrom stages of f(q) only"
            )
        outside = [tuple(Integer(0) if j in group else a for j, a in enumerate(scheme.A[i])) for i in group]
        first = len(self.values) + 1
        known = tuple(
            self.position(f"q{first + n}", scheme.c[i], row)
            for n, (i, row) in enumerate(zip(group, outside, strict=True))
        )
        matrix = tuple(tuple(scheme.A[i][j] for j in group) for i in group)
        outs = tuple(self._name(i) for i in group)
        self.steps.append(Solve(outs, FIELDS[:1] * len(group), known, matrix, tuple(group), power=2))

    def _slopes(self, weights: Sequence[Expr]) -> Terms:
        return tuple((w, self.values[j]) for j, w in enumerate(weights) if w != 0)

    def position(self, out: str, c: Expr, weights: Sequence[Expr]) -> str:
        """The register of q + c h p + h^2 weights . f."""
        slopes = self._slopes(weights)
        if not slopes:
            return "q" if c == 0 else self._sum(out, "q", ((c, "p"),))
        if c.is_number and c != 0:
            mean = tuple((total([w / c]), k) for w, k in slopes)
            return self._sum(out, "q", ((c, self._sum(f"w_{out}", "p", mean)),))
        moved = ((c, "p"),) if c != 0 else ()
        return self._sum(out, "q", (*moved, (ONE, self._sum(f"w_{out}", None, slopes))))

    def velocity(self, out: str, weights: Sequence[Expr]) -> str:
        """The register of p + h weights . f."""
        slopes = self._slopes(weights)
        return self._sum(out, "p", slopes) if slopes else "p"

    def _sum(self, out: str, state: str | None, increments: Terms) -> str:
        """state + h * increments, under the name `out` unless it was computed before."""
        key = state, increments
        if key not in self.sums:
            self.steps.append(Combine(out, () if state is None else ((ONE, state),), increments))
            self.sums[key] = out
        return self.sums[key]

    def estimates(self, b_hat: Sequence[Expr], b_prime_hat: Sequence[Expr]) -> tuple[str, str]:
        """Registers of the differences between the result and the embedded one, of q and of p."""
        pairs = ((self.scheme.b, b_hat), (self.scheme.b_prime, b_prime_hat))
        of_q, of_p = ([total([x, -y]) for x, y in zip(*pair, strict=True)] for pair in pairs)
        moved = self._difference("w_estimate", of_q)
        self.steps.append(Combine("estimate_q", (), ((ONE, moved),)))
        return "estimate_q", self._difference("estimate_p", of_p)

    def _difference(self, out: str, weights: Sequence[Expr]) -> str:
        slopes = self._slopes(weights)
        nothing = ((ONE, "p"), (-ONE, "p"))  # a zero of the state's shape: both results have the same weights
        self.steps.append(Combine(out, () if slopes else nothing, slopes))
        return out
