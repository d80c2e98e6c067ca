"""One step of bdf(2) as a torch module; written from the exact scheme by schemetools.

To run it needs schemetools.nn.implicit, which solves the implicit stages to a tolerance and
differentiates them by the implicit function theorem.
"""

import torch
from torch import nn

from schemetools.nn.implicit import solve


class BDFBlock(nn.Module):
    """bdf(2): 1 evaluation per step.

    Curtiss, Hirschfelder (1952), Integration of stiff equations, Proceedings of the National
    Academy of Sciences 38, 235-243; Hairer, Nørsett, Wanner (1993), Solving Ordinary Differential
    Equations I: Nonstiff Problems, Springer, section III.1
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
        (u1,) = history
        z1 = torch.lerp(x, u1, -0.3333333333333333)
        (k1,) = solve(self, (f,), (z1,), ((0.6666666666666666,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(z1, k1, alpha=0.6666666666666666 * h)
        return y, (x,)

    def forward_half(self, x, history=None, *inputs, **named):
        f, h = self.branch, self.h
        (u1,) = history
        z1 = torch.lerp(x.float(), u1.float(), -0.3333333333333333).to(x.dtype)
        (k1,) = solve(self, (f,), (z1,), ((0.6666666666666666,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(torch.lerp(x.float(), u1.float(), -0.3333333333333333), k1, alpha=0.6666666666666666 * h).to(x.dtype)
        return y, (x,)

    def start(self, x, *inputs, **named):
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.start_half(x, *inputs, **named)
        f, h = self.branch, self.h
        (k1,) = solve(self, (f,), (x,), ((0.6666666666666666,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(x, k1, alpha=0.6666666666666666 * h)
        return y, (x,)

    def start_half(self, x, *inputs, **named):
        f, h = self.branch, self.h
        (k1,) = solve(self, (f,), (x,), ((0.6666666666666666,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(x.float(), k1, alpha=0.6666666666666666 * h).to(x.dtype)
        return y, (x,)
