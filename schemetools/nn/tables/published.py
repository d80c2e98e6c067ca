"""The tables of the literature: which networks, which claim, which figures.

Sources: he2016a is arXiv 1512.03385 (tables 3 and 6), huang2016 arXiv 1603.09382, xie2017 arXiv 1611.05431, lu2018
arXiv 1710.10121 with its project page, gastaldi2017 arXiv 1705.07485, luo2022 arXiv 2103.15244.
"""

from typing import Any

from schemetools.nn.tables.table import Published, Row, Table

DEPTHS = (20, 32, 44, 56, 110)
HE_CIFAR10 = {20: "8.75", 32: "7.51", 44: "7.17", 56: "6.97", 110: "6.61"}
LM_CIFAR10 = {20: "8.33", 32: "7.18", 44: "6.66", 56: "6.31"}
TINY = {"width": 4}
NOISE = (0.05, 0.1)


def _published(error: str | None, source: str, *, checked: bool = True) -> tuple[Published, ...]:
    return () if error is None else (Published(error, source, checked),)


def _depths(name: str, data: str, classes: int, euler: dict[int, str], lm: dict[int, str]) -> Table:
    rows: list[Row] = []
    for depth in DEPTHS:
        resnet = f"ResNet-{depth}"
        rows.append(Row(resnet, f"resnet{depth}", published=_published(euler.get(depth), "he2016a")))
        figure = _published(lm.get(depth), "lu2018", checked=False)
        rows.append(Row(f"LM-ResNet-{depth}", f"resnet{depth}", "lm", against=resnet, published=figure))
    claim = "LM-ResNet is more accurate than a ResNet of the same depth"
    return Table(name, f"LM-ResNet against ResNet on {data}", data, classes, claim, tuple(rows), tiny=TINY)


def _compression() -> Table:
    rows = (
        Row("ResNet-110", "resnet110", published=_published("6.61", "he2016a")),
        Row("ResNet-56", "resnet56", against="ResNet-110", published=_published("6.97", "he2016a")),
        Row(
            "LM-ResNet-56",
            "resnet56",
            "lm",
            against="ResNet-110",
            published=_published("6.31", "lu2018", checked=False),
        ),
    )
    claim = "LM-ResNet-56 is as accurate as ResNet-110, with half the parameters"
    return Table("compression", "LM-ResNet-56 against ResNet-110", "CIFAR-10", 10, claim, rows, tiny=TINY)


def _stochastic_depth() -> Table:
    dropped, lm_dropped = "stochastic_depth(p)", "lm_stochastic_depth(k, p)"
    named = "{}, stochastic depth"
    rows = (
        Row("ResNet-110", "resnet110", published=_published("6.61", "lu2018")),
        Row(
            named.format("ResNet-110"),
            "resnet110",
            dropped,
            against="ResNet-110",
            published=_published("5.25", "lu2018"),
        ),
        Row("LM-ResNet-56", "resnet56", "lm", published=_published("6.31", "lu2018", checked=False)),
        Row(
            named.format("LM-ResNet-56"),
            "resnet56",
            lm_dropped,
            against="LM-ResNet-56",
            published=_published("5.14", "lu2018"),
        ),
        Row("LM-ResNet-110", "resnet110", "lm", against="ResNet-110"),
        Row(
            named.format("LM-ResNet-110"),
            "resnet110",
            lm_dropped,
            against="LM-ResNet-110",
            published=_published("4.80", "lu2018"),
        ),
    )
    claim = "stochastic depth helps LM-ResNet as it helps ResNet"
    return Table("stochastic-depth", "Stochastic depth on both", "CIFAR-10", 10, claim, rows, tiny=TINY)


def _resnext() -> Table:
    figures = {"8x64d": ("17.77", "17.49"), "16x64d": ("17.31", "16.79")}
    rows: list[Row] = []
    for size, (euler, lm) in figures.items():
        plain = f"ResNeXt-29 ({size})"
        rows.append(Row(plain, f"resnext29_{size}", published=_published(euler, "lu2018")))
        figure = _published(lm, "lu2018")
        rows.append(Row(f"LM-ResNeXt-29 ({size})", f"resnext29_{size}", "lm", against=plain, published=figure))
    notes = (
        "The networks here are pre-activation; published is 17.31 for ResNeXt-29 (16x64d), 17.65 with pre-activation.",
    )
    title, claim = "LM-ResNeXt-29 against ResNeXt-29", "LM-ResNeXt is more accurate than ResNeXt"
    return Table("resnext", title, "CIFAR-100", 100, claim, tuple(rows), tiny={"width": 8}, notes=notes)


