"""The training loop: short, over accelerate, resumable at any step to the same bits."""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from schemetools.errors import FileError, SchemeError, kind_of
from schemetools.nn.blocks.groups import parameter_groups
from schemetools.nn.models import build
from schemetools.nn.reading.chains import learned_coefficients
from schemetools.nn.training.arguments import callback
from schemetools.nn.training.augment import crop_and_flip, draws, permutation, seed_for, to_floats
from schemetools.nn.training.checkpoints import load_optimizer, load_weights, make_folder, save_checkpoint
from schemetools.nn.training.config import TrainConfig
from schemetools.nn.training.data import ImageData, Split, open_images
from schemetools.nn.training.identity import identity
from schemetools.nn.training.logs import numbers_of, write_logs
from schemetools.nn.training.resume import Run, check_images, stored_run

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Progress:
    """What a progress callback is told after every step: where the run is, and the running training loss.

    >>> Progress(epoch=1, epochs=10, step=3, steps=40, loss=2.3, lr=0.1).steps
    40
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    lr: float


@dataclass(frozen=True)
class Trained:
    """A finished run: the model, and one record per epoch (losses, accuracies, seconds, learned coefficients).

    >>> Trained(torch.nn.Identity(), epochs=[{"loss": 2.3}], checkpoint=Path("run/checkpoint.pt")).epochs[-1]["loss"]
    2.3
    """

    model: nn.Module
    epochs: list[dict[str, Any]]
    checkpoint: Path


def train(
    config: TrainConfig,
    *,
    images: ImageData | None = None,
    resume: bool = False,
    progress: Callable[[Progress], None] | None = None,
    log_with: Any = None,
) -> Trained:
    """Train a model on images; with `resume` go on from the checkpoint in `config.out`, if there is one.

    The images are those of the folder `config.data`, or those given as tensors, `images_of(...)` (`size` and `limit`
    are then not used). `log_with` is what `accelerate.Accelerator` takes: "tensorboard", "wandb", a tracker of your
    own, a list of these; each epoch's numbers go there, learned coefficients among them.

    Every random draw follows from (seed, epoch, step), so a resumed run takes the very steps of an unbroken one. Runs
    on several processes under `accelerate launch`. Raises SchemeError for unusable data, for a checkpoint of other
    settings or images, and where `out` holds a checkpoint and `resume` is not asked for.

    >>> import tempfile
    >>> from schemetools.nn.training.data import images_of
    >>> x, y = torch.rand(8, 3, 32, 32), torch.arange(8) % 2
    >>> with tempfile.TemporaryDirectory() as out:
    ...     config = TrainConfig("memory", out, scheme="lm", options={"width": 2}, epochs=1, batch=4)
    ...     trained = train(config, images=images_of((x, y), (x, y)))
    >>> len(trained.epochs), min(trained.epochs[0]["coefficients"])
    (1, 'stages.0.layers.1.k')
    """
    _check(config, images, progress)
    torch.manual_seed(seed_for(config.seed, 0))
    path = Path(config.out) / CHECKPOINT
    stored = stored_run(path, config, resume)
    data = _images(config) if images is None else images
    shown = identity(data)
    if stored is not None:
        check_images(path, stored, shown)
    accelerator = _accelerator(log_with, config.out)
    model = _model(config, data)
    make_folder(path.parent)  # after what a user can get wrong, before the work
    if stored is not None:
        load_weights(model, stored["model"], path)
    decays = {"weight_decay": config.weight_decay, "coefficient_decay": config.coefficient_decay}
    groups = parameter_groups(model, **decays)
    nesterov = config.nesterov and config.momentum > 0
    optimizer = torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum, nesterov=nesterov)
    if stored is not None:
        load_optimizer(optimizer, stored["optimizer"], model, path)
    run = Run() if stored is None else Run.of(stored)
    trainer = _Trainer(config, data, shown, accelerator, model, optimizer, run, progress or (lambda _: None))
    if stored is not None and (wrong := trainer.disagreement()):
        raise FileError(f"{path} is damaged, or of another number of processes: {wrong}; choose another folder")
    if log_with is not None:
        accelerator.init_trackers("schemetools", config=_plain(config))
    trainer.fit(path)
    if log_with is not None:
        accelerator.end_training()
    return Trained(model, run.epochs, path)


def _check(config: Any, images: Any, progress: Any) -> None:
    """Raises SchemeError for arguments of other kinds than `train` takes."""
    if not isinstance(config, TrainConfig):
        raise SchemeError(f"config is a TrainConfig(data=..., out=...); {kind_of(config)} came")
    if not isinstance(images, ImageData | None):
        raise SchemeError(f"images are what images_of or open_images returns; {kind_of(images)} came")
    callback("progress", progress)


def _images(config: TrainConfig) -> ImageData:
    return open_images(config.data, size=config.size, limit=config.limit, store=config.store)


def _model(config: TrainConfig, data: ImageData) -> nn.Module:
    """The network of a run, untrained. Raises SchemeError where it takes images of other channels."""
    model = build(config.model, config.scheme, len(data.classes), **config.options)
    image: Any = model.image
    have, takes = data.train.images.shape[1], image[0]
    if have != takes:
        raise SchemeError(
            f"the channels of the images are {have} and those that {config.model} takes {takes}; "
            f"give options={{'channels': {have}}}"
        )
    if config.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload, reportCallIssue]
    return model


def _accelerator(log_with: Any, out: str) -> Accelerator:
    """accelerate with its trackers. Raises SchemeError for one that it does not know, or whose package is missing."""
    wanted = list(log_with) if isinstance(log_with, (list, tuple)) else [log_with]
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # what it says of trackers is said below
            accelerator = Accelerator(log_with=log_with, project_dir=out)
    except ValueError as problem:
        raise SchemeError(f"log_with is a tracker that accelerate knows, or one of your own: {problem}") from None
    if log_with not in (None, "all") and len(accelerator.log_with) < len(wanted):
        named = ", ".join(str(tracker) for tracker in wanted if isinstance(tracker, str))
        raise SchemeError(f"log_with={log_with!r}: a package of these trackers is not installed; pip install {named}")
    return accelerator


def _plain(config: TrainConfig) -> dict[str, Any]:
    """The settings as trackers take them: numbers and text."""
    return {k: v if isinstance(v, (int, float, str)) else str(v) for k, v in config.record().items()}


def _clocks() -> tuple[float, float]:
    """Seconds that pass, and seconds of the processors in this process."""
    return time.perf_counter(), time.process_time()


class _Trainer:
    """One run on one process."""

    def __init__(
        self,
        config: TrainConfig,
        data: ImageData,
        shown: dict[str, Any],
        accelerator: Accelerator,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        run: Run,
        progress: Callable[[Progress], None],
    ) -> None:
        self.config, self.data, self.accelerator, self.run, self.progress = config, data, accelerator, run, progress
        self.shown, self.model, self.optimizer = shown, model, optimizer
        self.network, self.stepper = accelerator.prepare(model, optimizer)
        if config.compile:
            self.network = torch.compile(self.network)
        self.train_split, self.test_split = (s.to(accelerator.device) for s in (data.train, data.test))
        self.world = config.batch * accelerator.num_processes
        self.steps_per_epoch = max(1, len(data.train) // self.world)
        self.steps = self.steps_per_epoch * config.epochs
        if len(data.train) < accelerator.num_processes:
            raise SchemeError(
                f"{len(data.train)} training images are fewer than the {accelerator.num_processes} processes"
            )

    def disagreement(self) -> str | None:
        """What in the state that was stored contradicts the run; None where nothing does."""
        return self.run.disagreement(self.steps_per_epoch, self.config.epochs, self.world)

    def fit(self, path: Path) -> None:
        """Take the steps that are left, one checkpoint every so often and at the end of each epoch."""
        while self.run.step < self.steps:
            epoch = self.run.step // self.steps_per_epoch
            started = _clocks()
            for step in range(self.run.step - epoch * self.steps_per_epoch, self.steps_per_epoch):
                self._step(epoch, step)
                now = _clocks()
                self.run.seconds += now[0] - started[0]
                self.run.cpu_seconds += now[1] - started[1]
                started = now
                if self.run.step % self.config.checkpoint_every == 0 and step + 1 < self.steps_per_epoch:
                    self._save(path)
            self._end_epoch(epoch)
            self._save(path)
            self.accelerator.log(numbers_of(self.run.epochs[-1]), step=epoch + 1)
        self._log()

    def _step(self, epoch: int, step: int) -> None:
        self.network.train()
        images, labels = self._batch(epoch, step)
        torch.manual_seed(seed_for(self.config.seed, epoch, step, 2 + self.accelerator.process_index))
        lr = self.config.learning_rate(self.run.step, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.stepper.zero_grad()
        with self._autocast():
            logits = self.network(images)
            loss = nn.functional.cross_entropy(logits, labels)
        self.accelerator.backward(loss)
        self.stepper.step()
        correct = (logits.detach().argmax(1) == labels).sum()
        sums = torch.stack(
            [loss.detach().float() * len(labels), correct.float(), torch.tensor(float(len(labels)), device=loss.device)]
        )
        found = self.accelerator.reduce(sums, reduction="sum").tolist()  # type: ignore[union-attr]
        if not all(map(torch.isfinite, torch.tensor(found))):
            where = f"epoch {epoch + 1}, step {step + 1}"
            raise SchemeError(f"the loss became {found[0]} in {where}; lower the learning rate {self.config.lr}")
        self.run.sums = [a + b for a, b in zip(self.run.sums, found, strict=True)]
        self.run.step += 1
        self.progress(
            Progress(
                epoch + 1, self.config.epochs, step + 1, self.steps_per_epoch, self.run.sums[0] / self.run.sums[2], lr
            )
        )

    def _batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """This process's part of a step's images; draws are made for all parts, so that the split changes nothing."""
        chosen = permutation(len(self.train_split), self.config.seed, epoch)[
            step * self.world : (step + 1) * self.world
        ]
        share = len(chosen) // self.accelerator.num_processes
        mine = slice(self.accelerator.process_index * share, (self.accelerator.process_index + 1) * share)
        part = self._part(self.train_split, chosen[mine])
        images = self._floats(part.images)
        if self.config.augment:
            drawn = draws(len(chosen), self.config.seed, epoch, step, self.config.padding)[mine]
            images = crop_and_flip(images, drawn, self.config.padding)
        return self._format(images), part.labels

    def _part(self, split: Split, index: Tensor) -> Split:
        """Some images on the device, wherever the split has them."""
        device = self.accelerator.device
        return Split(split.images[index.to(split.images.device)].to(device), split.labels[index.to(device)])

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.accelerator.device.type, torch.bfloat16, enabled=self.config.precision == "bf16")

    def _floats(self, images: Tensor) -> Tensor:
        return to_floats(images, self.data.mean, self.data.std)

    def _format(self, images: Tensor) -> Tensor:
        return images.contiguous(
            memory_format=torch.channels_last if self.config.channels_last else torch.contiguous_format
        )

    def _test_batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """This process's share of the test images."""
        rank, count = self.accelerator.process_index, self.accelerator.num_processes
        for index in torch.arange(rank, len(self.test_split), count).split(self.config.batch):
            part = self._part(self.test_split, index)
            yield self._format(self._floats(part.images)), part.labels

    @torch.no_grad()
    def _evaluate(self) -> tuple[float, float]:
        """Mean loss and accuracy on the test images."""
        self.model.eval()
        sums = torch.zeros(3, device=self.accelerator.device)
        for images, labels in self._test_batches():
            with self._autocast():
                logits = self.model(images)
            loss = nn.functional.cross_entropy(logits.float(), labels, reduction="sum")
            sums += torch.stack(
                [loss, (logits.argmax(1) == labels).sum().float(), torch.tensor(float(len(labels)), device=loss.device)]
            )
        loss, correct, count = self.accelerator.reduce(sums, reduction="sum").tolist()  # type: ignore[union-attr]
        return loss / count, correct / count

    def _end_epoch(self, epoch: int) -> None:
        loss, correct, count = self.run.sums
        test_loss, test_accuracy = self._evaluate()
        self.run.epochs.append(
            {
                "epoch": epoch + 1,
                "train_loss": loss / count,
                "train_accuracy": correct / count,
                "test_loss": test_loss,
                "test_accuracy": test_accuracy,
                "lr": self.optimizer.param_groups[0]["lr"],
                "coefficients": learned_coefficients(self.model),
                "seconds": round(self.run.seconds, 3),
                "cpu_seconds": round(self.run.cpu_seconds, 3),
            }
        )
        self.run.sums, self.run.seconds, self.run.cpu_seconds = [0.0, 0.0, 0.0], 0.0, 0.0

    def _save(self, path: Path) -> None:
        """Checkpoint and logs, from the first process only."""
        if not self.accelerator.is_main_process:
            return
        content = {
            "config": self.config.record(),
            **self.shown,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            **vars(self.run),
        }
        save_checkpoint(path, content)
        self._log()

    def _log(self) -> None:
        if self.accelerator.is_main_process:
            record = {"config": self.config.record(), "classes": list(self.data.classes), "torch": torch.__version__}
            record |= {
                "processes": self.accelerator.num_processes,
                "parameters": sum(p.numel() for p in self.model.parameters()),
            }
            write_logs(self.config.out, record, self.run.epochs)
