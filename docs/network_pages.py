"""A page for each network of the articles, from one template: what is derived is asked of the package at build time.

An `Article` says what a publication says, and what is true; scheme, modified equation, stability, block, cost and
figures come from the registry, the mathematics and docs/results. Each truth names the test that shows it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pages import written

import schemetools as st
from schemetools.cli.screen import fitted
from schemetools.schemes.masked import MaskedEuler

HERE = Path(__file__).parent
FOLDER = HERE / "literature"
COLUMNS = 88  # of a block of text on the page


@dataclass(frozen=True)
class Claim:
    """What an article says, what is true, and the test that shows it (file::name)."""

    says: str
    truth: str
    test: str


@dataclass(frozen=True)
class Article:
    """A network of the literature: `schemes` by name, the `models` of the registry, the `table` that measures it."""

    name: str
    title: str
    formula: str
    schemes: tuple[str, ...]
    models: tuple[str, ...]
    claims: tuple[Claim, ...]
    table: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()  # in the labels of the rows that are measured


TESTS = "tests/analysis/test_articles.py::"
LM = "test_lm_resnet_rescales_time_and_its_momentum_is_minus_k"
VERNER = "test_verner_the_coefficients_of_the_published_code_are_of_no_consistent_method"
POLYNET = "test_polynet_follows_backward_euler_through_order_m_and_is_no_backward_euler"
STOCHASTIC = "tests/analysis/modified/test_stochastic.py::"

ARTICLES = (
    Article(
        "resnet",
        "ResNet and ResNeXt",
        "u_(n+1) = u_n + f_n(u_n);   ResNeXt: f = T_1 + ... + T_C",
        ("euler",),
        ("resnet20", "resnet110", "resnet50", "resnext29_8x64d"),
        (
            Claim(
                "A ResNet is the forward Euler method, and two stacked blocks are nearly the midpoint rule.",
                "It is Euler's method with h = 1 for f(t, u). Two stacked blocks have b = (1/2, 1/2), where the "
                "midpoint "
                "rule has (0, 1): they stay of order 1, and f'f stands in their modified equation.",
                TESTS + "test_stacked_euler_steps_are_no_midpoint",
            ),
        ),
        "schemes",
        words=("ResNet-20",),
    ),
    Article(
        "lm_resnet",
        "LM-ResNet and LM-ResNeXt",
        "u_(n+1) = (1 - k_n) u_n + k_n u_(n-1) + f_n(u_n)",
        ("lm",),
        ("resnet20", "resnet56", "resnext29_8x64d"),
        (
            Claim(
                "(1 + k) u' + (1 - k)/2 h u'' = f: the learned k brings momentum into the network.",
                "The relation holds as a formal series, and rescales time by 1 + k. The momentum coefficient is -k, "
                "so only "
                "k < 0 is momentum; k > 0 is a memory that damps oscillations. As an equation of second order it "
                "has a fast "
                "mode that the scheme does not have.",
                TESTS + LM,
            ),
            Claim(
                "LM-ResNet is the more stable scheme.",
                "Zero-stable are -1 < k <= 1. The region is an ellipse, with the real interval 2 (1 - k) in h f'; in "
                "rescaled time 2 (1 - k)/(1 + k), longer than Euler's for k < 0 and shorter for k > 0.",
                TESTS + LM,
            ),
        ),
        "schemes",
        {"scheme": "lm"},
        ("LM-",),
    ),
    Article(
        "polynet",
        "PolyNet",
        "u + F(u) + F(F(u))",
        ("polynet(2)", "polynet(3)"),
        ("polynet",),
        (
            Claim(
                "PolyNet approximates backward Euler.",
                "For linear F it truncates the Neumann series of (I - h F)^(-1). Its modified equation is that of "
                "backward "
                "Euler through order m and no further; its order is 1, its region bounded, real interval [-1, 0] at "
                "m = 2.",
                TESTS + POLYNET,
            ),
            Claim(
                "The block u + F(u) + F(F(u)) is a step for u' = F(u).",
                "For nonlinear F it is no scheme: it evaluates F near 0, and its limit is u' = F(u) + F(0).",
                TESTS + "test_the_literal_polynet_block_follows_another_equation",
            ),
        ),
    ),
    Article(
        "fractalnet",
        "FractalNet",
        "f_(C+1) = (f_C o f_C + f_1)/2",
        ("fractalnet(2)", "fractalnet(3)", "fractalnet(2, join=(2, -1))"),
        ("fractalnet",),
        (
            Claim(
                "FractalNet is a Runge-Kutta method.",
                "In form, if its convolutions have a skip, which they do not. With the mean as join its order is 1 "
                "for any "
                "number of columns; with the weights (2, -1) two columns are the midpoint rule.",
                TESTS + "test_fractalnet_with_mean_join_is_of_order_one",
            ),
        ),
    ),
    Article(
        "revnet",
        "RevNet",
        "p += F(q), then q += G(p)",
        ("revnet",),
        ("revnet38",),
        (
            Claim(
                "RevNet is the forward Euler method of p' = F(q), q' = G(p).",
                "G is evaluated at the new p: it is the symplectic Euler method. The terms of first order have "
                "opposite "
                "signs in p and q, where forward Euler has the same; a linear step keeps areas, and can be inverted "
                "exactly.",
                TESTS + "test_revnet_is_symplectic_euler_and_not_forward_euler",
            ),
        ),
    ),
    Article(
        "ho_resnet",
        "HO-ResNet",
        "Midpoint, RK-4 and RK-8 blocks, a branch for each evaluation, a ReLU behind the sum",
        ("ho_midpoint", "ho_rk4", "ho_rk8"),
        ("ho_resnet",),
        (
            Claim(
                "A higher order is more accurate, converges faster and is more robust.",
                "An order belongs to one field: with a branch for each evaluation nothing is integrated, and the "
                "order is "
                "void. Nested, the order is 1 unless the inner scheme is Euler.",
                TESTS + "test_nested_schemes_collapse_to_order_one_and_separate_branches_void_the_order",
            ),
            Claim(
                "RK-8 is Verner's method.",
                "Verner's has order 8. The published code flips the sign of one weight and changes three "
                "coefficients: its "
                "weights sum to 97/70, and its limit is u' = 97/70 f.",
                TESTS + VERNER,
            ),
            Claim(
                "Factors may be flexible.",
                "A factor other than 1/2 between the stages makes the order 1, a factor s of the increment the "
                "limit s f.",
                TESTS + "test_a_flexible_factor_costs_the_order",
            ),
        ),
        "ho-resnet",
        words=("Midpoint", "RK"),
    ),
    Article(
        "stochastic_depth",
        "Stochastic depth, on ResNet and LM-ResNet",
        "u_(n+1) = u_n + xi_n f_n(u_n),   xi_n = 1 with probability p, else 0",
        ("stochastic_depth(p)", "lm_stochastic_depth(k, p)"),
        ("resnet110",),
        (
            Claim(
                "dX = p f dt + sqrt(p (1 - p)) f (1, 0) dB.",
                "With h = 1; in general the noise is sqrt(h p (1 - p)) f, one scalar Brownian motion for the whole "
                "state. It "
                "is an approximation in distribution, of weak order 1; weak order 2 needs the drift -(h/2) p^2 f'f.",
                STOCHASTIC,
            ),
        ),
        "stochastic-depth",
        {"scheme": "stochastic_depth(p)"},
        ("stochastic depth",),
    ),
    Article(
        "shake_shake",
        "Shake-Shake",
        "u + eta F(u) + (1 - eta) G(u),   eta uniform on (0, 1)",
        ("shake_shake",),
        ("shake_shake",),
        (
            Claim(
                "dX = (F + G)/2 dt + (F - G)/sqrt(12) (1, 0) dB.",
                "With h = 1 and one scalar Brownian motion; weak order 2 needs the drift -(h/2) g'g, g = (F + G)/2. "
                "A gate "
                "drawn again for the backward pass stands outside this equation.",
                STOCHASTIC,
            ),
        ),
        "shake-shake",
        words=("Shake", "shaken", "Lie"),
    ),
    Article(
        "nested_transformer",
        "Transformer layers, nested",
        "v = u + attention(u),   u_new = v + MLP(v)",
        ("lie_trotter", "strang", "macaron"),
        ("nested_transformer",),
        (
            Claim(
                "An inner step may be the increment of an outer scheme.",
                "Then the order is 1 unless the inner scheme is Euler. The layer as published is Lie-Trotter "
                "splitting of "
                "attention and MLP with Euler steps, of order 1.",
                TESTS + "test_nested_schemes_collapse_to_order_one_and_separate_branches_void_the_order",
            ),
        ),
        "transformer",
        words=("nested", "attention", "layer"),
    ),
    Article(
        "dropout",
        "Residual networks with dropout",
        "u + f(u) masked per unit, survivors over 1 - p",
        ("dropout_output(1/10)",),
        (),
        (
            Claim(
                "A residual network with dropout is equivalent to a discretised stochastic equation.",
                "In distribution, to a weak order, and for masks on the branch: one Brownian motion per unit. A "
                "mask on "
                "the skip has no limit unless its variance shrinks with h.",
                "tests/analysis/modified/test_masked.py::",
            ),
        ),
    ),
)


def page(article: Article) -> str:
    """The page of a network, in MyST."""
    return "\n".join(
        [*_head(article), *_mathematics(article), *_claims(article), *_network(article), *_measured(article)]
    )


def _head(article: Article) -> Iterator[str]:
    yield from (f"# {article.title}", "", "The article's step:", "", "```text", article.formula, "```", "")
    sources = dict.fromkeys(source for name in article.schemes for source in st.reference(st.get(name)).split("; "))
    yield from (f"Sources: {'; '.join(sources)}.", "")


def _mathematics(article: Article) -> Iterator[str]:
    yield from ("## The scheme and its modified equation", "")
    for name in article.schemes:
        scheme = st.get(name)
        order = {"order": 3} if not scheme.random_symbols else {}
        yield from ("```text", *fitted(str(st.modified_equation(scheme, **order)), COLUMNS), "```", "")
    schemes = [s for s in map(st.get, article.schemes) if not isinstance(s, MaskedEuler) and len(s.free_symbols) < 2]
    if schemes:
        rows, notes = st.present.stability_table(schemes)
        yield from (
            "## Stability",
            "",
            *_table(st.present.HEADER, rows),
            "",
            *(f"\\{note}  " for note in notes),
            "",
        )  # a star, no list


def _claims(article: Article) -> Iterator[str]:
    yield from ("## What the article says, and what is true", "")
    for claim in article.claims:
        yield from (f"- *Says:* {claim.says}", f"  *True:* {claim.truth} (`{claim.test}`)")
    yield ""


def _network(article: Article) -> Iterator[str]:
    if not article.models:
        return
    built = {name: st.nn.models.build(name, **article.options) for name in article.models}
    yield from ("## Block and cost", "")
    blocks = [m for m in built[article.models[0]].modules() if isinstance(m, st.nn.blocks.block.Block)]
    yield from ("```text", repr(blocks[-1]), "```", "")
    yield from ("A forward pass on one image; depth counts the residual branches that are evaluated.", "")
    head = ("network", "parameters", "multiply-adds", "depth", "live states")
    yield from _table(
        head, [(f"`{name}`", *(f"{figure:,}" for figure in st.nn.cost(net))) for name, net in built.items()]
    )
    yield ""


def _measured(article: Article) -> Iterator[str]:
    yield from ("## Measured here", "")
    rows = [
        (record["table"], record["budget"]["name"], row["label"], _spread(row["error"]))
        for record in results()
        for row in record["rows"]
        if any(word in row["label"] for word in article.words)
    ]
    if rows:
        yield from (*_table(("table", "budget", "network", "test error in %"), rows), "")
    command = f"`schemetools reproduce {article.table} --data FOLDER`"
    nothing = "Nothing yet. " if not rows else ""
    yield f"{nothing}{command} measures it." if article.table else "There is no table of its own for this network."
    yield ""


def results() -> list[dict[str, Any]]:
    """The tables under docs/results that `schemetools reproduce` made."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "results").glob("*.json"))]
    return [record for record in found if "table" in record]


def _spread(summary: dict[str, Any]) -> str:
    spread = "" if summary["spread"] is None else f" ± {summary['spread']:.2f}"
    return f"{summary['mean']:.2f}{spread} ({len(summary['values'])} seeds)"


def _table(head: Any, rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


setup = written(FOLDER, lambda: ((article.name, page(article)) for article in ARTICLES))
