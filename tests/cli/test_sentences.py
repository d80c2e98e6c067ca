"""What the commands say to mistakes, word by word, in one line and with exit code 2."""

import pytest

COMMANDS = {
    "demo --epochs 0": "Invalid value for '--epochs': 0 is not in the range x>=1; see schemetools demo --help",
    "demo euler": "Got unexpected extra argument(s) (euler); see schemetools demo --help",
    "reproduce schemes --data /nowhere": (
        "there is no data folder /nowhere; expected train/<class>/ and test/<class>/ with images in it"
    ),
    "report rk4 -o x.pdf": "x.pdf: the ending says the format; .html, .htm are known",
}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_answers_a_mistake_with_this_sentence(schemetools, line):
    result = schemetools(*line.split())
    assert (result.code, result.out) == (2, "")
    assert result.err == f"schemetools: {COMMANDS[line]}\n"
