"""The Julia printer: a plan as one function NAME_step(f, x, parameters, t, h)."""

import re

from schemetools.codegen.plan import Combine, Eval, Linearise, LinearSolve, Solve, Step
from schemetools.codegen.printers.names import base_name, origin, quoted
from schemetools.codegen.printers.sums import Program, program
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme

WORDS = re.compile(r"\w+").findall(
    "abstract baremodule begin break catch const continue do else elseif end export false finally for "
    "function global if import let local macro module mutable primitive quote return struct true try type "
    "using while in isa where im pi parameters solve residual error reshape vcat vec length similar norm "
    "abs maximum "
)

SOLVER = '''
"""The values k, ... with residual(k, ...) = (0, ...), by Newton's method with a differenced Jacobian."""
function solve(residual, start...; tol = 1e-13, iterations = 50)
    pack(values) = reduce(vcat, [v isa Number ? [v] : vec(v) for v in values])
    last = cumsum([length(v) for v in start])
    part(k, i) = start[i] isa Number ? k[last[i]] : reshape(k[last[i] - length(start[i]) + 1:last[i]], size(start[i]))
    unpack(k) = ntuple(i -> part(k, i), length(start))
    k, best = pack(start), Inf
    for _ in 1:iterations
        r = pack(residual(unpack(k)...))
        size_of_r = norm(r)
        if size_of_r <= tol * (1 + norm(k)) || (size_of_r >= best / 2 && size_of_r <= 1e-9 * (1 + norm(k)))
            return unpack(k)
        end
        best = min(best, size_of_r)
        d = 1e-7 * (1 + maximum(abs, k))
        jacobian = zeros(length(k), length(k))
        for j in 1:length(k)
            moved = copy(k)
            moved[j] += d
            jacobian[:, j] = (pack(residual(unpack(moved)...)) - r) / d
        end
        k = k - jacobian \\ r
    end
    error("the implicit stages did not converge; take a smaller h")
end
'''


def print_julia(scheme: Scheme) -> str:
    """A file with `NAME_step(f, x, parameters, t, h)` for f(u, parameters, t), on numbers or arrays.

    It needs Julia's own library only.
    """
    made = program(scheme, WORDS, "{}^{}")
    plan, name = made.plan, base_name(scheme)
    lines = [f"# One step of {quoted(format(scheme))}; {origin(scheme)}"]
    if not plan.is_explicit:
        lines += ["", "using LinearAlgebra: norm", *SOLVER.rstrip().splitlines()]
    fields = ", ".join(made.fields.values())
    lines += ["", f'"""({", ".join(made.inputs)}) one step of size h later; {fields} of (u, parameters, t)."""']
    keywords = [*made.symbols, *(["error = false"] if plan.error else [])]
    parameters = ", ".join([fields, *made.inputs, "parameters", "t", "h"])
    lines += [f"function {name}_step({parameters}{'; ' + ', '.join(keywords) if keywords else ''})"]
    lines += [f"    {line}" for step in plan.steps for line in _lines(made, step)]
    result = ", ".join(plan.outputs)
    if plan.error is not None:
        lines += [f"    error || return {result}"]
        lines += [f"    {line}" for step in plan.error_steps for line in _lines(made, step)]
        result = ", ".join([*plan.outputs, plan.error])
    return "\n".join([*lines, f"    return {result}", "end"]) + "\n"


def _lines(made: Program, step: Step) -> list[str]:
    match step:
        case Eval(out, field, _, stage):
            found = f"{out} = {made.fields[field]}({', '.join(step.arguments)}, parameters, {made.time(stage)})"
            return [f"{found} + {made.sum(step.plus)}".replace("+ -", "- ") if step.plus else found]
        case Combine(out, terms, increments):
            return [f"{out} = {made.combined(terms, increments)}"]
        case Solve():
            return _solve(made, step)
        case Linearise() | LinearSolve():
            raise UnsupportedError(
                f"{made.scheme} is a Rosenbrock method; it is printed for numpy and torch, not for julia"
            )


def _solve(made: Program, step: Solve) -> list[str]:
    residuals, starts = [], []
    for out, field, known, row, stage in zip(step.outs, step.fields, step.known, step.matrix, step.stages, strict=True):
        slopes = tuple((c, name) for c, name in zip(row, step.outs, strict=True) if c != 0)
        argument = f"{known} + {made.combined((), slopes, power=step.power)}" if slopes else known
        residuals.append(f"    {out} - {made.fields[field]}({argument}, parameters, {made.time(stage)}),")
        starts.append(f"{made.fields[field]}({known}, parameters, {made.time(stage)})")
    outs = ", ".join(step.outs)
    return [
        f"({outs},) = solve({', '.join(starts)}) do {outs}",
        "    (",
        *(f"    {r}" for r in residuals),
        "    )",
        "end",
    ]
