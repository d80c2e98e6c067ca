"""The lines of a printed torch step: evaluations, solves, and combinations without a superfluous operation."""

from collections.abc import Iterator, Sequence

from sympy import Expr

from schemetools.codegen.plan import Combine, Eval, Linearise, LinearSolve, Solve, Step, StepPlan, Terms
from schemetools.codegen.printers.names import expression, number
from schemetools.codegen.printers.torch_options import TorchOptions
from schemetools.exact import is_random


class Lines:
    """Writes steps as Python lines.

    A combination is a chain of `torch.add(y, k, alpha=c)`, which saves nothing for the backward pass; what has equal
    weights is summed before. With h a tensor,
    increments are summed before the state is added. With `half` sums are in single precision, in which coefficients
    are exact enough, and rounded once.
    """

    def __init__(
        self,
        plan: StepPlan,
        fields: dict[str, list[str]],
        names: dict[Expr, str],
        times: Sequence[str] | None,
        *,
        half: bool,
        options: "TorchOptions",
    ) -> None:
        self.names, self.times, self.options = names, times, options
        self.branches = {label: iter(found) for label, found in fields.items()}
        self.shared = {label: found[0] for label, found in fields.items()}
        self.half, self.sum_first, self.state = half, options.tensor_h, plan.inputs[0]
        self.uses = _uses(plan)
        self.inlined: dict[str, str] = {}

    def write(self, steps: Sequence[Step]) -> list[str]:
        """The lines of the steps; an argument that is used once is written into the call or, if long, kept in `u`."""
        return [line for step in steps for line in self._step(step)]

    def _step(self, step: Step) -> Iterator[str]:
        match step:
            case Eval(out, field, _, stage):
                value = self._call(field, ", ".join(map(self._value, step.arguments)), stage)
                for c, name in step.plus:
                    value = self._add(self._wide(value), c, name, scaled=False)
                yield f"{out} = {self._rounded(value) if step.plus else value}"
            case Combine(out):
                yield from self._combine(step, out)
            case Solve():
                yield self._solve(step)
            case Linearise(out, field, argument):
                time = "" if self.times is None else ", t"
                yield f"{out} = linearised({self.shared[field]}, {argument}, inputs, named{time})"
            case LinearSolve():
                yield self._linear_solve(step)

    def _call(self, field: str, argument: str, stage: int) -> str:
        time = "" if self.times is None else f"{self.times[stage] if stage >= 0 else 't'}, "
        return f"{next(self.branches[field])}({time}{argument}, *inputs, **named)"

    def _value(self, register: str) -> str:
        return self.inlined.pop(register, register)

    def _combine(self, step: Combine, out: str) -> Iterator[str]:
        name = "u" if self.uses.get(out) == 1 else out
        lines = list(self._chain(step, name))
        if name == "u":
            # The last line's value goes straight into the call that uses it.
            self.inlined[out] = lines.pop().partition(" = ")[2]
        yield from lines

    def _chain(self, step: Combine, out: str) -> Iterator[str]:
        total = self._states(step.terms)
        increments = step.increments
        if increments and self.sum_first:
            sum_name = "s" if total is not None else out
            summed = None
            for c, k in increments:
                if summed is not None:
                    yield f"{sum_name} = {summed}"
                    summed = sum_name
                summed = self._add(summed, c, k, scaled=False)
            if len(increments) > 1:
                yield f"{sum_name} = {summed}"
                summed = sum_name
            yield f"{out} = {self._rounded(self._add_scaled(total, summed))}"  # type: ignore[arg-type]
            return
        together = increments if total is None or self.half else _with_equal_weights(increments)
        for i, (c, k) in enumerate(together):
            if i and total is not None:
                yield f"{out} = {total}"
                total = out
            total = self._add(total, c, k, scaled=True)
        yield f"{out} = {self._rounded(total)}"  # type: ignore[arg-type]

    def _add_scaled(self, total: str | None, summed: str) -> str:
        return f"h * {summed}" if total is None else f"torch.add({total}, h * {summed})"

    def _wide(self, register: str) -> str:
        return f"{register}.float()" if self.half else register

    def _rounded(self, total: str) -> str:
        if not self.half:
            return total
        if total.endswith(".float()") and total.count("(") == 1 and " " not in total and total[0] != "-":
            return total.removesuffix(".float()")
        inner = total if total.startswith("torch.") else f"({total})"
        return f"{inner}.to({self.state}.dtype)"

    def _states(self, terms: Terms) -> str | None:
        """The combination of the states: a lerp where weights are 1 - k and k, else a chain from one of weight 1."""
        if len(terms) == 2 and (terms[0][0] + terms[1][0]).expand() == 1:
            (c, a), (d, b) = terms
            if d.is_Symbol or not c.is_Symbol:
                return f"torch.lerp({self._wide(a)}, {self._wide(b)}, {expression(d, self.names)})"
            return f"torch.lerp({self._wide(b)}, {self._wide(a)}, {expression(c, self.names)})"
        total = None
        for c, name in sorted(terms, key=lambda term: term[0] != 1):
            total = self._add(total, c, name, scaled=False)
        return total

    def _add(self, total: str | None, c: Expr, name: str, *, scaled: bool) -> str:
        """total + c * name, or total + h * c * name where `scaled` (h is a number then)."""
        name = self._value(name)
        if not c.is_number:
            name = self._gated(c, self._wide(name))
            if total is None:
                return f"h * {name}" if scaled else name
            return f"torch.add({total}, {name}{', alpha=h' if scaled else ''})"
        factor = number(c)
        if scaled:
            factor = "h" if c == 1 else "-h" if c == -1 else f"{factor} * h"
        if total is None:
            name = self._wide(name)
            return name if factor == "1" else f"-{name}" if factor == "-1" else f"{factor} * {name}"
        return f"torch.add({total}, {name})" if factor == "1" else f"torch.add({total}, {name}, alpha={factor})"

    def _gated(self, c: Expr, name: str) -> str:
        random = [s for s in c.free_symbols if is_random(s)]
        weight = expression(c, self.names)
        if not (random and self.options.shaken):
            return f"{weight} * {name}"
        other = {**self.names, **{s: f"{self.names[s]}_back" for s in random}}
        return f"shaken({name}, {weight}, {expression(c, other)})"

    def _solve(self, step: Solve) -> str:
        fields = [next(self.branches[field]) for field in step.fields]
        if self.times is not None:
            times = [self.times[stage] for stage in step.stages]
            fields = [f"partial({f}, {time})" for f, time in zip(fields, times, strict=True)]
        known = [self._value(name) for name in step.known]
        rows = [_tuple([expression(c, self.names) for c in row]) for row in step.matrix]
        outs = _tuple(step.outs) if len(step.outs) == 1 else ", ".join(step.outs)
        system = f"{_tuple(fields)}, {_tuple(known)}, {_tuple(rows)}, {' * '.join(['h'] * step.power)}"
        return f"{outs} = solve(self, {system}, self.tol, self.max_iterations, inputs, named)"

    def _linear_solve(self, step: LinearSolve) -> str:
        products = _tuple([f"({expression(c, self.names)}, {k})" for c, k in step.products])
        diagonal, weight = (expression(c, self.names) for c in (step.diagonal, step.time_weight))
        return f"{step.out} = {step.jacobian}.solve(h, {diagonal}, {self._value(step.slope)}, {products}, {weight})"


