"""A table's figures put together: mean and spread over seeds, paired comparisons, configuration, cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy import stats

from schemetools.nn.tables.budgets import Budget
from schemetools.nn.tables.claims import learned_k, momentum, stability
from schemetools.nn.tables.images import source
from schemetools.nn.tables.table import Row, Table

Runs = Sequence[Mapping[str, Any]]


def table_record(table: Table, budget: Budget, rows: Sequence[Row], found: Mapping[str, Runs]) -> dict[str, Any]:
    """Everything about a table as plain values; `found` has the runs of each row, one per seed, as far as they are."""
    return {
        "table": table.name,
        "title": table.title,
        "claim": table.claim,
        "notes": list(table.notes),
        "data": source(table, budget),
        "budget": {"name": budget.name, "epochs": budget.epochs, "images": budget.images, "seeds": budget.seeds},
        "complete": all(len(found[row.label]) == budget.seeds for row in rows),
        "rows": [_row(row, found) for row in rows],
    }


def _row(row: Row, found: Mapping[str, Runs]) -> dict[str, Any]:
    runs, others = found[row.label], found.get(row.against or "", ())
    errors = [run["error"] for run in runs]
    levels = runs[0]["noise"] if runs else {}
    losses = [[epoch["train_loss"] for epoch in run["epochs"]] for run in runs]
    claims = {"momentum": momentum(runs), "stability": stability(runs, others)} if any(map(learned_k, runs)) else {}
    return {
        "label": row.label,
        "scheme": row.scheme,
        "published": [asdict(each) for each in row.published],
        "error": summary(errors),
        "paired": paired(row.against, errors, others) if others else None,
        "noise": {level: summary([run["noise"][level] for run in runs]) for level in levels},
        "training_loss": [float(np.mean(epoch)) for epoch in zip(*losses, strict=True)],
        "claims": {name: said for name, said in claims.items() if said is not None},
        "seconds": summary([run["seconds"] for run in runs]),
        "cpu_seconds": summary([run["cpu_seconds"] for run in runs]),
        "runs": [{**run, "config": {**run["config"], "out": ""}} for run in runs],  # where it ran is no result
    }


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Mean, sample standard deviation (None of a single value), and the values."""
    return {
        "mean": float(np.mean(values)) if values else None,
        "spread": float(np.std(values, ddof=1)) if len(values) > 1 else None,
        "values": list(values),
    }


def paired(against: str | None, errors: Sequence[float], others: Runs) -> dict[str, Any]:
    """The differences to another row, seed by seed, and Student's paired test that their mean is 0 (two-sided).

    `p` and the 95 % `interval` are None where fewer than two seeds are there, or all differences are equal.
    """
    pairs = list(zip(errors, [run["error"] for run in others], strict=False))
    differences = [a - b for a, b in pairs]
    record: dict[str, Any] = {"against": against, "difference": summary(differences), "p": None, "interval": None}
    if len(pairs) > 1 and np.ptp(differences) > 0:
        test = stats.ttest_rel(*zip(*pairs, strict=True))
        interval = test.confidence_interval(0.95)
        record |= {"p": float(test.pvalue), "interval": [float(interval.low), float(interval.high)]}
    return record
