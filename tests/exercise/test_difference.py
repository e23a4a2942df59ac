"""Two values that are not the same never look the same."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.exercise.difference import show_both

BIG = np.arange(100.0).reshape(4, 25)


def changed(array, index, by):
    array = array.copy()
    array[index] += by
    return array


AT = "first difference, at "


@pytest.mark.parametrize(
    "expected, received, label, left, right",
    [
        (BIG, changed(BIG, (2, 3), 0.5), AT + "[2, 3]", "53", "53.5"),
        (BIG, changed(BIG, (2, 3), 0.02), AT + "[2, 3]", "53", "53.02"),
        (np.array([1.0, 1e-5]), np.array([1.0, 3e-5]), AT + "[1]", "1e-05", "3e-05"),
        (np.array([[0.123456781]]), np.array([[0.123456789]]), AT + "[0, 0]", "0.12345678", "0.12345679"),
        (1.00001, 1.00002, "more exactly", "1.00001", "1.00002"),
        ({"mean": BIG}, {"mean": changed(BIG, (0, 9), 1)}, AT + "['mean'][0, 9]", "9", "10"),
        ((BIG, BIG[0]), [BIG, changed(BIG[0], 24, 1)], AT + "[1][24]", "24", "25"),
        (["word"] * 82, ["word"] * 81 + ["end"], AT + "[81] character 1", "'word'", "'end'"),
        (["word"] * 82, ["word"] * 83, AT + "[82]", "nothing", "'word'"),
        ("a" * 500, "a" * 450 + "b", AT + "character 451", f"'{'a' * 24}'", f"'{'a' * 12}b'"),
        (BIG, changed(BIG, (0, 0), np.nan), AT + "[0, 0]", "0", "nan"),
        (BIG, BIG.T, "first difference, in the shape", "(4, 25)", "(25, 4)"),
    ],
)
def test_does_each_text_end_in_the_first_place_where_the_values_differ(expected, received, label, left, right):
    found = show_both(expected, received, 1e-9)
    assert [text.splitlines()[-1] for text in found] == [f"{label}: {left}", f"{label}: {right}"]


@pytest.mark.parametrize(
    "expected, received",
    [
        (["a", True], ["a", 1.0]),
        ({str(i): "x" * 90 for i in range(40)}, {str(i + 1): "x" * 90 for i in range(40)}),
        ([None, "x"], ["None", "x"]),
        ([[1.0, 2.0], "x"], [["1.0", "2.0"], "x"]),
        (["x" * 99 + "y", 1], ["x" * 99 + "y", 2]),
        (np.ones(60, bool), np.ones(60)),
    ],
)
def test_do_values_of_other_kinds_look_different_too(expected, received):
    left, right = show_both(expected, received, 1e-9)
    assert left != right


def test_is_a_small_array_shown_without_more_ado():
    assert show_both(np.array([1.0, 2.0]), np.array([2.0, 1.0]), 1e-4) == ("[1., 2.]", "[2., 1.]")


def test_is_a_difference_within_the_tolerance_not_the_first():
    received = changed(changed(BIG, (0, 1), 1e-5), (1, 1), 1.0)
    assert show_both(BIG, received, 1e-4)[1].endswith("at [1, 1]: 27")
