"""Scheme files: every catalog entry round-trips, and a hostile file is one error with line and key."""

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as hyp
from sympy import Symbol

import schemetools as st
from schemetools.errors import FileError
from schemetools.schemes.files import to_toml


def read(tmp_path, text):
    path = tmp_path / "scheme.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return st.load(path)


@pytest.mark.parametrize("name", st.names())
def test_catalog_entries_round_trip(name, tmp_path):
    scheme = st.get(name)
    st.save(scheme, tmp_path / "scheme.toml")
    back = st.load(tmp_path / "scheme.toml")
    assert back == scheme and hash(back) == hash(scheme)
    assert (back.name, back.reference, back.exact) == (scheme.name, scheme.reference, scheme.exact)


@pytest.mark.parametrize(
    "scheme",
    [
        st.lm(k=0.12345678901234567),
        st.lm().normal_form(),
        st.RungeKutta([["root(6*x^3-18*x^2+9*x-1, 2/5, 1/2)"]], ["sqrt(3)/6"], name='a "quoted" \\ é name'),
        st.RungeKutta([[0]], [st.random_symbol("xi", "uniform", 0, Symbol("p"))], b_hat=[1]),
        st.GeneralLinear([[0, 0], [1, 0]], [[0, 1], [1, 0]], [[1, 0], [0, 1]], [[1, 0], [0, 1]], ["F", "G"], parts=2),
        st.GeneralLinear(
            [[0, 0], [1, 0]], [[1], [1]], [["1/2", "1/2"]], [[1]], ["\N{MATHEMATICAL FRAKTUR SMALL F}", "g\x7f"]
        ),
    ],
    ids=str,
)
def test_other_schemes_round_trip(scheme, tmp_path):
    st.save(scheme, tmp_path / "scheme.toml")
    back = st.load(tmp_path / "scheme.toml")
    assert back == scheme and back.name == scheme.name and back.exact == scheme.exact


def test_a_file_as_a_person_writes_it(tmp_path):
    scheme = read(
        tmp_path,
        """
        name = "mine"
        A = [["0", "0"], ["a", "0"]]
        b = ["1 - 1/(2*a)", "1/(2*a)"]
        [symbols]
        a = "the node"
        """,
    )
    a = Symbol("a")
    assert scheme == st.RungeKutta([[0, 0], [a, 0]], [1 - 1 / (2 * a), 1 / (2 * a)]) and scheme.name == "mine"
    assert read(tmp_path, "alpha = [0, -1, 1]\nbeta = [-0.5, 1.5, 0]") == st.LinearMultistep(
        [0, -1, 1], ["-1/2", "3/2", 0]
    )


EULER = 'A = [["0"]]\nb = ["1"]\n'
HOSTILE_VALUES = [
    *[
        "__import__('os').system('touch /tmp/owned')",
        "os.system",
        "().__class__.__bases__",
        "eval('1')",
        "exec",
        "lambda: 1",
        "k",
        "h",
    ],
    *[
        "10**10**10",
        "9**9**9",
        "1e400",
        "1/0",
        "1j",
        "nan",
        "inf",
        "",
        "0x1",
        "[1]",
        "{}",
        "1;2",
        "a.b",
        "f(1)",
        "1 if 1 else 0",
    ],
    *[
        "(" * 100_000,
        "(" * 1000 + "1" + ")" * 1000,
        "1" * 5000,
        "-" * 200 + "1",
        "2**(1/2)",
        "root(x^2+1,0,1)",
        "root(x,0)",
        "\u202e1",
        "½",
    ],
    *[
        "(1+k)^64",
        "sqrt",
        "root",
        "1,2",
        "1//2",
        "1<2",
        "not 1",
        "a=1",
        "$(true)",
        "`true`",
        "%s",
        "{0.__class__}",
        "&a [*a]",
        "*a",
        "!!python/object",
    ],
]


