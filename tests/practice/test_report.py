"""A verdict as a person reads it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from autograder.exercise.vocabulary import PartVerdict, Verdict
from autograder.practice.report import Report, as_html, as_text, headline

NASTY = "<script>alert(1)</script> <img src=x onerror=alert(1)> \" ' & </pre></section>"
RIGHT = PartVerdict("small", 1, 1, "right")
WRONG = PartVerdict(
    "large", 2, 0, "wrong", ("You averaged `x`.", "Expected shape (2,)."), "mean", "Divide?", "x = [1]", "[3]", "[1]"
)
BLANK = PartVerdict("large", 2, 0, "not attempted", ("You have not answered this yet.",))
UNKNOWN = PartVerdict("large", 2, 0, "not graded", ("The kernel did not start.",))


def verdict(*parts, printed=""):
    return Verdict("total", "Add up", parts, printed)


class Page(HTMLParser):
    """Read HTML strictly: every tag that opens must close in turn."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.text, self.codes = [], [], [], "", []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.append(tag)
        self.attributes += attributes
        if tag == "code":
            self.codes.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] == "code":
            self.codes[-1] += data


ALL = {
    "right": verdict(RIGHT),
    "partly right": verdict(RIGHT, WRONG),
    "wrong": verdict(WRONG),
    "not attempted": verdict(BLANK),
    "not graded": verdict(RIGHT, UNKNOWN),
}


@pytest.mark.parametrize("outcome", ALL)
class TestEachOutcome:
    def test_is_it_what_the_verdict_says(self, outcome):
        assert ALL[outcome].outcome == outcome

    def test_does_text_begin_with_the_headline(self, outcome):
        assert as_text(ALL[outcome]).splitlines()[0] == headline(ALL[outcome])

    def test_does_html_name_itself_by_the_headline(self, outcome):
        assert ("aria-label", headline(ALL[outcome])) in Page(as_html(ALL[outcome])).attributes

    def test_do_text_and_html_say_the_same(self, outcome):
        """Every word of the text is in the page, in whatever layout."""
        page = Page(as_html(ALL[outcome], "try again")).text
        words = as_text(ALL[outcome], "try again").replace("`", "").split()
        assert [word for word in words if word not in page] == []

    def test_is_there_no_script_in_html(self, outcome):
        assert set(Page(as_html(ALL[outcome])).tags) <= {
            *("section", "strong", "ul", "li", "span", "p", "div", "pre", "code")
        }


class TestText:
    def test_is_a_wrong_part_told_whole(self):
        assert as_text(verdict(RIGHT, WRONG), "run it again.") == (
            "total: partly right, 1 of 3 points\n"
            "  ✓ passed   small (1/1)\n"
            "  ✗ not yet  large (0/2)\n"
            "      The likely mistake, mean: You averaged `x`.\n"
            "      Expected shape (2,).\n"
            "      To find it: Divide?\n"
            "      asked with\n"
            "        x = [1]\n"
            "      expected\n"
            "        [3]\n"
            "      received\n"
            "        [1]\n"
            "  Next: run it again."
        )

    def test_is_an_unexplained_difference_said_to_be_one(self):
        part = PartVerdict("large", 2, 0, "wrong")
        assert "The output differs from what was expected." in as_text(verdict(part))

    def test_is_the_same_reason_told_once(self):
        found = as_text(verdict(WRONG, WRONG))
        assert found.count("You averaged") == 1
        assert found.count("For the same reason as above.") == 1

    def test_is_what_was_printed_told(self):
        assert "Your code printed:\n    one\n    two" in as_text(verdict(RIGHT, printed="one\ntwo\n"))

    @pytest.mark.parametrize(
        "file", ["/tmp/ipykernel_22/277.py", "C:\\Temp\\ipykernel_4\\9.py", "<ipython-input-3-ab>"]
    )
    def test_is_a_warning_told_with_its_line_and_no_file(self, file):
        printed = f"{file}:2: RuntimeWarning: overflow encountered in exp"
        assert "    line 2: RuntimeWarning: overflow encountered in exp" in as_text(verdict(RIGHT, printed=printed))

    def test_is_it_what_a_plain_terminal_shows(self):
        report = Report(verdict(RIGHT))
        assert str(report) == repr(report) == report._repr_mimebundle_()["text/plain"]


class TestHtml:
    @pytest.mark.parametrize(
        "made",
        [
            lambda: Verdict(NASTY, NASTY, (RIGHT,)),
            lambda: verdict(PartVerdict(NASTY, 1, 0, "wrong", (NASTY,), NASTY, NASTY, NASTY, NASTY, NASTY)),
            lambda: verdict(RIGHT, printed=NASTY),
            lambda: verdict(PartVerdict("a", 1, 0, "wrong", (f"`{NASTY}`",))),
        ],
        ids=["name", "part", "printed", "code"],
    )
    def test_is_everything_escaped(self, made):
        page = Page(as_html(made(), NASTY))
        assert not set(page.tags) & {"script", "img"}
        assert "<script>alert(1)</script>" in page.text
        assert all(not name.startswith("on") for name, _ in page.attributes)

    def test_is_what_stands_between_backticks_code(self):
        assert Page(as_html(verdict(RIGHT), "use `a < b` or `c`.")).codes == ["a < b", "c"]

    def test_is_a_single_backtick_left_alone(self):
        page = Page(as_html(verdict(RIGHT), "use `a or `b`."))
        assert page.codes == []
        assert "use `a or `b`." in page.text

    def test_are_colours_those_of_the_page(self):
        """Only borders and signs have colours of their own: text must be readable in light and in dark."""
        html = as_html(verdict(RIGHT, WRONG), "next")
        assert "background:#" not in html
        assert html.count("color:#") == html.count("aria-hidden='true' style='color:#")

    def test_is_a_sign_not_read_aloud(self):
        page = Page(as_html(verdict(RIGHT)))
        assert ("aria-hidden", "true") in page.attributes


class TestLong:
    LONG = PartVerdict("large", 2, 0, "wrong", inputs="\n".join(f"row {i}" for i in range(40)), received="[1]")

    def test_are_large_inputs_folded_in_a_page(self):
        page = Page(as_html(verdict(self.LONG)))
        assert "details" in page.tags and "summary" in page.tags
        assert "row 39" in page.text

    def test_is_it_said_which_inputs_are_folded(self):
        part = PartVerdict("large", 2, 0, "wrong", inputs=f"query = shape (4, 9)\n{'0, ' * 200}\nkey = [1]")
        assert "asked with query, key (unfold)" in Page(as_html(verdict(part))).text

    def test_are_small_inputs_there_to_see(self):
        assert "details" not in Page(as_html(verdict(WRONG))).tags

    def test_is_it_cut_in_plain_text(self):
        found = as_text(verdict(self.LONG))
        assert "... (25 lines more)" in found
        assert len(found.splitlines()) < 30

    def test_is_much_that_was_printed_folded_and_cut(self):
        chatty = verdict(RIGHT, printed="line\n" * 100)
        assert "details" in Page(as_html(chatty)).tags
        assert len(as_text(chatty).splitlines()) < 25


class TestNotes:
    def test_do_they_come_before_the_parts(self):
        found = as_text(verdict(RIGHT), "", ("run `this` first.",)).splitlines()
        assert found[1] == "  Note: run `this` first."
        assert "Note: run this first." in Page(as_html(verdict(RIGHT), "", ("run `this` first.",))).text
