"""One step of lm(k) as a torch module; written from the exact scheme by schemetools."""

import torch
from torch import nn


class LMBlock(nn.Module):
    """lm(k): 1 evaluation per step.

    Lu et al. (2018), Beyond finite layer neural networks: Bridging deep architectures and numerical
    differential equations, International Conference on Machine Learning, arXiv 1710.10121
    """

    def __init__(self, branch, k, h=1.0):
        super().__init__()
        self.branch = branch
        self.h = h
        self.k = nn.Parameter(torch.as_tensor(k))

    def forward(self, x, history=None, *inputs, **named):
        if history is None:
            return self.start(x, *inputs, **named)
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.forward_half(x, history, *inputs, **named)
        f, h = self.branch, self.h
        (u1,) = history
        k = self.k.to(x.dtype)
        k1 = f(x, *inputs, **named)
        y = torch.add(torch.lerp(x, u1, k), k1, alpha=h)
        return y, (x,)

    def forward_half(self, x, history=None, *inputs, **named):
        f, h = self.branch, self.h
        (u1,) = history
        k = self.k.float()
        k1 = f(x, *inputs, **named)
        y = torch.add(torch.lerp(x.float(), u1.float(), k), k1, alpha=h).to(x.dtype)
        return y, (x,)

    def start(self, x, *inputs, **named):
        if x.dtype in (torch.bfloat16, torch.float16):
            return self.start_half(x, *inputs, **named)
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        y = torch.add(x, k1, alpha=h)
        return y, (x,)

    def start_half(self, x, *inputs, **named):
        f, h = self.branch, self.h
        k1 = f(x, *inputs, **named)
        y = torch.add(x.float(), k1, alpha=h).to(x.dtype)
        return y, (x,)
