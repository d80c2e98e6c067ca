"""The NumPy printer: a plan as one function step(f, history, h)."""

from sympy import Expr

from schemetools.codegen.lower import lower
from schemetools.codegen.plan import Combine, Eval, Linearise, LinearSolve, Solve, Step, StepPlan
from schemetools.codegen.printers.names import cited, expression, heading, origin, symbol_names
from schemetools.codegen.two_registers import rolled
from schemetools.schemes.base import Scheme

SOLVER = '''
class NotSolved(ArithmeticError):
    """The implicit stages have no solution that was found."""


def solve(residual, k, tol=1e-13, max_iterations=50):
    """k with residual(k) = 0, by Newton's method with a differenced Jacobian."""
    best = np.inf
    for _ in range(max_iterations):
        r = residual(k)
        size = np.linalg.norm(r)
        if size <= tol * (1 + np.linalg.norm(k)) or (size >= best / 2 and size <= 1e-9 * (1 + np.linalg.norm(k))):
            return k
        best = min(best, size)
        d = 1e-7 * (1 + np.abs(k).max())
        jacobian = np.stack([(residual(k + d * e) - r) / d for e in np.eye(k.size)], axis=1)
        try:
            k = k - np.linalg.solve(jacobian, r)
        except np.linalg.LinAlgError:
            break
    raise NotSolved("the implicit stages did not converge; take a smaller h")
'''

JACOBIAN = '''
class NotSolved(ArithmeticError):
    """A stage has a system without a solution."""


def jacobian(f, u):
    """f'(u) as a matrix (n, n), by differences of fourth order."""
    shape, u = np.shape(u), np.ravel(u)
    d = 1e-3 * (1 + np.abs(u).max())
    value = lambda e: np.ravel(f((u + e).reshape(shape)))
    columns = [(8 * (value(e) - value(-e)) - value(2 * e) + value(-2 * e)) / (12 * d) for e in d * np.eye(u.size)]
    return np.stack(columns, axis=1)


def solved(matrix, right):
    """The solution of a linear system for an array of any shape."""
    try:
        return np.linalg.solve(matrix, np.ravel(right)).reshape(np.shape(right))
    except np.linalg.LinAlgError:
        raise NotSolved("a stage has a singular system; take another h") from None


def times(matrix, value):
    """A matrix times an array of any shape."""
    return (matrix @ np.ravel(value)).reshape(np.shape(value))
'''


def print_numpy(scheme: Scheme) -> str:
    """A file with `step(f, history, h)` that needs NumPy only."""
    plan = rolled(lower(scheme))
    symbols = scheme.free_symbols | scheme.random_symbols
    names = symbol_names(
        symbols,
        {
            *_registers(plan),
            "jac",
            "jacobian",
            "solved",
            "times",
            "f",
            "h",
            "np",
            "history",
            "solve",
            "step",
            "residual",
            "error",
            "NotSolved",
            *plan.fields,
        },
    )
    printer = _Printer(plan, names)
    inputs, starts = plan.inputs, plan.carries and scheme.starts_itself and _has_start(scheme.normal_form())
    parameters = "".join(f", {names[s]}" for s in sorted(symbols, key=str))
    parameters += "" if plan.error is None else ", error=False"
    parameters += ", jac=None" if plan.linearises else ""
    head = heading(f"One step of {scheme} on NumPy arrays; {origin(scheme)}")
    lines = [head, "", "import numpy as np", ""]
    if not plan.is_explicit:
        lines += [*SOLVER.splitlines(), ""]
    if plan.linearises:
        lines += [*JACOBIAN.splitlines(), ""]
    lines += ["", f"def step(f, history, h{parameters}):", f'    """{_summary(scheme, plan, inputs)}"""']
    lines += _opening(plan, inputs, starts)
    if starts:
        lines += _start_lines(scheme, inputs)
    lines += [f"    {line}".rstrip() for step in plan.steps for line in printer.lines(step)]
    result = _tuple(plan.outputs)
    if plan.error is not None:
        lines += ["    if not error:", f"        return {result}"]
        lines += [f"    {line}".rstrip() for step in plan.error_steps for line in printer.lines(step)]
        result = f"{result}, {plan.error}"
    return "\n".join([*lines, f"    return {result}"]) + "\n"


def _has_start(form: object) -> bool:
    return all(kind in (0, 1) for kind in form.q)  # type: ignore[attr-defined]


def _opening(plan: StepPlan, inputs: tuple[str, ...], may_start: bool) -> list[str]:
    lines = (
        []
        if len(plan.fields) == 1
        else [f"    {', '.join(plan.fields)} = {', '.join(f'f[{v!r}]' for v in plan.fields)}"]
    )
    return lines if may_start else [*lines, f"    {_targets(inputs)} = history"]


