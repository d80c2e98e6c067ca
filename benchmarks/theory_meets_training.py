"""ResNet-20 and LM-ResNet-20 trained on a part of CIFAR-10, then read as mathematics; the figures go into one JSON file.

python benchmarks/theory_meets_training.py --data cifar10 --work /tmp/runs --out docs/results/cifar10_small.json
"""

import argparse
import json
import time
from pathlib import Path

import torch

import schemetools as st
from schemetools.nn.reading.inspect import inspect
from schemetools.nn.rewiring.retrofit import retrofit
from schemetools.nn.training import TrainConfig, train
from schemetools.nn.training.restore import load_for_inspection

SCHEMES = {"ResNet-20": None, "LM-ResNet-20": "lm"}


def trained(name: str, options: argparse.Namespace) -> Path:
    settings = {
        "model": "resnet20",
        "scheme": SCHEMES[name],
        "epochs": options.epochs,
        "limit": options.limit,
        "batch": 64,
    }
    config = TrainConfig(options.data, str(Path(options.work) / name), **settings)
    return train(config, resume=True).checkpoint


def read(checkpoint: Path, options: argparse.Namespace) -> dict:
    """One network: its layers, its certificate, and what a step of another scheme would change."""
    model, images = load_for_inspection(checkpoint, options.data, count=options.images)
    started = time.perf_counter()
    report = inspect(model, images)
    seconds = {"inspect": time.perf_counter() - started}
    certificate = report.certificate()
    seconds["certificate"] = time.perf_counter() - started - seconds["inspect"]
    surgery = {}
    for scheme in ("euler", "midpoint", "rk4"):
        made = retrofit(model, scheme=st.get(scheme), x=images)
        surgery[scheme] = {"predicted": made.predicted_drift, "measured": made.measured_drift}
    run = json.loads((checkpoint.parent / "run.json").read_text(encoding="utf-8"))
    kept = {"run": {**run, "config": {**run["config"], "data": "cifar10", "out": ""}}, "seconds": seconds}
    return {**kept, **report.record(), "certificate": certificate.record(), "retrofit": surgery}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with train/<class>/ and test/<class>/")
    parser.add_argument("--work", required=True, help="folder for the runs; finished ones are taken as they are")
    parser.add_argument("--out", required=True, help="the JSON file")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--limit", type=int, default=500, help="images per class")
    parser.add_argument("--images", type=int, default=2, help="test images at which the networks are read")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = {name: read(trained(name, options), options) for name in SCHEMES}
    Path(options.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for name, record in found.items():
        print(name, record["certificate"]["sentence"], record["retrofit"], sep="\n")


if __name__ == "__main__":
    main()