def _with_equal_weights(increments: Terms) -> Terms:
    """Increments of equal weight as their sum, which takes the weight once: h/2 (k1 + k2) for h/2 k1 + h/2 k2.

    That is as many operations forwards, and a product less on the way back.
    """
    sums: dict[Expr, str] = {}
    for c, name in increments:
        sums[c] = f"torch.add({sums[c]}, {name})" if c in sums else name
    return tuple(sums.items())


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' * (len(items) == 1)})"


def _uses(plan: StepPlan) -> dict[str, int]:
    """How often the plan reads each register; one that a Combine reads, or that is a result, counts as read twice."""
    count: dict[str, int] = dict.fromkeys((*plan.outputs, plan.error or ""), 2)
    for step in plan.steps + plan.error_steps:
        match step:
            case Eval():
                for _, name in step.plus:
                    count[name] = count.get(name, 0) + 2
                for name in step.arguments:  # an argument that is written into the call, where it is the only one
                    count[name] = count.get(name, 0) + len(step.arguments)
            case Solve(_, _, known):
                for name in known:
                    count[name] = count.get(name, 0) + 2
            case Linearise(_, _, argument):
                count[argument] = count.get(argument, 0) + 2
            case LinearSolve():
                for name in (step.slope, *(k for _, k in step.products)):
                    count[name] = count.get(name, 0) + 2
            case Combine(_, terms, increments):
                for _, name in terms + increments:
                    count[name] = count.get(name, 0) + 2
    return count
