"""The benchmark scripts run: small sizes, on a CPU."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_gpu_script_runs_on_a_cpu(tmp_path):
    output = tmp_path / "results.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "gpu.py"), "--small", "--no-compile", "--device", "cpu"]
    subprocess.run([*command, "-o", str(output)], check=True, cwd=ROOT, timeout=300, capture_output=True)
    results = json.loads(output.read_text())
    assert set(results["relative error"]) == {"rk4", "heun2", "dopri5", "verner89", "lm", "adams_bashforth(3)"}
    assert max(results["relative error"].values()) < 1e-5
    assert results["memory"]["revnet reversible"]["peak over a tenth of the layers stored"] < 1
