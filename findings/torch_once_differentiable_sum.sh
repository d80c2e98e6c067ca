#!/usr/bin/env bash
# PyTorch: once_differentiable promises an error when its function is differentiated twice. Where the gradient that comes
# in does not itself require a gradient (the first call of autograd.grad, the usual case), no error is planted: beside any
# other term, the second derivative of the function is left out in silence.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys

import torch
from torch.autograd.function import once_differentiable

print("torch", torch.__version__)


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u):
        ctx.save_for_backward(u)
        return u**3

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        (u,) = ctx.saved_tensors
        return 3 * u**2 * gradient


def second(function):
    u = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(function(u), u, create_graph=True)
    try:
        return f"{torch.autograd.grad(first, u)[0].item():g}"
    except RuntimeError as error:
        return f"RuntimeError: {error}"


plain, marked = second(lambda u: u**3 + u**2), second(lambda u: Cube.apply(u) + u**2)
print(f"expected: the second derivative of u^3 + u^2 at 2, {plain}, or an error that says once_differentiable")
print(f"seen:     {marked}, which is that of u^2 alone")
sys.exit(0 if plain == "14" and marked == "2" else 1)
PY
