"""The torch printer of Euler's step with a mask per unit."""

from schemetools.codegen.printers.names import base_name, cited, class_name, expression, heading, identifier, quoted
from schemetools.codegen.printers.random import draw_lines
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import is_random
from schemetools.schemes.masked import MaskedEuler
from schemetools.schemes.moments import expectation

_STEPS = {
    "output": ["k = self.branch(x, *inputs, **named)", "return x + self.h * (self.mask(k) * k)"],
    "hidden": [
        "inner, outer = self.branch",
        "r = inner(x, *inputs, **named)",
        "return x + self.h * outer(self.mask(r) * r)",
    ],
    "input": ["return x + self.h * self.branch(self.mask(x) * x, *inputs, **named)"],
    "skip": ["return self.mask(x) * x + self.h * self.branch(x, *inputs, **named)"],
    "added": ["return x + self.h * self.branch(x, *inputs, **named) + self.mask(x)"],
}


def print_masked(scheme: MaskedEuler, masks: str = "unit") -> str:
    """A file with the class `<Name>Block`, which needs torch only: one mask entry per "unit" or per "channel"."""
    if scheme.free_symbols:
        names = ", ".join(sorted(map(str, scheme.free_symbols)))
        raise UnsupportedError(f"the mask needs numbers; give {names} a value with .subs({{...}})")
    (xi,) = (s for s in scheme.mask.free_symbols if is_random(s))
    name = identifier(str(xi))
    root = "self.h ** 0.5 * " if scheme.power else ""
    mean = expectation(scheme.mask)
    drawn = expression(scheme.mask, {xi: f"draw_{name}(x, True)"})
    if root:
        centred = expression(scheme.mask - mean, {xi: f"draw_{name}(x, True)"})
        drawn = f"{expression(mean, {})} + {root}{centred}" if mean else f"{root}{centred}"
    lines = [
        heading(f"{scheme}: {scheme.formula}, m one entry per {masks}; the mean of m in evaluation."),
        "",
        "import torch",
        "from torch import nn",
        "",
        *draw_lines(xi, name, masks),
        "",
        f"class {class_name(scheme)}Block(nn.Module):",
        f'    """{quoted(base_name(scheme))}: {quoted(scheme.formula)}{cited(scheme.reference)}"""',
        "",
        "    def __init__(self, branch, h=1):",
        "        super().__init__()",
        "        self.branch = branch",
        "        self.h = h",
        "",
        "    def mask(self, x):",
        f"        if not self.training:\n            return {expression(mean, {})}",
        f"        return {drawn}",
        "",
        "    def forward(self, x, *inputs, **named):",
        *(f"        {line}" for line in _STEPS[scheme.placement]),
    ]
    return "\n".join(lines) + "\n"