def _ho_resnet() -> Table:
    blocks = {"blocks": [4, 5, 5]}
    rows = [Row("ResNet-30", "resnet20", None, blocks)]
    for short, scheme in (("Midpoint", "ho_midpoint"), ("RK-4", "ho_rk4")):
        flexible: dict[str, Any] = blocks | {"init": {"a": 0.5}}
        kinds: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
            ("separate", scheme, blocks, {}),
            ("shared", scheme, blocks | {"shared": "depth"}, {}),
            ("decayed factor", f"{scheme}(a)", flexible, {"coefficient_decay": 1e-2}),
            ("learned factor", f"{scheme}(a)", flexible, {}),
        )
        rows += [
            Row(f"{short}, {kind}", "resnet20", text, options, settings, against="ResNet-30")
            for kind, text, options, settings in kinds
        ]
    notes = (
        "All rows have 14 residual branches, 4 + 5 + 5, as many as ResNet-30: equal depth. Branches are separate, one "
        "per evaluation, except in the rows that say shared.",
        "Published is a difference: ResNet-30 better by 2.15 points, ResNet-58 by 2.35 (luo2022, abstract).",
    )
    claim = "a higher order at equal depth gives two points, converges faster and is more robust"
    title = "HO-ResNet at equal depth"
    return Table("ho-resnet", title, "CIFAR-10", 10, claim, tuple(rows), tiny=TINY, noise=NOISE, notes=notes)


def _ho_rk8() -> Table:
    blocks: dict[str, Any] = {"blocks": [16, 17, 17]}
    flexible = blocks | {"init": {"s": 1.0}}
    rows = (
        Row("ResNet-102", "resnet20", None, blocks),
        Row("RK-4, separate", "resnet20", "ho_rk4", blocks, against="ResNet-102"),
        Row("RK-8, 14 evaluations", "resnet20", "ho_rk8", blocks, against="ResNet-102"),
        Row("RK-8, 14 evaluations, shared", "resnet20", "ho_rk8", blocks | {"shared": "depth"}, against="ResNet-102"),
        Row(
            "RK-8, decayed factor",
            "resnet20",
            "ho_rk8(s)",
            flexible,
            {"coefficient_decay": 1e-2},
            against="ResNet-102",
        ),
        Row("RK-8, learned factor", "resnet20", "ho_rk8(s)", flexible, against="ResNet-102"),
        Row(
            "RK-8, 16 evaluations, error scaling",
            "resnet20",
            "ho_rk8",
            blocks | {"error_scaling": 0.1},
            against="ResNet-102",
        ),
    )
    notes = (
        "All rows have 50 residual branches, 16 + 17 + 17: a step of 16 evaluations fits, beside one of 14 two steps "
        "of Euler. The coefficients are Verner's; in the published code a sign and three numbers differ from them.",
        "Error scaling: u + r (y - u), r = min(1, (tol |y - u| / |e|)^(1/8)) per image, tol = 1/10, e the error "
        "estimate. The article does not say how its factor follows from the error; this is one reading.",
    )
    claim = "a higher order at equal depth gives two points, converges faster and is more robust"
    title = "HO-ResNet with Verner's method of order 8"
    return Table("ho-resnet-rk8", title, "CIFAR-10", 10, claim, rows, tiny=TINY, noise=NOISE, notes=notes)


