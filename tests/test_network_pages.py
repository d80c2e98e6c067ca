"""The pages of the networks: each has one, each truth names a test that exists, each figure is asked of the package."""

from pathlib import Path

import pytest

import schemetools as st
from tests.documentation import extension

pytest.importorskip("sphinx", reason="the documentation's tools are not installed")
ROOT = Path(__file__).parent.parent


PAGES = extension("network_pages")


def test_every_truth_names_a_test_that_exists():
    for article in PAGES.ARTICLES:
        for claim in article.claims:
            path, _, name = claim.test.partition("::")
            assert f"def {name}" in (ROOT / path).read_text(encoding="utf-8"), claim.test


def test_every_family_of_networks_has_a_page_and_every_table_a_network():
    families = {"resnet", "resnext29", "revnet38", "polynet", "fractalnet", "ho_resnet", "nested_transformer"}
    shown = {model for article in PAGES.ARTICLES for model in article.models}
    assert shown <= set(st.nn.models.names())
    assert {f for f in families | {"shake_shake"} if any(model.startswith(f) for model in shown)} == families | {
        "shake_shake"
    }
    assert {article.table for article in PAGES.ARTICLES} - {None} <= set(st.nn.tables.names())


@pytest.mark.parametrize("name", ["lm_resnet", "stochastic_depth", "dropout", "revnet"])
def test_a_page_says_what_the_package_derives(name):
    article = next(a for a in PAGES.ARTICLES if a.name == name)
    text = PAGES.page(article)
    for heading in ("## The scheme and its modified equation", "## What the article says", "## Measured here"):
        assert heading in text
    assert str(st.modified_equation(st.get(article.schemes[0]))).splitlines()[0] in text
    for model in article.models[:1]:
        assert f"{st.nn.cost(st.nn.models.build(model, **article.options)).parameters:,}" in text
