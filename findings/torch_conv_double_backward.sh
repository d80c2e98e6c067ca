#!/usr/bin/env bash
# PyTorch: the double backward of a convolution computes two convolutions where one is asked for. The gradient of
# grad_input with respect to grad_output alone (a Jacobian-vector product by two backward passes) needs conv(v, w) and
# nothing else.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys

import torch
from torch.nn.functional import conv2d
from torch.profiler import ProfilerActivity, profile

print("torch", torch.__version__)
torch.manual_seed(0)
x, w = torch.randn(2, 3, 8, 8, requires_grad=True), torch.randn(4, 3, 3, 3, requires_grad=True)
y = conv2d(x, w)
v, back = torch.randn_like(x), torch.ones_like(y, requires_grad=True)
(grad_x,) = torch.autograd.grad(y, x, back, create_graph=True)


def convolutions(run):
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        result = run()
    return result, sum(e.count for e in profiler.key_averages() if e.key == "aten::convolution")


(product,), seen = convolutions(lambda: torch.autograd.grad(grad_x, back, v))
direct, expected = convolutions(lambda: conv2d(v, w))
same = torch.allclose(product, direct, atol=1e-5)
print(f"expected: {expected} convolution for the product of the Jacobian with v, conv(v, w); the same numbers: {same}")
print(f"seen:     {seen}")
sys.exit(0 if same and (expected, seen) == (1, 2) else 1)
PY
