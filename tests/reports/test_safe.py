"""What others wrote, shown without doing what it says."""

from __future__ import annotations

import pytest

from autograder.exercise.vocabulary import PartVerdict, Verdict
from autograder.practice.report import as_html
from autograder.reports.safe import clean_html, markdown2html

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' &#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<div style='background:url(https://example.org/seen?alert(1))'>x</div>",
    "<div style='position:fixed;inset:0;z-index:9' onclick=alert(1)>x</div>",
    "<form action=/><button formaction='javascript:alert(1)'>x</button></form>",
    "<base href=https://example.org/alert(1)>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<img src='https://example.org/alert(1).png'>",
    "<object data='javascript:alert(1)'></object>",
    "<style>@import 'https://example.org/alert(1)'</style>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_does_html_lose_what_could_act(attack):
    assert "alert(1)" not in clean_html(attack)


@pytest.mark.parametrize("attack", [*ATTACKS, "[x](javascript:alert(1))", "![x](https://example.org/alert(1))"])
def test_does_markdown_lose_what_could_act(attack):
    html = markdown2html({}, f"Some words.\n\n{attack}\n\n- {attack}\n")
    assert "Some words." in html
    assert all(word not in html.lower() for word in ("<script", "onerror=", "onload=", 'href="javascript', 'src="http'))


@pytest.mark.parametrize("source", ["`a < b`", "$a < b$", "*soft*", "| a |\n|-|\n| b |", "```python\nx = 1\n```"])
def test_does_ordinary_markdown_stay(source):
    html = markdown2html({}, source)
    assert any(tag in html for tag in ("<code", "$a", "<em", "<table", "<pre"))


def test_does_a_report_stay_as_it_is():
    parts = (
        PartVerdict("one", 1, 1, "right"),
        PartVerdict("two", 1, 0, "wrong", ("Use `a < b`.",), "mean", "Why?", "x = 1", "2", "3"),
    )
    html = as_html(Verdict("total", "Add", parts, "printed"), "go on.")
    shown = clean_html(html)
    for word in ("aria-label=", "aria-hidden=", "<section", "<code>a &lt; b</code>", "list-style", "white-space"):
        assert word in shown
    assert shown.count("style=") == html.count("style=")


def test_does_a_picture_stay_that_is_in_the_page():
    assert 'src="data:image/png;base64,AAAA"' in clean_html('<img alt="a" src="data:image/png;base64,AAAA">')
