"""One step of trbdf2(gamma=2-sqrt(2)) as a torch module; written from the exact scheme by
schemetools.

To run it needs schemetools.nn.implicit, which solves the implicit stages to a tolerance and
differentiates them by the implicit function theorem.
"""

import torch
from torch import nn

from schemetools.nn.implicit import solve


class TRBDF2Block(nn.Module):
    """trbdf2(gamma=2-sqrt(2)): 3 evaluations per step.

    Bank et al. (1985), Transient simulation of silicon devices and circuits, IEEE Transactions on
    Computer-Aided Design of Integrated Circuits and Systems 4, 436-451; Hosea, Shampine (1996),
    Analysis and implementation of TR-BDF2, Applied Numerical Mathematics 20, 21-37
    """

    def __init__(self, branch, h=1.0, tol=1e-10, max_iterations=50):
        super().__init__()
        self.branch = branch
        self.h = h
        self.tol, self.max_iterations = tol, max_iterations

    def forward(self, x, *inputs, error=False, **named):
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.forward_half(x, *inputs, error=error, **named)
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        z2 = torch.add(x, k1, alpha=0.2928932188134525 * h)
        (k2,) = solve(self, (f,), (z2,), ((0.2928932188134525,),), h, self.tol, self.max_iterations, inputs, named)
        z3 = torch.add(x, torch.add(k1, k2), alpha=0.3535533905932738 * h)
        (k3,) = solve(self, (f,), (z3,), ((0.2928932188134525,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(z3, k3, alpha=0.2928932188134525 * h)
        if not error:
            return y
        estimate = 0.13807118745769836 * h * k1
        estimate = torch.add(estimate, k2, alpha=-0.3333333333333333 * h)
        estimate = torch.add(estimate, k3, alpha=0.19526214587563498 * h)
        return y, estimate

    def forward_half(self, x, *inputs, error=False, **named):
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        z2 = torch.add(x.float(), k1, alpha=0.2928932188134525 * h).to(x.dtype)
        (k2,) = solve(self, (f,), (z2,), ((0.2928932188134525,),), h, self.tol, self.max_iterations, inputs, named)
        z3 = torch.add(x.float(), k1, alpha=0.3535533905932738 * h)
        z3 = torch.add(z3, k2, alpha=0.3535533905932738 * h).to(x.dtype)
        (k3,) = solve(self, (f,), (z3,), ((0.2928932188134525,),), h, self.tol, self.max_iterations, inputs, named)
        y = torch.add(x.float(), k1, alpha=0.3535533905932738 * h)
        y = torch.add(y, k2, alpha=0.3535533905932738 * h)
        y = torch.add(y, k3, alpha=0.2928932188134525 * h).to(x.dtype)
        if not error:
            return y
        estimate = 0.13807118745769836 * h * k1.float()
        estimate = torch.add(estimate, k2, alpha=-0.3333333333333333 * h)
        estimate = torch.add(estimate, k3, alpha=0.19526214587563498 * h).to(x.dtype)
        return y, estimate
