"""The C printer: a plan as one function NAME_step on arrays of doubles."""

import re

from schemetools.codegen.plan import Combine, Eval, Linearise, LinearSolve, Solve, Step
from schemetools.codegen.printers.c_solver import SOLVER
from schemetools.codegen.printers.names import base_name, origin, quoted
from schemetools.codegen.printers.sums import Program, program
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme

WORDS = re.compile(r"\w+").findall(
    "auto break case char const continue default do double else enum extern float for goto if inline int "
    "long register restrict return short signed sizeof static struct switch typedef union unsigned void "
    "volatile while main pow i n m data work context newton malloc free size_t error field NULL "
)


def print_c(scheme: Scheme) -> str:
    """A C99 file with `NAME_step`, in place on the scheme's values; it needs the standard library only."""
    made = program(scheme, WORDS, "pow({}, {})")
    name, plan = base_name(scheme), made.plan
    lines = [f"/* One step of {_comment(format(scheme))}; {origin(scheme)} */", ""]
    lines += ["#include <math.h>", "#include <stddef.h>", *([] if plan.is_explicit else ["#include <stdlib.h>"]), ""]
    lines += ["/* du = f(t, u), for n numbers. */"]
    lines += ["typedef void (*field)(double t, const double *u, double *du, size_t n, void *data);"]
    writer = _Writer(made, name)
    main = [line for step in plan.steps for line in writer.lines(step)]
    errors = [line for step in plan.error_steps for line in writer.lines(step)]
    lines += [] if plan.is_explicit else [*SOLVER.rstrip().splitlines(), *writer.systems]
    lines += ["", f"#define {name.upper()}_WORK {max(len(made.registers) + writer.extra, 1)}", ""]
    lines += [f"/* {line} */" for line in _summary(made, name)]
    lines += [f"int {name}_step({_parameters(made)})", "{"]
    lines += [f"    double *{r} = {_at('work', i)};" for i, r in enumerate(made.registers)]
    lines += [f"    {line}" for line in main]
    if plan.errors:
        lines += ["    if (error) {", *(f"        {line}" for line in errors)]
        places = ["error[i]", "error[n + i]"]
        lines += [f"        {_loop(f'{place} = {e}[i];')}" for place, e in zip(places, plan.errors, strict=False)]
        lines += ["    }"]
    return "\n".join([*lines, *(f"    {line}" for line in _results(made)), "    return 0;", "}"]) + "\n"


def _comment(text: str) -> str:
    return quoted(text).replace("*/", "* /")


def _summary(made: Program, name: str) -> list[str]:
    values = ", ".join(made.inputs)
    lines = [f"({values}), n numbers each, become those one step of size h later."]
    lines += [f"work has room for {name.upper()}_WORK * n numbers."]
    lines += ["An estimate of the step's error goes to error, unless that is NULL."] if made.plan.error else []
    lines += [] if made.plan.is_explicit else ["Returns 0, or 1 where the implicit stages are not solved."]
    return lines


def _parameters(made: Program) -> str:
    fields = [f"field {v}" for v in made.fields.values()]
    values = [f"double *{v}" for v in made.inputs]
    symbols = [f"double {s}" for s in made.symbols]
    estimate = ["double *error"] if made.plan.error else []
    return ", ".join(
        [*fields, "void *data", "size_t n", "double t", "double h", *values, *symbols, *estimate, "double *work"]
    )


def _loop(body: str) -> str:
    return f"for (size_t i = 0; i < n; i++) {body}"


def _results(made: Program) -> list[str]:
    """The new values to where the old ones stood, the oldest first, so that a shift reads before it writes."""
    pairs = list(zip(made.inputs, made.plan.outputs, strict=True))
    late = {new for m, (_, new) in enumerate(pairs) if new in made.inputs and made.inputs.index(new) > m}
    lines = [f"double {new}_kept[n]; {_loop(f'{new}_kept[i] = {new}[i];')}" for new in sorted(late)]
    moves = [(old, f"{new}_kept" if new in late else new) for old, new in reversed(pairs) if old != new]
    return lines + [_loop(f"{old}[i] = {new}[i];") for old, new in moves]


