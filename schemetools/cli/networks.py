"""The commands for networks: train one, and read a trained one as mathematics."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import schemetools as st
from schemetools.cli.app import app
from schemetools.cli.output import PICTURES, replacing, show_json, show_lines, table_lines, working
from schemetools.cli.screen import fitted, screen_width

EPOCH_HEADER = ("epoch", "train loss", "train accuracy", "test loss", "test accuracy", "seconds")

IMPLICIT = (
    "{scheme} is implicit: each layer solves a system by up to hundreds of evaluations, so that a step can take "
    "minutes; where a system is not solved the training ends and says so"
)

Data = Annotated[Path, typer.Option(show_default=False, help="train/<class>/* and test/<class>/*, or CIFAR's batches.")]
Checkpoint = Annotated[Path, typer.Argument(metavar="CHECKPOINT", show_default=False, help="Of schemetools train.")]
Out = Annotated[Path, typer.Option(help="The folder for the checkpoint and the logs.")]
Model = Annotated[str, typer.Option(help="A network of the literature: resnet20, resnet32, ...")]
SchemeName = Annotated[str | None, typer.Option("--scheme", help="Its scheme; as published without.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in the folder.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many images of each class.")]
Size = Annotated[int | None, typer.Option(min=1, help="Resize the images to SIZE x SIZE.")]
Store = Annotated[
    Path | None, typer.Option(show_default=False, help="A folder for decoded images, more than fits in memory.")
]
LogWith = Annotated[str | None, typer.Option("--log-with", help="A tracker of accelerate: tensorboard, wandb, ...")]
Count = Annotated[int, typer.Option(min=1, help="How many test images to look at.")]
Figure = Annotated[Path | None, typer.Option("-o", "--output", help="Draw eigenvalues over the regions here.")]
Certified = Annotated[bool, typer.Option("--certificate", help="Say as well whether the network is close to an ODE.")]


@app.command(epilog="Example: schemetools train --data cifar10 --model resnet20 --scheme lm --epochs 10")
def train(
    data: Data,
    model: Model = "resnet20",
    scheme: SchemeName = None,
    out: Out = Path("run"),
    epochs: Annotated[int, typer.Option(min=1)] = 10,
    batch: Annotated[int, typer.Option(min=1, help="Images per process and step.")] = 128,
    lr: Annotated[float, typer.Option(help="The learning rate at the start.")] = 0.1,
    schedule: Annotated[Literal["cosine", "step", "constant"], typer.Option()] = "cosine",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    precision: Annotated[Literal["no", "bf16"], typer.Option(help="Mixed precision.")] = "no",
    augment: Annotated[bool, typer.Option(help="Crop and flip at random.")] = True,
    channels_last: Annotated[bool, typer.Option("--channels-last")] = False,
    compiled: Annotated[bool, typer.Option("--compile", help="By torch.compile.")] = False,
    size: Size = None,
    limit: Limit = None,
    store: Store = None,
    log_with: LogWith = None,
    resume: Resume = False,
) -> None:
    """A network with any scheme, on your images."""
    library = st.nn.training
    settings = {"model": model, "scheme": scheme, "epochs": epochs, "batch": batch, "lr": lr, "schedule": schedule}
    settings |= {"seed": seed, "precision": precision, "augment": augment, "channels_last": channels_last}
    settings |= {"compile": compiled, "size": size, "limit": limit, "store": None if store is None else str(store)}
    config = library.TrainConfig(data=str(data), out=str(out), **settings)
    first = os.environ.get("RANK", "0") == "0"  # of several processes one talks
    if first and scheme is not None and not st.get(scheme).is_explicit:
        typer.echo(IMPLICIT.format(scheme=scheme), err=True)
    with st.cli.bar.training_bar(shown=first) as report:

        def progress(told: Any) -> None:
            report(told.step, told.steps, f"epoch {told.epoch}/{told.epochs}", told.loss)

        trained = library.train(config, resume=resume, progress=progress, log_with=log_with)
    if first:
        show_lines(*table_lines(EPOCH_HEADER, list(map(_epoch, trained.epochs))), f"wrote {trained.checkpoint}")


def _epoch(record: dict[str, Any]) -> tuple[str, ...]:
    losses = (f"{record[f'{part}_loss']:.4f}" for part in ("train", "test"))
    accuracies = (f"{100 * record[f'{part}_accuracy']:.1f} %" for part in ("train", "test"))
    (train_loss, test_loss), (train_accuracy, test_accuracy) = losses, accuracies
    return (str(record["epoch"]), train_loss, train_accuracy, test_loss, test_accuracy, f"{record['seconds']:.1f}")


@app.command(epilog="Example: schemetools demo --scheme rk4")
def demo(
    scheme: Annotated[str, typer.Option(help="A name of the catalog: lm, rk4, bdf:2, ...")] = "lm",
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the images; 8, or fewer where costly.")] = None,
    folder: Annotated[Path, typer.Option("--out", help="The folder for the plot.")] = Path("demo-output"),
) -> None:
    """The main job, end to end, in two minutes."""
    st.demo.demonstrate(scheme, epochs, folder)


@app.command(epilog="Example: schemetools inspect run/checkpoint.pt --data cifar10 -o layers.png")
def inspect(
    checkpoint: Checkpoint,
    data: Data,
    count: Count = 8,
    output: Figure = None,
    certificate: Certified = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """A trained network read as mathematics."""
    with working("reading the network"):
        net, images = st.nn.training.load_for_inspection(checkpoint, data, count=count)
    with st.cli.bar.layers_bar() as moved:
        report = st.inspect(net, images, progress=moved)
    with working("following the depth"):
        certified = report.certificate() if certificate else None
    if output is not None:
        os.environ.setdefault("MPLBACKEND", "agg")
        with working("drawing"), replacing(output, PICTURES) as temporary:
            st.present.save(st.plot_layers(report), temporary)
    if as_json:
        show_json(report.record() | ({"certificate": certified.record()} if certified else {}))
        return
    said = report.text(screen_width())
    said += f"\n{certified.sentence}" if certified else ""
    said += f"\nwrote {output}" if output is not None else ""
    show_lines(*fitted(said))


@app.command("learned", epilog="Example: schemetools learned run -o k.png")
def learned(
    run: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False, help="Of schemetools train.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Draw here: .png, .svg or .pdf.")],
    symbol: Annotated[str, typer.Option(help="The coefficient to draw.")] = "k",
) -> None:
    """Learned coefficients over depth and epochs."""
    os.environ.setdefault("MPLBACKEND", "agg")
    with replacing(output, PICTURES) as temporary:
        st.present.save(st.plot_coefficients(run, symbol=symbol), temporary)
    show_lines(f"wrote {output}")
