#!/usr/bin/env bash
# PyTorch: torch.func.linearize returns a function that is not linear where the model draws random numbers. With dropout the
# mask is drawn anew whenever the function is called: two calls with one tangent differ, and neither belongs to the output
# that was returned with it. torch.func.jvp draws one mask for both.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import sys

import torch

print("torch", torch.__version__)
torch.manual_seed(0)
dropout = torch.nn.Dropout(0.5)
point, tangent = torch.ones(1000), torch.ones(1000)

# Dropout is linear in what it is given: at equal point and tangent, the output is the derivative.
together, derivative = torch.func.jvp(dropout, (point,), (tangent,))
output, linear = torch.func.linearize(dropout, point)
calls = [linear(tangent) for _ in range(2)]


def shared(left, right):
    return f"{(left == right).double().mean():.0%}"


print("expected: derivatives with the mask of the output, entries in common 100%, as with jvp:", shared(together, derivative))
print("seen:     with the output", *(shared(output, call) for call in calls), "and with each other", shared(*calls))
agree = torch.equal(together, derivative)
differ = not any(torch.equal(output, call) for call in calls) and not torch.equal(*calls)
sys.exit(0 if agree and differ else 1)
PY
