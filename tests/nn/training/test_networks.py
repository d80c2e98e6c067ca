"""Every family trains on images, is written to a checkpoint, and comes back from it."""

import pytest
import torch

from schemetools.nn.training import TrainConfig, load_model, train

RUNS = [
    ("resnext29_8x64d", "lm", {"width": 2, "blocks": (2, 1, 1)}),
    ("resnet50", None, {"width": 2, "blocks": (1, 1, 1, 1)}),
    ("polynet", None, {"width": 2, "blocks": (1, 2, 1)}),
    ("fractalnet", None, {"width": 2}),
    ("ho_resnet", None, {"width": 2}),
    ("revnet38", None, {"width": 4, "memory": "reversible"}),
    ("shake_shake", None, {"width": 2}),
    ("nested_transformer", "midpoint", {"width": 8, "heads": 2, "layers": 2}),
    ("resnet20", "stochastic_depth(p)", {"width": 2}),
]


@pytest.mark.parametrize(("model", "scheme", "options"), RUNS, ids=[run[0] for run in RUNS])
def test_a_network_trains_and_comes_back(model, scheme, options, shared_folder, tmp_path):
    torch.manual_seed(0)
    config = TrainConfig(str(shared_folder), str(tmp_path / "run"), model, scheme, options=options, epochs=1, batch=16)
    trained = train(config)
    assert trained.epochs[0]["train_loss"] > 0
    restored = load_model(tmp_path / "run" / "checkpoint.pt")
    x = torch.randn(2, 3, 8, 8)
    assert torch.equal(restored(x), trained.model.eval()(x))
