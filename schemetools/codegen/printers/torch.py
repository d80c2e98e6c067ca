"""The torch printer: a plan as an nn.Module whose forward is straight-line code with literal coefficients."""

import json
from collections.abc import Sequence

from sympy import Expr

from schemetools.codegen.lower import lower
from schemetools.codegen.plan import StepPlan
from schemetools.codegen.printers.names import cited, class_name, heading, identifier, number, origin, quoted
from schemetools.codegen.printers.random import SHAKEN, draw_lines
from schemetools.codegen.printers.torch_lines import Lines
from schemetools.codegen.printers.torch_options import NO_START, PLAIN, TorchOptions, _registers, symbol_attributes
from schemetools.codegen.starting import START, start_pattern, times_of
from schemetools.codegen.two_registers import rolled
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme

IMPLICIT = (
    "To run it needs schemetools.nn.implicit, which solves the implicit stages to a tolerance and differentiates them "
    "by the implicit function theorem."
)

LINEAR = (
    "To run it needs schemetools.nn.implicit, which finds the Jacobian of the branch at the state by forward mode and "
    "solves the linear systems of the stages directly."
)


def print_torch(scheme: Scheme, options: TorchOptions = PLAIN) -> str:
    """A file with the class `<Name>Block`; it needs torch only, unless there are implicit stages to solve."""
    return _Printer(scheme, options).file()


