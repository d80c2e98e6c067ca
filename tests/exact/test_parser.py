"""The grammar of coefficients against text that means harm, and against Python's own arithmetic."""

import re
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemetools.errors import CoefficientError
from schemetools.exact import coefficient, parse

HOSTILE = [
    *[
        "",
        " ",
        "()",
        "(",
        ")",
        "1+",
        "*1",
        "1//2",
        "1 2",
        "1,2",
        "sqrt",
        "sqrt(",
        "sqrt()",
        "sqrt(1,2)",
        "root",
        "root()",
    ],
    *[
        "root(x,0)",
        "root(x,0,1,2)",
        "root(x^2-2,0,2)x",
        "root(x^2+1,0,1)",
        "root(x^2-2,-2,2)",
        "root(x^2-2,2,1)",
        "root(1,0,1)",
    ],
    *[
        "root(y,-1,1)",
        "root(x,0,1)",
        "root(1/x,1,2)",
        "root(x^2-2,sqrt(2),2)",
        "root(sqrt(2)*x-1,0,1)",
        "root(x^65-2,1,2)",
    ],
    *[
        "nan",
        "inf",
        "-inf",
        "infinity",
        "NaN",
        "1e400",
        "1e-400",
        "1e99999999999",
        "1e-0000000000147293562525",
        "1e",
        "e5",
        ".",
        "1..2",
        "1.2.3",
        "0x10",
        "1_000",
    ],
    *[
        "1j",
        "1i",
        "I",
        "pi",
        "E",
        "oo",
        "k",
        "h",
        "f(u)",
        "sin(1)",
        "exp(1)",
        "abs(1)",
        "min(1,2)",
        "sum([1])",
        "Symbol(1)",
    ],
    *[
        "__import__('os').system('true')",
        "__import__",
        "().__class__",
        "a.b",
        "1 .real",
        "''",
        '"1"',
        "lambda: 1",
        "[1]",
        "{1}",
        "{}",
    ],
    *[
        "exec('1')",
        "eval('1')",
        "open('x')",
        "1 if 1 else 2",
        "1; 2",
        "1\n2",
        "x=1",
        "1==1",
        "1<2",
        "1>2",
        "1|2",
        "1&2",
        "~1",
        "1%2",
        "1@2",
    ],
    *[
        "1//0",
        "1/0",
        "1/(1-1)",
        "0**-1",
        "(2-2)**-3",
        "1/(sqrt(4)-2)",
        "1/(sqrt(2)*sqrt(2)-2)",
        "2**(1/2)",
        "2**sqrt(2)",
        "2**0.5",
    ],
    *["9**65", "9**64**64", "10**10**10", "((9**64)**64)**64", "9**-65", "2**1e9", "sqrt(-1)", "sqrt(-sqrt(2))"],
    *[
        "(" * 60 + "1" + ")" * 60,
        "-" * 60 + "1",
        "(" * 3000,
        "1" * 4001,
        "1+" * 3000,
        "sqrt(" * 60 + "2" + ")" * 60,
        "9" * 3999 + "**9",
    ],
    *[
        "√2",
        "²",
        "½",
        "1\x002",
        "\u202e1",
        "$1",
        "#1",
        "1#",
        "`1`",
        "\\1",
        "1\\",
        "!1",
        "?",
        "1?",
        "%s",
        "{0}",
        "${1}",
        "&1",
        "<1>",
        "::",
        "@1",
    ],
    *["(1+sqrt(2)+sqrt(3)+sqrt(5)+sqrt(7)+sqrt(11))**64"],
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_at_once(text):
    start = time.process_time()
    with pytest.raises(CoefficientError) as caught:
        coefficient(text)
    assert time.process_time() - start < 1
    assert len(str(caught.value)) < 300


@given(st.text(alphabet="0123456789.+-*/^()e, sqrtokx_", max_size=40))
@settings(max_examples=300, deadline=2000)
def test_any_text_gives_a_number_or_one_error(text):
    try:
        value = coefficient(text)
    except CoefficientError:
        return
    assert value.is_real and not value.free_symbols


numbers = st.integers(0, 99).map(str) | st.tuples(st.integers(0, 9), st.integers(0, 99)).map(lambda d: f"{d[0]}.{d[1]}")
expressions = st.recursive(
    numbers,
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda p: f"({p[0]}{p[1]}{p[2]})")
        | inner.map(lambda e: f"-{e}")
    ),
    max_leaves=8,
)


@given(expressions)
def test_arithmetic_agrees_with_python_fractions(text):
    exact_text = re.sub(r"\d+(\.\d+)?", lambda m: f"Fraction('{m[0]}')", text)
    try:
        expected = eval(exact_text, {"Fraction": Fraction})  # the test's own text, not a user's
    except ZeroDivisionError:
        with pytest.raises(CoefficientError, match="zero"):
            parse(text)
        return
    value = parse(text)
    assert Fraction(int(value.p), int(value.q)) == expected


def test_precedence_and_declared_symbols():
    assert parse("-2^2") == -4 and parse("2^-1") * 2 == 1 and parse("2/3/4") * 6 == 1
    assert str(parse("(1-k)/(1+k)", {"k"}).subs("k", 3)) == "-1/2"
    with pytest.raises(CoefficientError, match="'j' is not declared"):
        parse("j*k", {"k"})
