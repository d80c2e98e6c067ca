"""Coverage-guided fuzzing of everything that reads what a person gives: `make fuzz`.

    python tests/fuzz/target.py NAME [corpus folder] [libFuzzer's options]

NAME is a reader below. Nothing but SchemeError may come out, and an input may take ten seconds and 2 GB at most. What it
finds is made a test in the project's own words, beside the reader's other tests.
"""

import io
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["schemetools"]):
    import schemetools as st
    from schemetools import exact
    from schemetools.schemes.files import from_toml

SCRATCH = Path(tempfile.mkdtemp(prefix="schemetools-fuzz-"))


def parser(data: bytes) -> None:
    exact.parse(_text(data), {"k", "a"})


def formula(data: bytes) -> None:
    exact.expression(_text(data))


def toml(data: bytes) -> None:
    from_toml(_text(data), "it.toml")


def name(data: bytes) -> None:
    st.get(_text(data))


def tree(data: bytes) -> None:
    levels = tuple(data[:24])
    st.Tree.from_level_sequence(levels)


def coefficients(data: bytes) -> None:
    """A two-stage tableau of four texts."""
    parts = (_text(data).split("|") + ["0"] * 4)[:4]
    st.RungeKutta([[parts[0], 0], [parts[1], 0]], parts[2:])


def checkpoint(data: bytes) -> None:
    from schemetools.nn.training.checkpoints import load_checkpoint

    path = SCRATCH / "it.pt"
    path.write_bytes(data)
    load_checkpoint(path)


def image(data: bytes) -> None:
    from schemetools.nn.training.data import open_images

    for part in ("train", "test"):
        for label in ("cat", "dog"):
            folder = SCRATCH / "images" / part / label
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "0.png").write_bytes(data)
    open_images(SCRATCH / "images")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _seeds(reader: str) -> list[bytes]:
    """What the reader is meant for, so that mutation begins at valid input."""
    if reader in ("parser", "formula", "coefficients"):
        texts = [
            "sqrt(3)/6",
            "(9-sqrt(6))/150",
            "root(6*x^3-18*x^2+9*x-1, 2/5, 1/2)",
            "cos(pi/18)",
            "k/2-1e-3",
            "1|k|0|1",
        ]
    elif reader == "toml":
        from schemetools.schemes.files import to_toml

        texts = [to_toml(st.get(s)) for s in ("rk4", "lm", "bdf(3)", "ars222", "yoshida4", "lax_wendroff")]
    elif reader == "name":
        texts = ["rk4", "lm(k=3/10)", "lm:k=0.3", "bdf(4)", "lines(rk4, -c*upwind(1,3))", "theta(t=1/2)"]
    elif reader == "image":
        from PIL import Image

        found = []
        for kind, mode in (("PNG", "RGB"), ("JPEG", "RGB"), ("PNG", "L"), ("GIF", "P")):
            stream = io.BytesIO()
            Image.new(mode, (8, 8), 1).save(stream, kind)
            found.append(stream.getvalue())
        return found
    elif reader == "checkpoint":
        from schemetools.nn.training.checkpoints import save_checkpoint

        save_checkpoint(SCRATCH / "seed.pt", {"step": 1})
        return [(SCRATCH / "seed.pt").read_bytes()]
    else:
        return [bytes((1, 2, 3, 2)), bytes((1,))]
    return [text.encode() for text in texts]


READERS = {f.__name__: f for f in (parser, formula, toml, name, tree, coefficients, checkpoint, image)}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in READERS:
        sys.exit(f"name a reader: {', '.join(READERS)}")
    read = READERS[sys.argv[1]]
    seeds = SCRATCH / "seeds"
    seeds.mkdir()

    def one(data: bytes) -> None:
        try:
            read(data)
        except st.SchemeError as error:
            if "\n" in str(error) or not str(error):
                raise AssertionError(f"the refusal is no sentence: {error!r}") from error

    # What a reader loads when it is first asked, torch among it, is no part of the time of an input.
    with atheris.instrument_imports(include=["schemetools"]):
        for i, seed in enumerate(_seeds(sys.argv[1])):
            (seeds / str(i)).write_bytes(seed)
            one(seed)

    atheris.Setup([sys.argv[0], *sys.argv[2:], str(seeds), "-timeout=10", "-rss_limit_mb=2048"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
