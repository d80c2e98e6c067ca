"""The images of a table: a folder of the user's, or for the smallest budget the digits of scikit-learn."""

from pathlib import Path

import torch
from sklearn.datasets import load_digits

from schemetools.errors import FileError, SchemeError
from schemetools.nn.tables.budgets import Budget
from schemetools.nn.tables.table import Table
from schemetools.nn.training.data import ImageData, Split, open_images, statistics

DIGITS = "scikit-learn's digits"


def images_for(table: Table, budget: Budget, data: str | Path | None, store: str | Path | None = None) -> ImageData:
    """The images of a table at a budget. Raises SchemeError where data is missing, or of another number of classes."""
    if budget.name == "tiny":
        if data is not None:
            raise SchemeError(
                f"the budget tiny runs on {DIGITS} and takes no data: leave it out, or name another budget"
            )
        return digits()
    if data is None:
        raise SchemeError(
            f"the table {table.name} at the budget {budget.name} needs the images of {table.data}: give a folder with "
            "train/<class>/ and test/<class>/, or with CIFAR's python batches, as data; the budget tiny needs none"
        )
    limit = None if budget.images is None else max(1, budget.images // table.classes)
    images = open_images(data, size=table.size, limit=limit, store=store)
    if len(images.classes) != table.classes:
        raise FileError(
            f"{data} has {len(images.classes)} classes; {table.data}, of the table {table.name}, has {table.classes}"
        )
    return images


def source(table: Table, budget: Budget) -> str:
    """What the images of a table at a budget are called."""
    return DIGITS if budget.name == "tiny" else table.data


def digits(seed: int = 0) -> ImageData:
    """The 1,797 images of handwritten digits that scikit-learn ships, 8 x 8 bytes, a fifth of them for the test.

    Source: E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """
    bundled = load_digits()
    images = torch.as_tensor(bundled.images * (255 / 16)).round().to(torch.uint8).unsqueeze(1)
    labels = torch.as_tensor(bundled.target, dtype=torch.int64)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    test, train = order[: len(order) // 5], order[len(order) // 5 :]
    mean, std = statistics(images[train])
    names = tuple(map(str, range(10)))
    return ImageData(Split(images[train], labels[train]), Split(images[test], labels[test]), names, mean, std)