def _start_lines(scheme: Scheme, inputs: tuple[str, ...]) -> list[str]:
    """The values that a first step lacks: earlier states repeat the first, earlier h f are those at it."""
    first = inputs[0]
    missing = [first if name.startswith("u") else f"h * {scheme.frame().fields[0]}({first})" for name in inputs[1:]]
    return [
        "    if len(history) == 1:  # the first step: earlier values are those at the state",
        f"        {first} = history[0]",
        f"        history = {_tuple((first, *missing))}",
        f"    {_targets(inputs)} = history",
    ]


def _summary(scheme: Scheme, plan: StepPlan, inputs: tuple[str, ...]) -> str:
    vector = ", ".join(inputs)
    return (
        f"({vector}) one step of size h later; {plan.evaluations} evaluation{'s' * (plan.evaluations != 1)} of f."
        + ("" if plan.error is None else "\n\n    With error=True it returns an estimate of the step's error, too.")
        + ("\n\n    jac(u) is the Jacobian of f, a matrix; differences without it." if plan.linearises else "")
        + cited(scheme.reference)
    )


def _registers(plan: StepPlan) -> set[str]:
    steps = plan.steps + plan.error_steps
    return {*plan.inputs, *(r for s in steps for r in (s.outs if isinstance(s, Solve) else (s.out,)))}


def _tuple(names: tuple[str, ...]) -> str:
    return f"({', '.join(names)},)" if len(names) == 1 else f"({', '.join(names)})"


def _targets(names: tuple[str, ...]) -> str:
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)


class _Printer:
    def __init__(self, plan: StepPlan, names: dict[Expr, str]) -> None:
        self.plan, self.names = plan, names

    def lines(self, step: Step) -> list[str]:
        match step:
            case Eval(out, field):
                found = f"{field}({', '.join(step.arguments)})"
                return [
                    f"{out} = {found} + {self._sum(step.plus)}".replace("+ -", "- ")
                    if step.plus
                    else f"{out} = {found}"
                ]
            case Combine(out, terms, increments):
                states = self._sum(terms)
                slopes = self._sum(increments)
                if not increments:
                    return [f"{out} = {states}"]
                scaled = f"h * {slopes}" if len(increments) == 1 else f"h * ({slopes})"
                return [f"{out} = {states} + {scaled}" if terms else f"{out} = {scaled}"]
            case Solve():
                return self._solve(step)
            case Linearise(out, field, argument):
                return [f"{out} = jacobian({field}, {argument}) if jac is None else np.asarray(jac({argument}))"]
            case LinearSolve(out, jacobian, slope, products, diagonal):
                pushed = f" + h * times({jacobian}, {self._sum(products)})" if products else ""
                if diagonal == 0:
                    return [f"{out} = {slope}{pushed}"]
                matrix = f"np.eye(len({jacobian})) - h * {expression(diagonal, self.names)} * {jacobian}"
                return [f"{out} = solved({matrix}, {slope}{pushed})"]

    def _sum(self, terms: tuple[tuple[Expr, str], ...]) -> str:
        parts = []
        for c, name in terms:
            if c == 1 or c == -1:
                parts.append(name if c == 1 else f"-{name}")
            else:
                parts.append(f"{expression(c, self.names)} * {name}")
        return " + ".join(parts).replace("+ -", "- ")

    def _solve(self, step: Solve) -> list[str]:
        count = len(step.outs)
        shaped = [f"{out}.reshape(np.shape({known}))" for out, known in zip(step.outs, step.known, strict=True)]
        unpack = ", ".join(step.outs) + ("," if count == 1 else "")
        lines = ["", "def residual(k):", f"    {unpack} = np.split(k, {count})"]
        lines += [f"    {out} = {value}" for out, value in zip(step.outs, shaped, strict=True)]
        parts = []
        for out, field, known, row in zip(step.outs, step.fields, step.known, step.matrix, strict=True):
            slopes = self._sum(tuple((c, name) for c, name in zip(row, step.outs, strict=True) if c != 0))
            argument = f"{known} + {'h * ' * step.power}({slopes})" if slopes else known
            parts.append(f"        np.ravel({out} - {field}({argument})),")
        lines += ["    return np.concatenate([", *parts, "    ])", ""]
        start = ", ".join(f"np.ravel({field}({known}))" for field, known in zip(step.fields, step.known, strict=True))
        lines += [f"{unpack} = np.split(solve(residual, np.concatenate([{start}])), {count})"]
        return lines + [f"{out} = {value}" for out, value in zip(step.outs, shaped, strict=True)]
