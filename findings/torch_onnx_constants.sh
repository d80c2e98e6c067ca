#!/usr/bin/env bash
# PyTorch's ONNX exporter: Python floats in a float64 graph are rounded to float32 on the way, so that the exported model
# is right to 1e-8 instead of 1e-16; the same number as a float64 tensor without dimensions survives.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.14.1 onnx==1.23.2 onnxscript==0.7.2 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

import torch
from onnx.reference import ReferenceEvaluator

print("torch", torch.__version__, "onnxscript", version("onnxscript"))


class Number(torch.nn.Module):
    def forward(self, x):
        return x * 0.1


class Tensor(torch.nn.Module):
    def forward(self, x):
        return x * torch.tensor(0.1, dtype=torch.float64)


def error(module):
    x = torch.ones(3, dtype=torch.float64)
    model = torch.onnx.export(module, (x,), dynamo=True, verbose=False).model_proto
    (y,) = ReferenceEvaluator(model).run(None, {model.graph.input[0].name: x.numpy()})
    assert str(y.dtype) == "float64"
    return float(abs(y - module(x).numpy()).max())


number, tensor = error(Number()), error(Tensor())
print("expected: x * 0.1 in float64 to rounding, about 1e-17")
print(f"seen:     error {number:.1e} with the Python number, {tensor:.1e} with a tensor")
sys.exit(0 if 1e-10 < number < 1e-8 and tensor < 1e-15 else 1)
PY
