"""The questions of stability, stated once: the table that lists them."""

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What an answer is: yes or no, a number, a formula, or something to look at."""

    VERDICT = "verdict"
    NUMBER = "number"
    FORMULA = "formula"
    PICTURE = "picture"


class Question(NamedTuple):
    """A question by the name of its attribute; with a label it stands in `show`, with a column in tables as well.

    `other` is its title where it has no label.
    """

    name: str
    kind: Kind
    label: str = ""
    column: str = ""
    other: str = ""

    @property
    def title(self) -> str:
        """What it is called where all are listed."""
        return self.label or self.other


QUESTIONS = (
    Question("is_zero_stable", Kind.VERDICT, "zero-stable", "zero-stable"),
    Question("is_a_stable", Kind.VERDICT, "A-stable", "A"),
    Question("is_l_stable", Kind.VERDICT, "L-stable", "L"),
    Question("is_a0_stable", Kind.VERDICT, other="A0-stable"),
    Question("is_i_stable", Kind.VERDICT, other="I-stable"),
    Question("is_algebraically_stable", Kind.VERDICT, other="algebraically stable"),
    Question("is_an_stable", Kind.VERDICT, other="AN-stable"),
    Question("is_stiffly_accurate", Kind.VERDICT, other="stiffly accurate"),
    Question("limit", Kind.NUMBER, other="limit"),
    Question("angle", Kind.NUMBER, other="angle of A(alpha)"),
    Question("real_interval", Kind.NUMBER, "real interval", "real"),
    Question("imaginary_interval", Kind.NUMBER, "imaginary interval", "imaginary"),
    Question("ssp_coefficient", Kind.NUMBER, other="SSP coefficient"),
    Question("area", Kind.NUMBER, other="area"),
    *(Question(name, Kind.FORMULA) for name in ("polynomial", "function", "second_moment", "ellipse")),
    *(Question(name, Kind.FORMULA) for name in ("dissipation", "dispersion")),
    *(Question(name, Kind.PICTURE) for name in ("contains", "region", "boundary", "curves", "window", "growth")),
    *(Question(name, Kind.PICTURE) for name in ("locus", "dominance", "zeros_and_poles")),
)
BY_NAME = {question.name: question for question in QUESTIONS}
