"""Does any attack gain a point, read a secret, change another's result or leave anything? Do all twins keep theirs?"""

from __future__ import annotations

import csv
import html
import importlib.util
import sys
from dataclasses import replace

import pytest

from autograder.reports.class_page import class_page
from autograder.reports.standing import Standing
from autograder.reports.table import write_csv

from .attack import CLASSES, Attack
from .catalogue import ALL, ATTACKS, TWINS
from .judge import active, judge
from .read_answers import SECRETS
from .world import NEIGHBOURS, battle

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def fought(request):
    """All attacks that were asked for, graded at once beside honest neighbours."""
    asked = (item.callspec.params.get("attack") for item in request.session.items if hasattr(item, "callspec"))
    names = {attack.name for attack in asked if isinstance(attack, Attack)}  # other tests have attacks of other kinds
    with battle([one for one in ALL if one.name in names or not names]) as found:
        yield found


@pytest.mark.parametrize("attack", ATTACKS, ids=[f"{one.kind}-{one.name}" for one in ATTACKS])
def test_does_an_attack_gain_nothing(attack, fought):
    assert judge(attack, fought) == []


@pytest.mark.parametrize("attack", TWINS, ids=[f"{one.kind}-{one.name}" for one in TWINS])
def test_does_a_twin_keep_its_points(attack, fought):
    assert judge(attack, fought) == []


@pytest.mark.parametrize("student", NEIGHBOURS)
def test_is_a_neighbour_graded_as_if_alone(student, fought):
    before, after = (replace(found[student], seconds=0.0) for found in (fought.before, fought.results))
    assert after == before
    assert after.earned == 6


def test_is_no_file_changed_outside_the_results(fought):
    assert fought.changed == []


def test_does_nothing_survive(fought):
    assert fought.survivors == []


def test_are_the_reports_of_the_class_harmless(fought, tmp_path):
    results = list(fought.results.values())
    standings = [Standing(result) for result in results]
    page = class_page(standings)
    assert active(page) == []
    with write_csv(standings, tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == len(results) + 1
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "@"))]
    for what, canary in fought.canaries.items():
        assert canary not in html.unescape(page), what


def test_is_there_a_twin_for_every_class():
    assert {one.kind for one in TWINS} == {one.kind for one in ATTACKS} == set(CLASSES)
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("name", SECRETS)
def test_what_an_attack_imports_is_there_outside_the_walls(name):
    """An attack on a module that has moved would hold whatever the walls do."""
    assert importlib.util.find_spec(f"autograder.{name}") is not None