class _Printer:
    def __init__(self, scheme: Scheme, options: TorchOptions) -> None:
        self.scheme, self.options = scheme, options
        self.plan = rolled(lower(scheme, options.pattern))
        self.inputs, self.parts = lower(scheme).inputs, self.plan.parts
        self.names = symbol_attributes(scheme)
        self.multistep = lower(scheme).carries
        if self.plan.linearises and options.separate:
            raise UnsupportedError(f"{scheme} has one Jacobian per step: give one branch for all its stages")

    def file(self) -> str:
        """The whole file."""
        draws = [
            line for symbol in self._random() for line in draw_lines(symbol, self.names[symbol], self.options.gates)
        ]
        if draws and self.options.shaken:
            draws = [*SHAKEN.splitlines(), *draws]
        solver = [] if self.plan.is_explicit else ["from schemetools.nn.implicit import solve", ""]
        solver += ["from schemetools.nn.implicit import linearised", ""] if self.plan.linearises else []
        clock = ["from functools import partial", ""] if not self.plan.is_explicit and self.options.timed else []
        text = f"One step of {self.scheme} as a torch module; {origin(self.scheme)}"
        head = heading(text, *self._needs())
        lines = [head, "", *clock, "import torch", "from torch import nn", "", *solver, *draws, "", *self._class()]
        return "\n".join(lines).rstrip() + "\n"

    def _needs(self) -> list[str]:
        return [LINEAR] if self.plan.linearises else [] if self.plan.is_explicit else [IMPLICIT]

    def _class(self) -> list[str]:
        lines = [
            f"class {class_name(self.scheme)}Block(nn.Module):",
            f'    """{self._summary()}"""',
            "",
            *self._init(),
            "",
        ]
        lines += self._methods("forward", self.options.pattern)
        if self._starts_itself():
            lines += ["", *self._methods("start", start_pattern(self.scheme.normal_form()))]
        elif self.multistep and self.options.pattern is None:
            lines += [
                "",
                f"    def {self._named('start')}({', '.join(self._parameters('start'))}):",
                f"        raise ValueError({NO_START!r})",
            ]
        return lines

    def _summary(self) -> str:
        source = cited(self.scheme.reference)
        count = self.plan.evaluations
        return f"{quoted(format(self.scheme))}: {count} evaluation{'s' * (count != 1)} per step.{source}"

    def _init(self) -> list[str]:
        # Printed so that the text is a whole module for whoever copies it, and never run in a block: `Block`'s own
        # constructor takes its place, with checks, starts and bounds. Golden files hold it all the same.
        free = [self.names[s] for s in sorted(self.scheme.free_symbols, key=str)]
        solver = "" if self.plan.is_explicit else ", tol=1e-10, max_iterations=50"
        lines = [f"    def __init__(self, branch{''.join(f', {name}' for name in free)}, h=1.0{solver}):"]
        lines += ["        super().__init__()", "        self.branch = branch", "        self.h = h"]
        if solver:
            lines += ["        self.tol, self.max_iterations = tol, max_iterations"]
        return lines + [f"        self.{name} = nn.Parameter(torch.as_tensor({name}))" for name in free]

    def _starts_itself(self) -> bool:
        if not self.multistep or self.options.pattern is not None or not self.scheme.starts_itself:
            return False
        return all(kind in (0, 1) for kind in self.scheme.normal_form().q)

    def _is_first(self) -> bool:
        """Whether nothing but the state is given: all of the history is made from it."""
        pattern = self.options.pattern or self.inputs
        return set(pattern) <= {START, *self.inputs[: self.parts]}

    def _methods(self, base: str, pattern: tuple[str, ...] | None) -> list[str]:
        """A method, and the same with sums in single precision for states in half precision."""
        wide = rolled(lower(self.scheme, pattern, share=False))
        return [
            *self._method(base, rolled(lower(self.scheme, pattern)), half=False),
            "",
            *self._method(base, wide, half=True),
        ]

    def _named(self, base: str, *, half: bool = False) -> str:
        return f"{base}{'_sized' if self.options.sized else ''}{'_half' if half else ''}"

    def _method(self, base: str, plan: StepPlan, *, half: bool) -> list[str]:
        lines = [f"    def {self._named(base, half=half)}({', '.join(self._parameters(base))}):"]
        body = self._opening(base, plan, half=half)
        writer = Lines(plan, self._fields(plan), self.names, self._times(), half=half, options=self.options)
        body += writer.write(plan.steps)
        result = self._result(plan)
        if plan.error is None:
            body += [f"return {result}"]
        else:
            extra = writer.write(plan.error_steps)
            body += ["if not error:", f"    return {result}", *extra, f"return {result}, {plan.error}"]
        return lines + [f"        {line}" for line in body]

    def _parameters(self, base: str) -> list[str]:
        given = ["self", "x"]
        if self.multistep and base != "start" and not self._is_first():
            given.append("history=None" if self.options.pattern is None else "history")
        if self.options.timed:
            given.append("t=0.0")
        given.append("*inputs")
        if self.options.sized:
            given.append("h")
        if self.plan.error is not None:
            given.append("error=False")
        return [*given, "**named"]

    def _passed(self, base: str) -> list[str]:
        """The parameters of a method as arguments of another that has the same ones."""
        names = [p.partition("=")[0] for p in self._parameters(base)[1:]]
        return [f"{p}={p}" if p in ("h", "error") else p for p in names]

    def _opening(self, base: str, plan: StepPlan, *, half: bool) -> list[str]:
        passed = self._passed(base)
        lines = []
        first = "x" if self.parts == 1 or self.options.split else "x[0]"
        if not half and "history" in passed and self.options.pattern is None and base == "forward":
            others = [p for p in passed if p != "history"]
            lines += ["if history is None:", f"    return self.{self._named('start')}({', '.join(others)})"]
        if not half:
            lines += [
                f"if {first}.dtype in (torch.bfloat16, torch.float16):",
                f"    return self.{self._named(base, half=True)}({', '.join(passed)})",
            ]
        lines += self._branch_lines(plan)
        if self.parts > 1:
            parts = ", ".join(self.inputs[: self.parts])
            lines += [f"{parts} = x.chunk({self.parts}, dim=1)" if self.options.split else f"{parts} = x"]
        if "history" in passed:
            pattern = self.options.pattern or self.inputs
            history = ", ".join(pattern[self.parts :])
            lines += [f"({history},) = history" if len(pattern) == self.parts + 1 else f"{history} = history"]
        return lines + self._symbol_lines(plan, half=half)

    def _symbol_lines(self, plan: StepPlan, *, half: bool) -> list[str]:
        used = {s for c in plan.coefficients() for s in c.free_symbols}
        state = self.inputs[0]
        lines = []
        for symbol, name in self.names.items():
            if symbol in used and symbol in self.scheme.free_symbols:
                call = "()" if str(symbol) in self.options.called else ""
                lines.append(f"{name} = self.{name}{call}.{'float()' if half else f'to({state}.dtype)'}")
            elif symbol in used:
                lines.append(f"{name} = draw_{name}({state}, self.training)")
                if self.options.shaken:
                    lines.append(f"{name}_back = draw_{name}({state}, self.training)")
        return lines

    def _random(self) -> list[Expr]:
        used = {s for c in self.plan.coefficients() for s in c.free_symbols}
        return [s for s in self.names if s in used and s in self.scheme.random_symbols]

    def _branch_lines(self, plan: StepPlan) -> list[str]:
        fields, one = self._fields(plan), len(plan.fields) == 1
        branch = {label: "self.branch" if one else f"self.branch[{json.dumps(label)}]" for label in fields}
        own = ["h = self.h"] if fields and not self.options.sized else []
        if self.options.separate:
            taken = {label: f"{', '.join(names)}{',' * (len(names) == 1)}" for label, names in fields.items()}
            return [*own, *(f"{names} = {branch[label]}" for label, names in taken.items())]
        names = ", ".join(names[0] for names in fields.values())
        if one and fields:
            return [f"{names}, h = self.branch, self.h" if own else f"{names} = self.branch"]
        return [f"{names} = {', '.join(branch.values())}", *own] if fields else []

    def _fields(self, plan: StepPlan) -> dict[str, list[str]]:
        """Local names of the branches of each field that is evaluated, one per evaluation where they are separate."""
        taken: set[str] = set(self.names.values()) | _registers(plan) | {"h", "t", "u", "inputs", "named"}
        found = {}
        for label in plan.fields:
            name, count = identifier(label, taken), plan.evaluations_of(label)
            taken.add(name)
            if count:
                found[label] = [f"{name}{n + 1}" for n in range(count)] if self.options.separate else [name] * count
        return found

    def _times(self) -> Sequence[str] | None:
        if not self.options.timed:
            return None
        return [_time(c) for c in times_of(self.scheme)]

    def _result(self, plan: StepPlan) -> str:
        parts = self.parts
        state = plan.outputs[0]
        if parts > 1:
            state = f"({', '.join(plan.outputs[:parts])})"
            state = f"torch.cat({state}, dim=1)" if self.options.split else state
        if not self.multistep:
            return state
        rest = plan.outputs[parts:]
        return f"{state}, ({', '.join(rest)}{',' * (len(rest) == 1)})"


def _time(c: Expr) -> str:
    return "t" if c == 0 else "t + h" if c == 1 else f"t + {number(c)} * h"