def _at(array: str, position: int) -> str:
    """The place of the position-th block of n numbers."""
    return array if position == 0 else f"{array} + n" if position == 1 else f"{array} + {position} * n"


class _Writer:
    """Steps as C; each implicit system gets a struct and a residual of its own."""

    def __init__(self, made: Program, name: str) -> None:
        self.made, self.name = made, name
        self.systems: list[str] = []
        self.count = self.extra = 0

    def lines(self, step: Step) -> list[str]:
        match step:
            case Eval(velocity=str()):
                raise UnsupportedError(f"{self.made.scheme}: f(q, q') is printed for numpy, torch and julia, not for c")
            case Eval(out, field, argument, stage):
                lines = [f"{self.made.fields[field]}({self.made.time(stage)}, {argument}, {out}, n, data);"]
                added = self.made.sum(step.plus, "{}[i]")
                return lines + ([_loop(f"{out}[i] += {added};")] if step.plus else [])
            case Combine(out, terms, increments):
                return [_loop(f"{out}[i] = {self.made.combined(terms, increments, '{}[i]')};")]
            case Solve():
                return self._solve(step)
            case Linearise() | LinearSolve():
                raise UnsupportedError(
                    f"{self.made.scheme} is a Rosenbrock method; it is printed for numpy and torch, not for c"
                )

    def _solve(self, step: Solve) -> list[str]:
        self.count += 1
        number, size = self.count, "n" if len(step.outs) == 1 else f"{len(step.outs)} * n"
        tag = f"{self.name}_system{number}"
        self.extra = max(self.extra, 1)
        self.systems += self._residual(step, tag)
        first = step.outs[0]
        made = self.made
        starts = [
            f"{made.fields[field]}({made.time(stage)}, {known}, {out}, n, data);"
            for out, field, known, stage in zip(step.outs, step.fields, step.known, step.stages, strict=True)
        ]
        given = ", ".join([*made.fields.values(), "data", "n", "t", "h", *dict.fromkeys(step.known), *made.symbols])
        room = _at("work", len(made.registers))
        return [
            *starts,
            f"struct {tag} system{number} = {{{given}, {room}}};",
            f"if (newton({tag}, &system{number}, {first}, {size})) return 1;",
        ]

    def _residual(self, step: Solve, tag: str) -> list[str]:
        made, known = self.made, list(dict.fromkeys(step.known))
        members = [
            "    field " + ", ".join(made.fields.values()) + ";",
            "    void *data;",
            "    size_t n;",
            "    double t, h;",
        ]
        members += [f"    const double *{', *'.join(known)};"]
        members += [f"    double {', '.join(made.symbols)};"] if made.symbols else []
        lines = ["", f"struct {tag} {{", *members, "    double *argument;", "};", ""]
        lines += [
            f"static void {tag}(const double *k, double *r, void *context)",
            "{",
            f"    struct {tag} *s = context;",
        ]
        lines += ["    size_t n = s->n;", "    double t = s->t, h = s->h;"]
        lines += [f"    double {', '.join(f'{x} = s->{x}' for x in made.symbols)};"] if made.symbols else []
        outs = [f"*{out} = {_at('k', i)}" for i, out in enumerate(step.outs)]
        lines += [f"    const double {', '.join(outs)};"]
        rows = zip(step.outs, step.fields, step.known, step.matrix, step.stages, strict=True)
        for i, (out, field, old, row, stage) in enumerate(rows):
            target = _at("r", i)
            slopes = tuple((c, name) for c, name in zip(row, step.outs, strict=True) if c != 0)
            moved = f"s->{old}[i] + {made.combined((), slopes, '{}[i]', step.power)}" if slopes else f"s->{old}[i]"
            lines.append(f"    {_loop(f's->argument[i] = {moved};')}")
            lines.append(f"    s->{made.fields[field]}({made.time(stage)}, s->argument, {target}, n, s->data);")
            entry = "r[i]" if i == 0 else f"({target})[i]"
            lines.append(f"    {_loop(f'{entry} = {out}[i] - {entry};')}")
        return [*lines, "    (void)t;", "}"]
