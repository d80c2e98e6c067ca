"""One step of dopri5 as a torch module; written from the exact scheme by schemetools."""

import torch
from torch import nn


class Dopri5Block(nn.Module):
    """dopri5: 6 evaluations per step.

    Dormand, Prince (1980), A family of embedded Runge-Kutta formulae, Journal of Computational and
    Applied Mathematics 6, 19-26
    """

    def __init__(self, branch, h=1.0):
        super().__init__()
        self.branch = branch
        self.h = h

    def forward(self, x, *inputs, error=False, **named):
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.forward_half(x, *inputs, error=error, **named)
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        k2 = f(torch.add(x, k1, alpha=0.2 * h), *inputs, **named)
        u = torch.add(x, k1, alpha=0.075 * h)
        k3 = f(torch.add(u, k2, alpha=0.225 * h), *inputs, **named)
        u = torch.add(x, k1, alpha=0.9777777777777777 * h)
        u = torch.add(u, k2, alpha=-3.7333333333333334 * h)
        k4 = f(torch.add(u, k3, alpha=3.5555555555555554 * h), *inputs, **named)
        u = torch.add(x, k1, alpha=2.9525986892242035 * h)
        u = torch.add(u, k2, alpha=-11.595793324188385 * h)
        u = torch.add(u, k3, alpha=9.822892851699436 * h)
        k5 = f(torch.add(u, k4, alpha=-0.2908093278463649 * h), *inputs, **named)
        u = torch.add(x, k1, alpha=2.8462752525252526 * h)
        u = torch.add(u, k2, alpha=-10.757575757575758 * h)
        u = torch.add(u, k3, alpha=8.906422717743473 * h)
        u = torch.add(u, k4, alpha=0.2784090909090909 * h)
        k6 = f(torch.add(u, k5, alpha=-0.2735313036020583 * h), *inputs, **named)
        y = torch.add(x, k1, alpha=0.09114583333333333 * h)
        y = torch.add(y, k3, alpha=0.44923629829290207 * h)
        y = torch.add(y, k4, alpha=0.6510416666666666 * h)
        y = torch.add(y, k5, alpha=-0.322376179245283 * h)
        y = torch.add(y, k6, alpha=0.13095238095238096 * h)
        if not error:
            return y
        k7 = f(y, *inputs, **named)
        estimate = 0.0012326388888888888 * h * k1
        estimate = torch.add(estimate, k3, alpha=-0.0042527702905061394 * h)
        estimate = torch.add(estimate, k4, alpha=0.03697916666666667 * h)
        estimate = torch.add(estimate, k5, alpha=-0.05086379716981132 * h)
        estimate = torch.add(estimate, k6, alpha=0.0419047619047619 * h)
        estimate = torch.add(estimate, k7, alpha=-0.025 * h)
        return y, estimate

    def forward_half(self, x, *inputs, error=False, **named):
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        k2 = f(torch.add(x.float(), k1, alpha=0.2 * h).to(x.dtype), *inputs, **named)
        u = torch.add(x.float(), k1, alpha=0.075 * h)
        k3 = f(torch.add(u, k2, alpha=0.225 * h).to(x.dtype), *inputs, **named)
        u = torch.add(x.float(), k1, alpha=0.9777777777777777 * h)
        u = torch.add(u, k2, alpha=-3.7333333333333334 * h)
        k4 = f(torch.add(u, k3, alpha=3.5555555555555554 * h).to(x.dtype), *inputs, **named)
        u = torch.add(x.float(), k1, alpha=2.9525986892242035 * h)
        u = torch.add(u, k2, alpha=-11.595793324188385 * h)
        u = torch.add(u, k3, alpha=9.822892851699436 * h)
        k5 = f(torch.add(u, k4, alpha=-0.2908093278463649 * h).to(x.dtype), *inputs, **named)
        u = torch.add(x.float(), k1, alpha=2.8462752525252526 * h)
        u = torch.add(u, k2, alpha=-10.757575757575758 * h)
        u = torch.add(u, k3, alpha=8.906422717743473 * h)
        u = torch.add(u, k4, alpha=0.2784090909090909 * h)
        k6 = f(torch.add(u, k5, alpha=-0.2735313036020583 * h).to(x.dtype), *inputs, **named)
        y = torch.add(x.float(), k1, alpha=0.09114583333333333 * h)
        y = torch.add(y, k3, alpha=0.44923629829290207 * h)
        y = torch.add(y, k4, alpha=0.6510416666666666 * h)
        y = torch.add(y, k5, alpha=-0.322376179245283 * h)
        y = torch.add(y, k6, alpha=0.13095238095238096 * h).to(x.dtype)
        if not error:
            return y
        k7 = f(y, *inputs, **named)
        estimate = 0.0012326388888888888 * h * k1.float()
        estimate = torch.add(estimate, k3, alpha=-0.0042527702905061394 * h)
        estimate = torch.add(estimate, k4, alpha=0.03697916666666667 * h)
        estimate = torch.add(estimate, k5, alpha=-0.05086379716981132 * h)
        estimate = torch.add(estimate, k6, alpha=0.0419047619047619 * h)
        estimate = torch.add(estimate, k7, alpha=-0.025 * h).to(x.dtype)
        return y, estimate
