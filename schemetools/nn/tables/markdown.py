"""A table's record as Markdown: measured and published side by side, cost, theory, claims, configuration."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def markdown(record: Record) -> str:
    """The record for people."""
    parts = [_head(record), _errors(record), _cost(record), _training(record), _theory(record), _equations(record)]
    parts += [_claims(record), _configuration(record)]
    return "\n".join(line for part in parts for line in part).rstrip("\n") + "\n"


def _head(record: Record) -> Iterator[str]:
    budget = record["budget"]
    images = "all" if budget["images"] is None else f"{budget['images']:,}"
    yield from (f"# {record['title']}", "")
    yield from (f"Claim: {record['claim']}.", "")
    yield (
        f"{record['data']}, budget {budget['name']}: {budget['epochs']} epochs of {images} images, "
        f"{budget['seeds']} seeds. Errors are of the last epoch, in % of the test images."
    )
    if not record["complete"]:
        yield from ("", f"**Not complete:** {_done(record)}.")
    for note in record["notes"]:
        yield from ("", note)
    yield ""


def _done(record: Record) -> str:
    return "; ".join(
        f"{len(row['runs'])} of {record['budget']['seeds']} seeds of {row['label']}" for row in record["rows"]
    )


def _errors(record: Record) -> Iterator[str]:
    head = (
        "network",
        "scheme",
        "measured: error, mean ± spread",
        "difference",
        "95 % interval",
        "p",
        "published: error",
    )
    rows = [_error_row(row) for row in record["rows"]]
    yield from _table(head, rows)
    yield from (
        "",
        "Spread: sample standard deviation over the seeds. Difference, interval and p: Student's paired test against "
        "the row named, seed by seed, two-sided; nothing is corrected for several comparisons. Published figures come "
        "from other code, data and budgets and enter no figure here; those marked * are as cited, not compared with "
        "the text.",
        "",
    )


def _error_row(row: Record) -> tuple[str, ...]:
    paired, interval, p = row["paired"], "", ""
    difference = ""
    if paired is not None and paired["difference"]["mean"] is not None:
        difference = f"{paired['difference']['mean']:+.2f} to {paired['against']}"
        interval = "" if paired["interval"] is None else "{:+.2f}, {:+.2f}".format(*paired["interval"])
        p = "" if paired["p"] is None else f"{paired['p']:.2g}"
    published = ", ".join(f"{e['error']}{'' if e['checked'] else '*'} ({e['source']})" for e in row["published"])
    return (
        row["label"],
        f"`{row['scheme'] or 'published'}`",
        _spread(row["error"]),
        difference,
        interval,
        p,
        published,
    )


def _spread(summary: Record, digits: int = 2) -> str:
    if summary["mean"] is None:
        return ""
    spread = "" if summary["spread"] is None else f" ± {summary['spread']:.{digits}f}"
    return f"{summary['mean']:.{digits}f}{spread} ({len(summary['values'])})"


def _cost(record: Record) -> Iterator[str]:
    head = ("network", "parameters", "multiply-adds", "depth (branches)", "live states", "CPU seconds", "seconds")
    rows = []
    for row in _measured(record):
        cost = row["runs"][0]["cost"]
        figures = tuple(f"{cost[name]:,}" for name in ("parameters", "multiply_adds", "depth", "live_states"))
        rows.append((row["label"], *figures, _spread(row["cpu_seconds"], 0), _spread(row["seconds"], 0)))
    yield from ("## Cost", "", *_table(head, rows), "")


def _training(record: Record) -> Iterator[str]:
    levels = list(dict.fromkeys(level for row in _measured(record) for level in row["noise"]))
    head = ("network", "training loss by epoch, mean", *(f"error, noise {level}" for level in levels))
    rows = []
    for row in _measured(record):
        noisy = (_spread(row["noise"][level]) for level in levels)
        rows.append((row["label"], ", ".join(f"{loss:.3f}" for loss in row["training_loss"]), *noisy))
    yield from ("## Convergence and robustness", "", *_table(head, rows), "")
    if levels:
        yield from ("Noise: Gaussian, added to the test images, its deviation in units of the pixel range 0..1.", "")


def _theory(record: Record) -> Iterator[str]:
    head = (
        "network",
        "h \\|f'\\|",
        "layers outside their region",
        "omitted / limit",
        "near an ODE",
        "limit, modified error",
    )
    rows = [found for row in _measured(record) if (found := _theory_row(row)) is not None]
    if rows:
        yield from ("## Read as mathematics", "", *_table(head, rows), "")
        yield from (
            "Largest singular value of h f' and first omitted term of the limit equation by layer, over all seeds; "
            "layers with an eigenvalue of h f' outside the region of their own scheme; the certificate is that of seed "
            "0: relative errors of both equations at the last state, worst chain.",
            "",
        )


def _theory_row(row: Record) -> tuple[str, ...] | None:
    read = [run["theory"] for run in row["runs"] if run["theory"] is not None]
    if not read:
        return None
    if "layers" not in read[0]:
        return (row["label"], read[0]["refused"], "", "", "", "")
    layers = [layer for theory in read for layer in theory["layers"]]
    certificate = next((theory["certificate"] for theory in read if "certificate" in theory), None)
    near, errors = next((theory["uncertified"] for theory in read if "uncertified" in theory), ""), ""
    if certificate is not None:
        near = "yes" if certificate["is_ode"] else "no"
        errors = f"{_share(certificate['limit_error'])}, {_share(certificate['modified_error'])}"
    outside = f"{sum(len(theory['outside']) for theory in read)} of {len(layers)}"
    return (row["label"], _range(layers, "field_norm"), outside, _range(layers, "remainder"), near, errors)


def _share(value: float) -> str:
    return f"{100 * value:.2g} %" if value < float("inf") else "no bound"


def _range(layers: Sequence[Record], name: str) -> str:
    values = [layer[name] for layer in layers]
    return f"{min(values):.2g} to {max(values):.2g}"


def _equations(record: Record) -> Iterator[str]:
    shown = [row for row in _measured(record) if any(run["coefficients"] for run in row["runs"])]
    if not shown:
        return
    yield from ("## Learned coefficients over depth", "")
    for row in shown:
        yield from (f"{row['label']}:", "")
        for run in row["runs"]:
            values = ", ".join(_value(value) for value in run["coefficients"].values())
            yield f"- seed {run['config']['seed']}: {', '.join(_symbols(run))} = {values}"
        yield ""
        equations = (row["runs"][0]["theory"] or {}).get("equations", {})
        if equations:
            yield from ("```text", *(f"{name}  {line}" for name, line in equations.items()), "```", "")


def _symbols(run: Record) -> list[str]:
    return list(dict.fromkeys(name.rpartition(".")[2] for name in run["coefficients"]))


def _value(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else f"{len(value)} channels"


def _claims(record: Record) -> Iterator[str]:
    lines = [
        f"- {name}, {row['label']}: {said['figure']}. This {said['verdict']} the claim at this budget."
        for row in _measured(record)
        for name, said in row["claims"].items()
    ]
    if lines:
        yield from ("## The two claims of LM-ResNet", "", *lines, "")


def _configuration(record: Record) -> Iterator[str]:
    for row in _measured(record)[:1]:
        run = row["runs"][0]
        yield from ("## Configuration", "")
        yield "First run; other rows change the scheme and its options, other seeds the seed. All is in the JSON."
        yield from (
            "",
            "```json",
            json.dumps(run["config"], indent=1),
            json.dumps(run["versions"]),
            "```",
        )


def _measured(record: Record) -> list[Record]:
    return [row for row in record["rows"] if row["runs"]]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
