"""One step of adams_moulton(2) as a torch module; written from the exact scheme by schemetools.

To run it needs schemetools.nn.implicit, which solves the implicit stages to a tolerance and
differentiates them by the implicit function theorem.
"""

import torch
from torch import nn

from schemetools.nn.implicit import solve


class AdamsMoultonBlock(nn.Module):
    """adams_moulton(2): 1 evaluation per step.

    Moulton (1926), New Methods in Exterior Ballistics, University of Chicago Press; Hairer,
    Nørsett, Wanner (1993), Solving Ordinary Differential Equations I: Nonstiff Problems, Springer,
    section III.1
    """

    def __init__(self, branch, h=1.0, tol=1e-10, max_iterations=50):
        super().__init__()
        self.branch = branch
        self.h = h
        self.tol, self.max_iterations = tol, max_iterations

    def forward(self, x, history=None, *inputs, **named):
        if history is None:
            return self.start(x, *inputs, **named)
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.forward_half(x, history, *inputs, **named)
        f, h = self.branch, self.h
        d1, d2 = history
        z1 = torch.add(torch.add(x, d1, alpha=0.6666666666666666), d2, alpha=-0.08333333333333333)
        (k1,) = solve(self, (f,), (z1,), ((0.4166666666666667,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(z1, k1, alpha=0.4166666666666667 * h)
        d1_new = h * k1
        return y, (d1_new, d1)

    def forward_half(self, x, history=None, *inputs, **named):
        f, h = self.branch, self.h
        d1, d2 = history
        z1 = torch.add(torch.add(x.float(), d1, alpha=0.6666666666666666), d2, alpha=-0.08333333333333333).to(x.dtype)
        (k1,) = solve(self, (f,), (z1,), ((0.4166666666666667,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(torch.add(torch.add(x.float(), d1, alpha=0.6666666666666666), d2, alpha=-0.08333333333333333), k1, alpha=0.4166666666666667 * h).to(x.dtype)
        d1_new = (h * k1.float()).to(x.dtype)
        return y, (d1_new, d1)

    def start(self, x, *inputs, **named):
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.start_half(x, *inputs, **named)
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        z2 = torch.add(x, k1, alpha=0.5833333333333334 * h)
        (k2,) = solve(self, (f,), (z2,), ((0.4166666666666667,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(z2, k2, alpha=0.4166666666666667 * h)
        d1_new = h * k2
        d2_new = h * k1
        return y, (d1_new, d2_new)

    def start_half(self, x, *inputs, **named):
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        z2 = torch.add(x.float(), k1, alpha=0.5833333333333334 * h).to(x.dtype)
        (k2,) = solve(self, (f,), (z2,), ((0.4166666666666667,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(x.float(), k1, alpha=0.5833333333333334 * h)
        y = torch.add(y, k2, alpha=0.4166666666666667 * h).to(x.dtype)
        d1_new = (h * k2.float()).to(x.dtype)
        d2_new = (h * k1.float()).to(x.dtype)
        return y, (d1_new, d2_new)
