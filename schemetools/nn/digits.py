"""Handwritten digits under one name: the network of `nn.models`, the images and the loop of `nn.training`."""

from schemetools.nn.models.digits import DigitsNet
from schemetools.nn.training.digits import Digits, load_digits, train

__all__ = ["Digits", "DigitsNet", "load_digits", "train"]
