"""One step of leapfrog as a torch module; written from the exact scheme by schemetools."""

import torch
from torch import nn


class LeapfrogBlock(nn.Module):
    """leapfrog: 1 evaluation per step.

    Hairer, Lubich, Wanner (2006), Geometric Numerical Integration: Structure-Preserving Algorithms
    for Ordinary Differential Equations, Springer, section XV.1
    """

    def __init__(self, branch, h=1.0):
        super().__init__()
        self.branch = branch
        self.h = h

    def forward(self, x, history=None, *inputs, **named):
        if history is None:
            return self.start(x, *inputs, **named)
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.forward_half(x, history, *inputs, **named)
        f, h = self.branch, self.h
        (u1,) = history
        k1 = f(x, *inputs, **named)
        y = torch.add(u1, k1, alpha=2 * h)
        return y, (x,)

    def forward_half(self, x, history=None, *inputs, **named):
        f, h = self.branch, self.h
        (u1,) = history
        k1 = f(x, *inputs, **named)
        y = torch.add(u1.float(), k1, alpha=2 * h).to(x.dtype)
        return y, (x,)

    def start(self, x, *inputs, **named):
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.start_half(x, *inputs, **named)
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        y = torch.add(x, k1, alpha=2 * h)
        return y, (x,)

    def start_half(self, x, *inputs, **named):
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        y = torch.add(x.float(), k1, alpha=2 * h).to(x.dtype)
        return y, (x,)
