"""Text normalised for comparison."""

import pytest

from app.text import composed, fold


def test_text_is_the_same_when_its_unicode_form_differs():
    assert fold("Beyoncé") == fold("BEYONCE\u0301") == "beyonce"
    assert fold("ﬁ Ｗｉｄｅ") == "fi wide"


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Don\u2019t", "don't"),
        ("Don\u00b4t", "don`t"),
        ("Rock\u2010n\u2010Roll", "rock-n-roll"),
        ("1999\u20132003", "1999-2003"),
        ("\u201eHeroes\u201c", '"heroes"'),
        ("Zero\u200bWidth", "zerowidth"),
        ("\ufeffTitle", "title"),
    ],
)
def test_text_is_the_same_when_its_typography_differs(written, typed):
    assert fold(written) == fold(typed)


def test_names_are_equal_when_their_accents_are_encoded_differently():
    assert composed("Bjo\u0308rk/\u1112\u1161\u11ab.mp3") == composed("Bj\u00f6rk/\ud55c.mp3")
    assert composed("Bjork") != composed("Björk")
    assert composed("lone \udcff") == "lone \udcff"
