"""Batches on the device: random crop, flip, and scaling to floats; a seed and a step fix every draw."""

from collections.abc import Sequence

import torch
from torch import Tensor

_MIX = 0x9E3779B97F4A7C15


def seed_for(*parts: int) -> int:
    """One seed from several integers, so that nothing but (seed, epoch, step) decides a random draw.

    >>> seed_for(0, 1, 2) == seed_for(0, 1, 2), seed_for(0, 1, 2) == seed_for(0, 2, 1)
    (True, False)
    """
    state = 0
    for part in parts:
        state = ((state ^ (part + _MIX)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        state ^= state >> 31
    return state >> 1


def permutation(count: int, seed: int, epoch: int) -> Tensor:
    """The order (count,) in which an epoch visits the training images."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed_for(seed, epoch)))


def draws(count: int, seed: int, epoch: int, step: int, padding: int) -> Tensor:
    """The random shifts and flips of a batch: (count, 3) integers dy, dx in 0..2 padding and a flip 0 or 1."""
    generator = torch.Generator().manual_seed(seed_for(seed, epoch, step, 1))
    shifts = torch.randint(0, 2 * padding + 1, (count, 2), generator=generator)
    return torch.cat([shifts, torch.randint(0, 2, (count, 1), generator=generator)], dim=1)


def crop_and_flip(images: Tensor, drawn: Tensor, padding: int) -> Tensor:
    """Images (b, c, h, w) padded by zeros, cut out at (dy, dx), mirrored where the flip is 1; `drawn`: see `draws`."""
    b, _, height, width = images.shape
    padded = torch.nn.functional.pad(images, (padding,) * 4)
    drawn = drawn.to(images.device)
    rows = drawn[:, 0, None] + torch.arange(height, device=images.device)
    across = torch.arange(width, device=images.device).expand(b, width)
    columns = drawn[:, 1, None] + torch.where(drawn[:, 2, None] == 1, width - 1 - across, across)
    batch = torch.arange(b, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def to_floats(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Images as floats of mean 0 and deviation 1 per channel: (x / 255 - mean) / std, floats without the 255."""
    shape = (1, -1, 1, 1)
    centre = torch.tensor(mean, device=images.device).view(shape)
    spread = torch.tensor(std, device=images.device).view(shape)
    scaled = images.float() if images.is_floating_point() else images.float() / 255
    return (scaled - centre) / spread
