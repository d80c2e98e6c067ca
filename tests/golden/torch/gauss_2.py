"""One step of gauss(2) as a torch module; written from the exact scheme by schemetools.

To run it needs schemetools.nn.implicit, which solves the implicit stages to a tolerance and
differentiates them by the implicit function theorem.
"""

import torch
from torch import nn

from schemetools.nn.implicit import solve


class GaussBlock(nn.Module):
    """gauss(2): 2 evaluations per step.

    Butcher (1964), Implicit Runge-Kutta processes, Mathematics of Computation 18, 50-64
    """

    def __init__(self, branch, h=1.0, tol=1e-10, max_iterations=50):
        super().__init__()
        self.branch = branch
        self.h = h
        self.tol, self.max_iterations = tol, max_iterations

    def forward(self, x, *inputs, **named):
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.forward_half(x, *inputs, **named)
        f, h = self.branch, self.h
        k1, k2 = solve(self, (f, f), (x, x), ((0.25, -0.03867513459481288), (0.5386751345948129, 0.25)), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(x, torch.add(k1, k2), alpha=0.5 * h)
        return y

    def forward_half(self, x, *inputs, **named):
        f, h = self.branch, self.h
        k1, k2 = solve(self, (f, f), (x, x), ((0.25, -0.03867513459481288), (0.5386751345948129, 0.25)), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(x.float(), k1, alpha=0.5 * h)
        y = torch.add(y, k2, alpha=0.5 * h).to(x.dtype)
        return y
