"""One step of rk4 as a torch module; written from the exact scheme by schemetools."""

import torch
from torch import nn


class RK4Block(nn.Module):
    """rk4: 4 evaluations per step.

    Kutta (1901), Beitrag zur näherungsweisen Integration totaler Differentialgleichungen,
    Zeitschrift für Mathematik und Physik 46, 435-453, p. 443
    """

    def __init__(self, branch, h=1.0):
        super().__init__()
        self.branch = branch
        self.h = h

    def forward(self, x, *inputs, **named):
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.forward_half(x, *inputs, **named)
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        k2 = f(torch.add(x, k1, alpha=0.5 * h), *inputs, **named)
        k3 = f(torch.add(x, k2, alpha=0.5 * h), *inputs, **named)
        k4 = f(torch.add(x, k3, alpha=h), *inputs, **named)
        y = torch.add(x, torch.add(k1, k4), alpha=0.16666666666666666 * h)
        y = torch.add(y, torch.add(k2, k3), alpha=0.3333333333333333 * h)
        return y

    def forward_half(self, x, *inputs, **named):
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        k2 = f(torch.add(x.float(), k1, alpha=0.5 * h).to(x.dtype), *inputs, **named)
        k3 = f(torch.add(x.float(), k2, alpha=0.5 * h).to(x.dtype), *inputs, **named)
        k4 = f(torch.add(x.float(), k3, alpha=h).to(x.dtype), *inputs, **named)
        y = torch.add(x.float(), k1, alpha=0.16666666666666666 * h)
        y = torch.add(y, k2, alpha=0.3333333333333333 * h)
        y = torch.add(y, k3, alpha=0.3333333333333333 * h)
        y = torch.add(y, k4, alpha=0.16666666666666666 * h).to(x.dtype)
        return y
