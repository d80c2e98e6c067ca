"""Killed processes and several processes: the same weights, the same loss curve."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from schemetools.nn.training import load_checkpoint

ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, sys
import torch
from schemetools.nn.training import TrainConfig, train
torch.set_num_threads(1)
train(TrainConfig(**json.loads(sys.argv[1])), resume=True)
"""
pytestmark = pytest.mark.slow


def settings(folder, out, **changes):
    fixed = {"model": "resnet20", "scheme": "lm", "options": {"width": 2}, "epochs": 12, "batch": 8, "lr": 0.05}
    return json.dumps({"data": str(folder), "out": str(out), "checkpoint_every": 1, **fixed, **changes})


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def started(command, checkpoint):
    """A process of the training run, once it has written a checkpoint of its own (or has ended)."""
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
    process = subprocess.Popen(command, env=environment())
    while process.poll() is None and not (checkpoint.exists() and checkpoint.stat().st_mtime_ns != before):
        time.sleep(0.002)
    return process


def test_sigkill_at_random_moments_costs_nothing(shared_folder, tmp_path):
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    process = started([sys.executable, str(script), settings(shared_folder, whole)], whole / "checkpoint.pt")
    begun = time.monotonic()
    assert process.wait() == 0
    span = time.monotonic() - begun  # what is left after the first checkpoint: moments are drawn within a tenth of it
    draw, kills, checkpoint = random.Random(0), 0, broken / "checkpoint.pt"
    command = [sys.executable, str(script), settings(shared_folder, broken)]
    while kills < 5:
        process = started(command, checkpoint)
        time.sleep(draw.uniform(0.0, 0.1) * span)
        assert process.poll() is None, "the run ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        load_checkpoint(checkpoint)
    subprocess.run(command, check=True, env=environment())
    finished, resumed = (load_checkpoint(tmp_path / name / "checkpoint.pt") for name in ("whole", "broken"))
    assert all(torch.equal(value, resumed["model"][name]) for name, value in finished["model"].items())
    assert finished["step"] == resumed["step"]


def test_two_processes_have_the_loss_curve_of_one_with_the_doubled_batch(shared_folder, tmp_path):
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    common = {"options": {"width": 8, "norm": "group"}, "epochs": 3}
    one, two = tmp_path / "one", tmp_path / "two"
    single = [sys.executable, str(script), settings(shared_folder, one, batch=16, **common)]
    subprocess.run(single, check=True, env=environment())
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2"]
    launch += ["--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no", f"--main_process_port={free_port()}"]
    double = [*launch, str(script), settings(shared_folder, two, batch=8, **common)]
    # accelerate's own --cpu starts one process without MPI; this is its launcher of several, kept on the CPU
    subprocess.run(double, check=True, env={**environment(), "ACCELERATE_USE_CPU": "true"})
    curves = [json.loads((out / "run.json").read_text()) for out in (one, two)]
    assert curves[1]["processes"] == 2
    for a, b in zip(curves[0]["epochs"], curves[1]["epochs"], strict=True):
        assert a["train_loss"] == pytest.approx(b["train_loss"], rel=1e-4)
        assert a["test_loss"] == pytest.approx(b["test_loss"], rel=1e-4)
