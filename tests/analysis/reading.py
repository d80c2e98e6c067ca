"""A reader of printed formulas that shares nothing with the printers: juxtaposed factors, primes, and LaTeX's marks."""

import re

import sympy

TOKENS = re.compile(r"F'+|F\^\(\d+\)|[^\W\d]\w*|\d+|\*\*|[-+/^()\[\]]")
FUNCTIONS = {"sqrt": sympy.sqrt, "exp": sympy.exp}
LATEX = [
    (r"\\Delta ([xyzt])", r"d\1"),
    (r"\\lambda", "lam"),
    (r"u_\{(\w+)\}", r"u_\1"),
    (r"F\^\{\((\d+)\)\}", r"F^(\1)"),
    (r"\\left|\\right", ""),
    (r"\\(alpha|beta|nu|mu|theta|sqrt)", r"\1"),
]


def from_latex(text):
    """LaTeX as the plain text of the same formula, fractions from the inside out."""
    for pattern, plain in LATEX:
        text = re.sub(pattern, plain, text)
    previous = ""
    while previous != text:
        previous = text
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
        text = re.sub(
            r"(sqrt|\^|_)\{([^{}\\]*)\}", lambda m: f"{m[1]}{m[2]}" if m[1] == "_" else f"{m[1]}({m[2]})", text
        )
    return text


def _name(token):
    if token.startswith("F'"):
        return "F_" + "u" * (len(token) - 1)
    if token.startswith("F^("):
        return "F_" + "u" * int(token[3:-1])
    return token


def formula(text):
    """A formula of letters, numbers, powers, quotients and juxtaposed factors, as an expression."""
    code, names, before = "", dict(FUNCTIONS), ""
    for token in TOKENS.findall(text):
        starts = token[0].isalnum() or token[0] in "(["
        if (
            starts
            and before
            and (before[-1].isalnum() or before[-1] in ")]'" or before.startswith("F^("))
            and before not in FUNCTIONS
        ):
            code += "*"
        word = {"^": "**", "[": "(", "]": ")"}.get(token, _name(token))
        if word[0].isalpha() and word not in FUNCTIONS:
            names[word] = sympy.Symbol(word)
        code += f"Integer({word})" if word.isdigit() else word
        before = token
    return eval(code, {"Integer": sympy.Integer, "__builtins__": {}}, names)
