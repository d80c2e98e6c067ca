"""The main job, end to end (`make demo`): derive, draw, train on real images, and read the learned schemes back."""

import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

import schemetools as st
from schemetools.analysis.modified.facts import EquationFacts
from schemetools.analysis.modified.text import first_order_lines, momentum_lines
from schemetools.cli.main import main
from schemetools.cli.screen import fitted
from schemetools.schemes.base import Scheme
from schemetools.schemes.text import number

MEMORIES = ("-1/2", "-1/10", "3/10", "7/10")

LONGEST, LEAST = 100.0, 60.0  # seconds: what follows training takes some more, and all stays under two minutes
LARGEST_COST = 40  # evaluations per image in all epochs; a scheme of many stages gets fewer epochs


def demonstrate(scheme: str = "lm", epochs: int | None = None, folder: Path = Path("demo-output")) -> None:
    """Derive a scheme's mathematics, draw its stability, train its network on handwritten digits, read it back."""
    begun = time.monotonic()
    written = st.get(scheme)
    library = st.nn.digits
    net = library.DigitsNet(written)
    _say("1. What the scheme does: its modified equation, exact.", st.modified_equation(written))
    if written == st.lm():
        _say(st.modified_equation(st.lm(k="3/10")))
    _say("2. Where it is stable.", f"wrote {_draw(written, folder)}")
    digits = library.load_digits()
    shown = (len(net.stack.layers), len(digits.train_labels), len(digits.test_labels))
    typer.echo("3. Its network: {} layers, trained on {:,} images of digits, {} held out.".format(*shown))
    left = max(LEAST, LONGEST - (time.monotonic() - begun))
    _train(net, digits, epochs or _epochs(written), left, library.train)
    _say("4. What the network has learned, read back as schemes, one per layer.", *_read_back(net.stack.schemes))
    _say("These equations are asymptotic in h |f'|, which need not be small in a trained network.")


def _epochs(scheme: Scheme) -> int:
    """Eight, and fewer where a step costs many evaluations; an implicit stage costs about six."""
    stages = len(scheme.normal_form().A)
    return max(1, min(8, LARGEST_COST // (stages if scheme.is_explicit else 6 * stages)))


def _say(*lines: object) -> None:
    typer.echo("\n".join(part for line in lines for part in fitted(str(line))) + "\n")


def _draw(scheme: Scheme, folder: Path) -> Path:
    """LM(k) for several k beside Euler and RK4, and beside the demo's scheme where that is another one."""
    known = [*(st.lm(k=k) for k in MEMORIES), st.euler, st.rk4]
    can_be_drawn = not scheme.free_symbols and not scheme.random_symbols
    others = [scheme] if can_be_drawn and scheme not in known else []
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "stability.png"
    os.environ.setdefault("MPLBACKEND", "agg")
    return st.present.save(st.plot_stability([*known, *others]), path)


def _train(net: Any, digits: Any, epochs: int, seconds: float, train: Callable[..., float]) -> None:
    """Train with a progress bar (on a terminal), and print the accuracy on the held-out images."""
    started = time.perf_counter()
    taken: list[tuple[int, int]] = []
    with st.cli.bar.training_bar() as report:

        def progress(done: int, steps: int, loss: float) -> None:
            taken.append((done, steps))
            report(done, steps, "training", loss)

        accuracy = train(net, digits, epochs=epochs, seconds=seconds, progress=progress)
    steps, planned = taken[-1]
    cut = "" if steps == planned else f", cut short after {steps} of {planned} steps"
    took = time.perf_counter() - started
    _say(f"test accuracy: {100 * accuracy:.1f} %", f"trained for {epochs} epochs in {took:.0f} s{cut}")


def _read_back(layers: Sequence[Scheme]) -> Iterator[str]:
    """What is known about each layer; equal layers are said once."""
    numbered = list(enumerate(layers, 1))
    for layer, same in itertools.groupby(numbered, key=lambda pair: pair[1]):
        first, *more = [i for i, _ in same]
        yield f"layers {first} to {more[-1]}  {layer}" if more else f"layer {first}  {layer}"
        yield from (f"    {line}" for line in _facts(layer))


def _facts(layer: Scheme) -> Iterator[str]:
    equation = st.modified_equation(layer)
    if isinstance(equation, EquationFacts):
        yield from (*first_order_lines(equation), *momentum_lines(equation))
    else:
        yield from str(equation).splitlines()[1:]
    ellipse = None if layer.random_symbols else st.stability(layer).ellipse
    if ellipse is not None:
        lengths = (ellipse.centre, ellipse.real_axis, ellipse.imaginary_axis)
        centre, real, imaginary = (number(v, is_exact=layer.exact) for v in lengths)
        yield f"stable inside the ellipse with centre {centre} and half axes {real} (real), {imaginary} (imaginary)"


if __name__ == "__main__":
    main(["demo", *sys.argv[1:]])