@pytest.mark.parametrize("key", ["A", "b", "c", "b_hat"])
@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES)))
def test_a_hostile_coefficient_names_line_and_key(tmp_path, key, value):
    table = {"A": [["0"]], "b": ["1"], "c": ["0"], "b_hat": ["1"]}
    table[key] = [[value]] if key == "A" else [value]
    text = "# a comment\n" + "\n".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items())
    start = time.process_time()
    with pytest.raises(FileError) as caught:
        read(tmp_path, text)
    line = 2 + list(table).index(key)
    assert f"line {line}, key {key}[0]" in str(caught.value) and len(str(caught.value)) < 500
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "key A: is missing"),
        ('b = ["1"]', "key A: is missing"),
        ('A = [["0"]]', "key b: is missing"),
        ('A = [["0"]]\nA = [["0"]]\nb = ["1"]', "line 2, key A: is given twice"),
        (EULER + "\n[symbols]\nk = 1\nk = 2", "line 6, key k: is given twice"),
        ('A = [["0", "0"], ["1"]]\nb = ["1", "0"]', "line 1, key A: A is ragged"),
        ('A = [["0"]]\nb = ["1", "0", "0"]', "key A.*b has 3 weights"),
        ('A = "0"\nb = ["1"]', "line 1, key A: must be an array"),
        ('A = [[["0"]]]\nb = ["1"]', r"key A\[0\]\[0\]"),
        ("A = [[nan]]\nb = [1]", r"line 1, key A\[0\]\[0\]: NaN is not finite"),
        ("A = [[0]]\nb = [inf]", r"line 2, key b\[0\]: Infinity is not finite"),
        ("A = [[0]]\nb = [1e999999999]", r"line 2, key b\[0\]: the exponent"),
        ("A = [[0]]\nb = [true]", r"line 2, key b\[0\]"),
        ("A = [[0]]\nb = [1979-05-27]", r"line 2, key b\[0\]"),
        ("A = [[0]]\nb = [" + "7" * 100_000 + "]", "line 2, key b: an integer has more digits"),
        ("A = " + "[" * 100_000, "nested too deeply|not TOML"),
        ("A = [[0]\nb = [1]", "not TOML.*line"),
        ("&a [*a, *a]", "not TOML.*line 1"),
        ("- 1\n- 2", "not TOML.*line 1"),
        (EULER + 'd = ["1"]', "line 3, key d: unknown key"),
        (EULER + 'kind = "Euler"', "line 3, key kind: 'Euler' is no kind"),
        (EULER + "kind = 3", "line 3, key kind"),
        (EULER + "name = 3", "line 3, key name: must be a text"),
        (EULER + "symbols = 3", "line 3, key symbols: must be a table"),
        (EULER + "[symbols]\nt = 1", "line 4, key symbols.t: .*reserved"),
        (EULER + "[symbols]\nsqrt = 1", "key symbols.sqrt: .*taken"),
        (EULER + "[symbols]\nk = 1\n[random]\nk = 'bernoulli(1/2)'", "key random.k: .*taken"),
        (EULER + "[random]\nxi = 'cauchy(1)'", "line 4, key random.xi: 'cauchy' is no known distribution"),
        (EULER + "[random]\nxi = 'bernoulli(2)'", "key random.xi: .*no distribution"),
        (EULER + "[random]\nxi = 'bernoulli(1/2, 3)'", "key random.xi: bernoulli takes"),
        (EULER + "[random]\nxi = '__import__(1)'", "key random.xi"),
        (EULER + "[random]\nxi = 3", "key random.xi: 3 is no distribution"),
        ("alpha = [1, 1]\nbeta = [0, 1]", r"line 1, key alpha: .*rho\(1\)"),
        ('kind = "AdditiveRungeKutta"\n[fields]\nF = 3', "key fields.F: must be a table"),
        ('kind = "AdditiveRungeKutta"\n[fields.F]\nA = [[0]]\nb = [1]\nz = 1', "key fields.F.z: unknown key"),
        (
            'kind = "AdditiveRungeKutta"\npartitioned = 3\n[fields.F]\nA = [[0]]\nb = [1]',
            "key partitioned: must be a bool",
        ),
        ('kind = "GeneralLinear"\nA = [[0]]\nU = [[1]]\nB = [[1]]', "key V: is missing"),
        ('kind = "GeneralLinear"\nA = [["0","0"],["1","0"]]\nU = [[1],[0]]\nB = [[1,1]]\nV = [[1]]', "PolyNet"),
        (b"\xff\xfe", "not UTF-8"),
        (b"A = [[0]]\x00", "not TOML"),
        (b"#" * 10_000_000, "10000000 bytes"),
    ],
    ids=range(41),
)
def test_a_malformed_file_is_one_clear_error(tmp_path, text, expected):
    start = time.process_time()
    with pytest.raises(FileError, match=expected):
        read(tmp_path, text)
    assert time.process_time() - start < 1


@given(hyp.text(max_size=60))
@example("I")
@settings(max_examples=200, deadline=2000)
def test_any_text_in_a_coefficient_is_a_scheme_or_a_file_error(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(f"A = [[0]]\nb = [{json.dumps(text)}]\n", encoding="utf-8", errors="surrogatepass")
    try:
        scheme = st.load(path)
    except FileError as error:
        assert str(path) in str(error)
    else:
        assert scheme.b[0].is_complex and scheme.b[0].is_finite


def test_saving_replaces_whole_files_or_nothing(tmp_path):
    target = tmp_path / "scheme.toml"
    st.save(st.euler, target)
    st.save(st.rk4, target)
    assert st.load(target) == st.rk4 and [p.name for p in tmp_path.iterdir()] == ["scheme.toml"]
    with pytest.raises(FileError, match="cannot write"):
        st.save(st.rk4, tmp_path / "missing" / "scheme.toml")
    with pytest.raises(FileError, match="cannot read"):
        st.load(tmp_path / "nothing.toml")


def test_the_text_is_readable():
    assert to_toml(st.RungeKutta([[0, 0], ["1/2", 0]], [0, 1], name="m")).splitlines() == [
        'kind = "RungeKutta"',
        'name = "m"',
        "A = [",
        '    ["0", "0"],',
        '    ["1/2", "0"],',
        "]",
        'b = ["0", "1"]',
        'c = ["0", "1/2"]',
    ]


def test_names_of_fields_stand_in_a_file_as_they_are_typed(tmp_path):
    form = st.AdditiveRungeKutta({"φ": st.euler, "größe": st.euler}).normal_form()
    assert 'colours = ["φ", "größe"]' in to_toml(form)
    st.save(form, tmp_path / "scheme.toml")
    assert st.load(tmp_path / "scheme.toml") == form
