"""The benchmark scripts run: small sizes, on a CPU."""

import importlib.util
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
    subprocess.run([*command, "-o", str(output)], check=True, cwd=ROOT, timeout=600, capture_output=True)
    results = json.loads(output.read_text())
    assert set(results["relative error"]) == {"rk4", "heun2", "dopri5", "verner89", "lm", "adams_bashforth(3)"}
    assert max(results["relative error"].values()) < 1e-5
    assert results["memory"]["revnet reversible"]["peak over a tenth of the layers stored"] < 1
    assert results["relative error of norms that are read"] < 1e-4
    assert results["inspect"]["resnet20"]["passes"] > 0
    assert set(results["certificate and retrofit, in passes"]) == {"certificate", "retrofit"}
    assert all(made["convert over a forward pass"] > 1 for made in results["converting"].values())
    assert set(results["captured as CUDA graphs"].values()) == {"cannot: CUDA graphs need a GPU"}
    assert set(results["seconds"]) == set(results) - {"torch", "device", "seconds"}


@pytest.mark.slow
def test_the_training_loop_has_nine_tenths_of_the_throughput_of_the_bare_loop():
    """By the processor's time in one thread, which other load on a machine disturbs least."""
    spec = importlib.util.spec_from_file_location("bench_training", ROOT / "benchmarks" / "bench_training.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    assert bench.throughput("resnet20", steps=4, rounds=5)[1] >= 0.9
