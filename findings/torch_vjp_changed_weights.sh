#!/usr/bin/env bash
# PyTorch: the function that torch.func.vjp returns does not notice that weights were changed in place before it is called (a
# step of an optimizer). It multiplies old activations by new weights, which is the derivative at neither; torch.autograd.grad
# raises an error there. torch.func.linearize is safe, as it copies.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import math
import sys

import torch

print("torch", torch.__version__)
torch.set_default_dtype(torch.float64)
one = torch.ones(())


def network(u):
    return torch.tanh(weight * u)


def slope(value):
    return value / math.cosh(value / 2) ** 2


weight, u = torch.tensor(2.0), torch.tensor(0.5, requires_grad=True)
output = network(u)
weight.fill_(1.0)
try:
    plain = f"{torch.autograd.grad(output, u)[0].item():.4f}"
except RuntimeError as error:
    plain = "RuntimeError" if "modified by an inplace operation" in str(error) else f"RuntimeError: {error}"

weight = torch.tensor(2.0)
_, pull = torch.func.vjp(network, u.detach())
weight.fill_(1.0)
seen, old, new = pull(one)[0].item(), slope(2.0), slope(1.0)
print(f"expected: the derivative at the old weight, {old:.4f}, or an error, as torch.autograd.grad has it: {plain}")
print(f"seen:     {seen:.4f}; the derivative at the new weight is {new:.4f}")
silent = min(abs(seen - old), abs(seen - new)) > 0.1
sys.exit(0 if silent and plain == "RuntimeError" else 1)
PY
