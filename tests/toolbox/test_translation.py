"""Words as numbers, batches by length, and the table of exact matches."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.toolbox.translation import (
    END,
    LENGTHS,
    START,
    UNKNOWN,
    BatchesByLength,
    share_by_length,
    table,
    to_text,
    vectorize,
    vocabulary,
)

SENTENCES = ["in 3 days", "3 days ago , 5 days ago"]
WORDS = vocabulary(SENTENCES)


class TestNumbers:
    def test_are_the_special_tokens_first_and_the_words_sorted(self):
        assert WORDS == ["", "[unknown]", "[start]", "[end]", ",", "3", "5", "ago", "days", "in"]
        assert WORDS[START] == "[start]" and WORDS[END] == "[end]"

    def test_is_every_row_closed_and_padded(self):
        assert vectorize(SENTENCES, WORDS).tolist() == [[9, 5, 8, 3, 0, 0, 0, 0], [5, 8, 7, 4, 6, 8, 7, 3]]

    def test_is_the_start_put_in_front_if_asked_for(self):
        assert vectorize(["in 3"], WORDS, start=True).tolist() == [[START, 9, 5, END]]

    def test_is_a_new_word_unknown(self):
        assert vectorize(["in 4 days"], WORDS)[0, 1] == UNKNOWN

    def test_does_nothing_become_nothing(self):
        assert vectorize([], WORDS).shape == (0, 0)
        assert vectorize([""], WORDS).tolist() == [[END]]

    @pytest.mark.parametrize("start", [False, True])
    def test_does_the_way_back_lead_to_the_same_text(self, start):
        assert [to_text(row, WORDS) for row in vectorize(SENTENCES, WORDS, start)] == SENTENCES

    def test_is_what_follows_the_end_left_out(self):
        assert to_text([9, END, 8, 8], WORDS) == "in"


class TestBatchesByLength:
    @pytest.fixture
    def arrays(self):
        rng = np.random.default_rng(0)
        lengths = rng.integers(2, 12, size=101)
        source = (np.arange(12) < lengths[:, None]) * np.arange(1, 102)[:, None]
        target = (np.arange(9) < (lengths // 2 + 2)[:, None]) * np.arange(1, 102)[:, None]
        return source, -target, target

    def rows(self, batches):
        return [batches[index] for index in range(len(batches))]

    def test_is_every_row_there_once(self, arrays):
        batches = BatchesByLength(*arrays, size=10)
        assert len(batches) == 11
        assert sorted(np.concatenate([target[:, 0] for _, target in self.rows(batches)])) == list(range(1, 102))

    def test_do_the_parts_of_a_row_stay_together(self, arrays):
        for (source, previous), target in self.rows(BatchesByLength(*arrays, size=10)):
            assert (source[:, 0] == target[:, 0]).all()
            assert (previous == -target).all()

    def test_is_nothing_cut_off_and_no_column_empty(self, arrays):
        whole = {row[0]: np.count_nonzero(row) for row in arrays[0]}
        for (source, _), target in self.rows(BatchesByLength(*arrays, size=10)):
            assert {row[0]: np.count_nonzero(row) for row in source}.items() <= whole.items()
            assert source.any(axis=0).all() and target.any(axis=0).all()

    def test_is_there_less_padding_than_at_random(self, arrays):
        mean = np.mean([np.mean(source == 0) for (source, _), _ in self.rows(BatchesByLength(*arrays, size=10))])
        assert mean < np.mean(arrays[0] == 0) / 2

    def test_does_every_epoch_shuffle_anew_and_every_seed_repeat_itself(self, arrays):
        one, two = (BatchesByLength(*arrays, size=10, seed=5) for _ in range(2))
        assert (one.order == two.order).all()
        before = one.order
        one.on_epoch_end()
        assert (one.order != before).any()


class TestByLength:
    def test_are_shares_those_of_each_length(self):
        shares = share_by_length([True, False, True, True], [2, 5, 6, 26])
        assert (shares["all"], shares["2-5"], shares["6-10"], shares["21-26"]) == (0.75, 0.5, 1, 1)
        assert np.isnan(shares["11-15"])

    def test_is_every_length_in_one_range(self):
        places = [length for low, high in LENGTHS for length in range(low, high + 1)]
        assert places == list(range(2, 27))

    def test_must_there_be_a_length_for_each_sentence(self):
        with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
            share_by_length([True, False], [1, 2, 3])

    def test_has_the_table_a_line_for_each_model(self):
        text = table({"a": {"all": 0.5, "2-5": 1.0}, "longer": {"all": 0.125, "2-5": 0.0}}, "exact", digits=1)
        assert text.splitlines() == [
            "exact      all     2-5",
            "a        50.0%  100.0%",
            "longer   12.5%    0.0%",
        ]


@pytest.mark.parametrize("function", [lambda one: vocabulary(one), lambda one: vectorize(one, ["", "a"])])
def test_is_one_sentence_in_place_of_a_list_refused_in_words(function):
    """Else it would be split into letters in silence."""
    with pytest.raises(
        TypeError, match=r"Expected a list of sentences, received one: put it in a list, \['in 3 days'\]"
    ):
        function("in 3 days")