def _shake_shake() -> Table:
    model = "shake_shake"
    rows = (
        Row("both branches, not shaken", model, None, {"gates": "sample", "shaken": False}),
        Row(
            "Shake-Shake, per image",
            model,
            None,
            {"gates": "sample"},
            against="both branches, not shaken",
            published=_published("3.55", "gastaldi2017", checked=False),
        ),
        Row(
            "Shake-Shake, per batch",
            model,
            None,
            {"gates": "batch"},
            against="both branches, not shaken",
            published=_published("3.67", "gastaldi2017", checked=False),
        ),
        Row("Lie-Trotter of both branches", model, "lie_trotter", against="both branches, not shaken"),
    )
    claim = "mixing two branches by chance regularises"
    title = "Shake-Shake-26 2x32d"
    notes = (
        "Not shaken: the gate of the forward pass is also that of the backward pass, the stochastic scheme itself.",
    )
    return Table("shake-shake", title, "CIFAR-10", 10, claim, rows, tiny={"width": 8}, notes=notes)


def _transformer() -> Table:
    model, plain = "nested_transformer", "transformer layer"
    rows = (
        Row(plain, model),
        Row("nested in Midpoint", model, "midpoint", against=plain),
        Row("nested in RK-4", model, "rk4", against=plain),
        Row("attention and MLP as fields, Strang", model, "strang", against=plain),
        Row("attention and MLP as fields, Macaron", model, "macaron", against=plain),
    )
    notes = ("The article describes the nesting and trains no transformer, so there is no published figure.",)
    claim = "nesting a layer in a scheme of higher order improves it"
    title = "Nested transformer"
    tiny = {"width": 16, "layers": 4, "heads": 2}
    return Table("transformer", title, "CIFAR-10", 10, claim, rows, tiny=tiny, notes=notes)


def _imagenet() -> Table:
    figures = {50: ("24.7", "24.0"), 101: ("23.6", "22.6"), 152: ("23.0", None)}
    rows: list[Row] = []
    for depth, (euler, lm) in figures.items():
        resnet = f"ResNet-{depth}"
        rows.append(Row(resnet, f"resnet{depth}", published=_published(euler, "lu2018")))
        if lm is not None:
            figure = _published(lm, "lu2018")
            rows.append(Row(f"LM-ResNet-{depth}", f"resnet{depth}", "lm", against=resnet, published=figure))
    notes = (
        "Published for LM-ResNet-50 is 24.0 on the project page and 23.8 in a summary of the article; both are quoted.",
        "Images are resized to 224 x 224, 150 kB each; a store holds those that are more than fits in memory.",
    )
    claim, title = "LM-ResNet-101 is more accurate than ResNet-152", "LM-ResNet against ResNet on ImageNet"
    return Table("imagenet", title, "ImageNet", 1000, claim, tuple(rows), size=224, tiny={"width": 8}, notes=notes)


def _schemes() -> Table:
    resnet, lm, dropped = "ResNet-20", "LM-ResNet-20", "{}, stochastic depth"
    rows = (
        Row(resnet, "resnet20", published=_published(HE_CIFAR10[20], "he2016a")),
        Row(lm, "resnet20", "lm", against=resnet, published=_published(LM_CIFAR10[20], "lu2018", checked=False)),
        Row(dropped.format(resnet), "resnet20", "stochastic_depth(p)", against=resnet),
        Row(dropped.format(lm), "resnet20", "lm_stochastic_depth(k, p)", against=lm),
        Row("RK4-ResNet-20, shared branches", "resnet20", "rk4", {"shared": True}, against=resnet),
    )
    claim = "LM-ResNet is better than ResNet, a higher order is better than Euler, and stochastic depth helps both"
    notes = (
        "rk4 with shared branches has the parameters of ResNet-20 and not its depth: a stage of ResNet-20 has three "
        "branches, and a step of rk4 evaluates one of them four times.",
    )
    title = "One ResNet-20, five schemes"
    return Table("schemes", title, "CIFAR-10", 10, claim, rows, tiny=TINY, noise=NOISE, notes=notes)


_ALL = (
    _schemes(),
    _depths("lm-cifar10", "CIFAR-10", 10, HE_CIFAR10, LM_CIFAR10),
    _depths("lm-cifar100", "CIFAR-100", 100, {}, {110: "25.87"}),
    _compression(),
    _stochastic_depth(),
    _resnext(),
    _ho_resnet(),
    _ho_rk8(),
    _shake_shake(),
    _transformer(),
    _imagenet(),
)
TABLES = {table.name: table for table in _ALL}
