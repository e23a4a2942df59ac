"""Plain values: which are equal, and how one is shown."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.exercise.values import kind_of, same, show


class TestSame:
    def test_does_the_tolerance_grow_with_the_numbers(self):
        assert same(np.array([1e6 + 50.0, 0.0]), np.array([1e6, 0.0]), 1e-4)
        assert not same(np.array([1.001]), np.array([1.0]), 1e-4)

    def test_are_whole_numbers_equal_to_floats(self):
        assert same([5, 7], np.array([5.0, 7.0]), 1e-4)

    @pytest.mark.parametrize("value", [np.float16([1, 2]), np.uint8([1, 2]), [1, 2.0]], ids=["half", "byte", "list"])
    def test_are_numbers_of_any_type_equal(self, value):
        assert same(value, np.array([1.0, 2.0]), 1e-4)

    def test_are_nan_and_infinity_not_equal_to_numbers(self):
        assert not same(np.array([np.nan]), np.array([1.0]), 1e-4)
        assert not same(np.array([np.nan]), np.array([np.nan]), 1e-4)
        assert not same(np.array([np.inf]), np.array([1e30]), 1e-4)
        assert same(np.array([np.inf, 1.0]), np.array([np.inf, 1.0]), 1e-4)

    def test_must_shapes_be_the_same(self):
        assert not same(np.zeros((1, 2)), np.zeros(2), 1e-4)
        assert not same(1.0, np.ones(1), 1e-4)

    def test_are_one_and_true_told_apart(self):
        assert not same(np.array([1, 0]), np.array([True, False]), 1e-4)
        assert not same(np.array([True]), np.array([1.0]), 1e-4)
        assert not same(1, True, 1e-4)

    def test_are_text_and_number_told_apart(self):
        assert not same("1", np.array(1.0), 1e-4)
        assert not same(1, "1", 1e-4)
        assert same("a", "a", 1e-4)

    def test_must_containers_have_the_same_parts(self):
        pair = (np.zeros(2), np.ones(3))
        assert same([[0, 0], [1, 1, 1]], pair, 1e-4)
        assert not same([[0, 0]], pair, 1e-4)
        assert not same(np.zeros((2, 2)), pair, 1e-4)
        assert same(["a", "b"], ["a", "b"], 1e-4)

    def test_must_dicts_have_the_same_keys(self):
        assert same({"a": [1.0]}, {"a": np.array([1.0])}, 1e-4)
        assert not same({"a": 1.0}, {"b": 1.0}, 1e-4)
        assert not same([1.0], {"a": 1.0}, 1e-4)


class TestKind:
    @pytest.mark.parametrize(
        "value, kind",
        [
            (None, "None"),
            ("a", "text"),
            (1, "a number"),
            (0.5, "a number"),
            (True, "a boolean"),
            ({}, "a dict"),
            ([1, [2]], "a list"),
            ([1, ["a"]], "a list with text in it"),
            ([[None]], "a list with None in it"),
            (np.zeros((2, 1), np.float32), "an array of float32, shape (2, 1)"),
        ],
        ids=repr,
    )
    def test_is_a_value_named_in_words(self, value, kind):
        assert kind_of(value) == kind


class TestShow:
    @pytest.mark.parametrize(
        "value, text",
        [
            (1.23456, "1.235"),
            (3, "3"),
            (None, "None"),
            ("text", "'text'"),
            ([1.0, 2.5], "[1. , 2.5]"),
            (np.array([[1.0, 2.0]]), "shape (1, 2)\n[[1., 2.]]"),
            (np.array([True]), "[ True]"),
            ({"a": 1.0, "b": [1]}, "a = 1\nb = [1]"),
            ((np.zeros(1), "x"), "[0] [0.]\n[1] 'x'"),
            ([], "[]"),
        ],
        ids=repr,
    )
    def test_is_a_small_value_shown_whole(self, value, text):
        assert show(value) == text

    def test_is_a_large_array_shown_by_shape_and_beginning(self):
        assert show(np.arange(100.0).reshape(4, 25)) == "shape (4, 25), begins [0., 1., 2., 3., ...]"

    @pytest.mark.parametrize(
        "value",
        [
            "x" * 100_000,
            {str(i): "x" * 300 for i in range(10_000)},
            [["x" * 300] * 8] * 8,
            ["x"] * 100_000,
            ["\n"] * 100_000,
        ],
        ids=["text", "dict", "nested", "list", "lines"],
    )
    def test_is_anything_else_short(self, value):
        assert len(show(value)) < 2_000

    @pytest.mark.parametrize(
        "value, text",
        [
            (["le", "chat"], "['le', 'chat']"),
            ([["le", "chat"], ["noir"]], "[['le', 'chat'], ['noir']]"),
            (["word"] * 82, f"[{', '.join(['repr'] * 0 + [repr('word')] * 12)}, ... (82 in all)]"),
            ([("a", 1), ("b", 2)], "[['a', 1], ['b', 2]]"),
        ],
        ids=["words", "sentences", "many", "pairs"],
    )
    def test_is_a_list_on_one_line_and_cut_where_it_is_long(self, value, text):
        assert show(value) == text

    def test_is_a_long_list_of_arrays_cut(self):
        assert show([np.zeros(1), *[np.zeros(2)] * 11]).splitlines()[-1] == "... (12 in all)"
