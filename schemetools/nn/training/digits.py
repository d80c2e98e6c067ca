"""Handwritten digits: a small convolutional network over any scheme, and its training in seconds on a laptop."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits as _bundled
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

BATCH, LEARNING_RATE, WEIGHT_DECAY = 64, 0.01, 0.05


@dataclass(frozen=True)
class Digits:
    """Images (n, 1, 8, 8), standardised with the mean and deviation of the training ones, and their classes (n,)."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def load_digits(seed: int = 0) -> Digits:
    """The 1,797 images that scikit-learn ships, a fifth of them (359, drawn with `seed`) held out for the test.

    Source: E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """
    bundled = _bundled()
    images = torch.as_tensor(bundled.images, dtype=torch.float32).unsqueeze(1)
    labels = torch.as_tensor(bundled.target, dtype=torch.int64)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    test, train = order[: len(order) // 5], order[len(order) // 5 :]
    images = (images - images[train].mean()) / images[train].std()
    return Digits(images[train], labels[train], images[test], labels[test])


def train(
    net: nn.Module,
    digits: Digits,
    *,
    epochs: int = 8,
    seed: int = 0,
    seconds: float = float("inf"),
    progress: Callable[[int, int, float], None] | None = None,
) -> float:
    """Train in place (AdamW, one cycle) and return the accuracy on the held-out images.

    No step begins after so many `seconds`. `progress(steps done, steps in all, loss)` is called after every step.
    """
    ends = time.monotonic() + seconds
    shuffle = torch.Generator().manual_seed(seed)
    steps = epochs * -(-len(digits.train_labels) // BATCH)
    optimizer = torch.optim.AdamW(_groups(net), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    done = 0
    with _one_thread():
        for _ in range(epochs):
            net.train()
            for batch in torch.randperm(len(digits.train_labels), generator=shuffle).split(BATCH):
                loss = cross_entropy(net(digits.train_images[batch]), digits.train_labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                done += 1
                if progress is not None:
                    progress(done, steps, loss.item())
                if time.monotonic() > ends:
                    return accuracy(net, digits.test_images, digits.test_labels)
        return accuracy(net, digits.test_images, digits.test_labels)


def _groups(net: nn.Module) -> list[dict]:
    """Weights decay; biases, norms and the coefficients of the scheme do not."""
    weights = [p for p in net.parameters() if p.dim() > 1]
    others = [p for p in net.parameters() if p.dim() <= 1]
    return [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]


@contextmanager
def _one_thread() -> Iterator[None]:
    """The images are so small that threads cost more than they bring, and a single one repeats its sums to the bit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@torch.no_grad()
def accuracy(net: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of images that the network classifies rightly, in evaluation mode."""
    net.eval()
    return float((net(images).argmax(1) == labels).double().mean())
