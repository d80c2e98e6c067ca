"""The printers of exponential methods for NumPy and torch: phi functions of h L, then straight-line code."""

import inspect
from collections.abc import Sequence

from sympy import Expr, Integer

from schemetools.codegen.printers.names import cited, class_name, heading, number, origin, quoted
from schemetools.schemes import phi
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.phi_values import phi_functions
from schemetools.schemes.stages import needed

ACT = "act = (lambda w, v: v @ w.T) if z.ndim == 2 else (lambda w, v: w * v)"


def print_exponential(scheme: Exponential, target: str, *, timed: bool = False) -> str:
    """A file with `step(f, history, h, linear)` for "numpy", or the class `<Name>Block` for "torch"."""
    text = f"One step of {scheme} for u' = L u + N(u); {origin(scheme)}"
    shared = ["import math", ""]
    function = inspect.getsource(phi_functions).replace(
        "xp: Any, z: Any, highest: int) -> list[Any]", "xp, z, highest)"
    )
    if target == "numpy":
        lines = [heading(text), "", *shared, "import numpy as np", "", "", *function.splitlines(), "", ""]
        return "\n".join([*lines, *_step(scheme)]) + "\n"
    lines = [heading(text), "", *shared, "import torch", "from torch import nn", "", "", *function.splitlines(), "", ""]
    return "\n".join([*lines, *_class(scheme, timed)]) + "\n"


def _step(scheme: Exponential) -> list[str]:
    body = _Body(scheme, "np", "f({argument})")
    error = "" if scheme.b_hat is None else ", error=False"
    lines = [
        f"def step(f, history, h, linear{error}):",
        f'    """(x) one step of size h later, f being N; {_count(body)} of it.',
        "",
        "    linear is L: a number, a diagonal, or a matrix, which act on the last dimension of x."
        + ("" if scheme.b_hat is None else "\n\n    With error=True it returns an estimate of the step's error, too.")
        + cited(scheme.reference)
        + '"""',
        "    (x,) = history",
        "    z = h * np.asarray(linear)",
        f"    {ACT}",
        *(f"    {line}" for line in body.main()),
    ]
    if scheme.b_hat is None:
        return [*lines, "    return (y,)"]
    extra = [f"    {line}" for line in body.estimate()]
    return [*lines, "    if not error:", "        return (y,)", *extra, "    return (y,), estimate"]


def _class(scheme: Exponential, timed: bool) -> list[str]:
    call = "self.branch({time}{argument}, *inputs, **named)" if timed else "self.branch({argument}, *inputs, **named)"
    body = _Body(scheme, "torch", call)
    parameters = [
        "self",
        "x",
        *(["t=0.0"] if timed else []),
        "*inputs",
        *([] if scheme.b_hat is None else ["error=False"]),
    ]
    lines = [
        f"class {class_name(scheme)}Block(nn.Module):",
        f'    """{quoted(format(scheme))}: {_count(body)} per step.{cited(scheme.reference)}"""',
        "",
        "    def __init__(self, branch, linear, h=1.0):",
        "        super().__init__()",
        "        self.branch, self.h = branch, h",
        "        self.linear = linear",
        "",
        f"    def forward({', '.join([*parameters, '**named'])}):",
        "        h = self.h",
        "        z = h * self.linear.to(torch.promote_types(self.linear.dtype, torch.float32))",
        f"        {ACT}",
        *(f"        {line}" for line in body.main()),
    ]
    if scheme.b_hat is None:
        return [*lines, "        return y"]
    extra = [f"        {line}" for line in body.estimate()]
    return [*lines, "        if not error:", "            return y", *extra, "        return y, estimate"]


def _count(body: "_Body") -> str:
    return f"{body.evaluations} evaluation{'s' * (body.evaluations != 1)}"


class _Body:
    """The lines of a step: phi functions per argument c z, then stages and results."""

    def __init__(self, scheme: Exponential, library: str, call: str) -> None:
        self.scheme, self.library, self.call = scheme, library, call
        rows = [*scheme.A, scheme.b, *([] if scheme.b_hat is None else [scheme.b_hat])]
        used = [w for w in (scheme.b, scheme.b_hat) if w is not None]
        self.stages = needed(scheme.A, [i for w in used for i, x in enumerate(w) if x != 0], lambda a: a == 0)
        found: dict[Expr, int] = {Integer(1): 0, **{scheme.c[i]: 0 for i in self.stages if scheme.c[i] != 0}}
        for entry in (x for row in rows for x in row):
            for term in phi.terms(entry):
                if term.scale != 0:
                    found[term.scale] = max(found.get(term.scale, 0), term.index)
        self.highest = dict(sorted(found.items(), key=lambda item: float(item[0])))
        self.names = {scale: f"p{n}" for n, scale in enumerate(self.highest, 1)}
        self.evaluations = len(self.stages)

    def main(self) -> list[str]:
        """Through the result y."""
        cast = ".to(x.dtype)" if self.library == "torch" else ""
        lines = []
        for scale, index in self.highest.items():
            argument = "z" if scale == 1 else f"{number(scale)} * z"
            made = f"phi_functions({self.library}, {argument}, {index})"
            lines.append(f"{self.names[scale]} = {f'[w{cast} for w in {made}]' if cast else made}")
        for i in self.stages:
            c, row = self.scheme.c[i], self.scheme.A[i]
            argument = self._flow(c) + self._increments(row)
            if argument != "x":
                lines.append(f"y{i + 1} = {argument}")
                argument = f"y{i + 1}"
            time = "t, " if c == 0 else "t + h, " if c == 1 else f"t + {number(c)} * h, "
            lines.append(f"n{i + 1} = {self.call.format(argument=argument, time=time)}")
        return [*lines, f"y = {self._flow(Integer(1))}{self._increments(self.scheme.b)}"]

    def estimate(self) -> list[str]:
        """The difference between the result and the embedded one."""
        hat = self.scheme.b_hat or ()
        gap = [phi.combination(x - y) for x, y in zip(self.scheme.b, hat, strict=True)]
        return [f"estimate = {self._increments(gap).removeprefix(' + ')}"]

    def _flow(self, c: Expr) -> str:
        return "x" if c == 0 else f"act({self.names[c]}[0], x)"

    def _increments(self, row: Sequence[Expr]) -> str:
        parts = []
        for j, entry in enumerate(row):
            found = phi.terms(entry)
            constants = [f"{number(t.factor)} * n{j + 1}" for t in found if t.scale == 0]
            weights = [self._weight(t) for t in found if t.scale != 0]
            parts += constants + ([f"act({' + '.join(weights).replace('+ -', '- ')}, n{j + 1})"] if weights else [])
        if not parts:
            return ""
        return f" + h * {parts[0]}" if len(parts) == 1 else f" + h * ({' + '.join(parts)})"

    def _weight(self, term: phi.Term) -> str:
        value = f"{self.names[term.scale]}[{term.index}]"
        return {1: value, -1: f"-{value}"}.get(term.factor, f"{number(term.factor)} * {value}")  # type: ignore[call-overload]
