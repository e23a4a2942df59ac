"""Does the loader find the data, lay it out as it says, and name what there is when asked for something else?"""

import shutil

import numpy as np
import pytest

from autograder.course import find_course
from autograder.toolbox import datasets
from autograder.toolbox.datasets import NoSuchData, clips, languages, phrases, pronunciation, purchases


@pytest.fixture(scope="module")
def spanish():
    return phrases("es")


@pytest.fixture(scope="module")
def log():
    return purchases()


@pytest.fixture(scope="module")
def spoken():
    return pronunciation()


@pytest.fixture(scope="module")
def films():
    return clips()


class TestWhere:
    def test_does_the_environment_come_before_the_course(self, tmp_path, monkeypatch):
        monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path))
        assert datasets.data_folder() == tmp_path

    def test_is_it_the_course_s_data_otherwise(self, monkeypatch):
        monkeypatch.delenv("AUTOGRADER_DATA", raising=False)
        assert datasets.data_folder() == find_course().data

    def test_is_a_file_that_is_not_there_named(self, tmp_path, monkeypatch):
        monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path))
        with pytest.raises(NoSuchData, match=r"data/purchases/purchases\.npz.*prepare\.py"):
            purchases()


class TestPhrases:
    def test_is_an_unknown_language_answered_with_those_there_are(self):
        with pytest.raises(NoSuchData, match=r"received 'xx'.*es \(Spanish\)"):
            phrases("xx")

    def test_is_english_no_target(self):
        assert "en" not in languages()

    def test_is_a_language_added_by_its_file_alone(self, tmp_path, monkeypatch):
        (tmp_path / "phrases").mkdir()
        shutil.copy(find_course().data / "phrases" / "es.tsv.xz", tmp_path / "phrases" / "xx.tsv.xz")
        monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path))
        assert languages() == {"xx": "Spanish"}

    def test_does_it_say_its_language(self, spanish):
        assert (spanish.language, spanish.name) == ("es", "Spanish")

    def test_are_the_splits_as_large_as_the_readme_says(self, spanish):
        assert [len(spanish.train), len(spanish.validation), len(spanish.test)] == [10_000, 500, 1_500]

    def test_do_all_languages_share_the_english(self, spanish):
        assert (phrases("tr").test.source == spanish.test.source).all()

    def test_has_an_alignment_a_line_a_target_token_and_a_column_a_source_token(self, spanish):
        split = spanish.test
        for row in range(50):
            shape = (len(split.target[row].split(" ")), len(split.source[row].split(" ")))
            assert split.alignment(row).shape == shape


class TestPurchases:
    def test_are_the_shapes_those_of_the_docstring(self, log):
        n = len(log.test)
        shapes = dict(target=(n, 16), profile=(n, 4), keys=(n, 12, 16), values=(n, 12, 3), mask=(n, 12), label=(n,))
        assert {name: getattr(log.test, name).shape for name in shapes} == shapes

    def test_is_padding_zero(self, log):
        assert not log.test.keys[~log.test.mask].any() and not log.test.values[~log.test.mask].any()

    def test_are_histories_of_different_length(self, log):
        assert set(log.train.mask.sum(axis=1)) == set(range(3, 13))

    def test_has_each_look_its_user_s_history(self, log):
        first = np.flatnonzero(log.test.user == 0)
        assert (log.test.history_items[first] == log.test.history_items[first[0]]).all()


class TestPronunciation:
    def test_are_the_splits_as_large_as_the_readme_says(self, spoken):
        assert [len(spoken.train), len(spoken.validation), len(spoken.test)] == [106_218, 6_240, 12_468]

    def test_is_the_dictionary_s_first_pronunciation_first(self, spoken):
        everything = {
            str(word): said for split in vars(spoken).values() for word, said in zip(split.words, split.listed)
        }
        assert everything["tomato"] == ("T AH M EY T OW", "T AH M AA T OW")

    def test_has_each_pronunciation_a_pair(self, spoken):
        letters, phonemes = spoken.test.pairs()
        assert len(letters) == len(phonemes) == sum(map(len, spoken.test.listed))

    def test_is_a_pair_letters_and_phonemes(self, spoken):
        letters, phonemes = spoken.test.pairs()
        row = letters.tolist().index("s m o o t h i n g")
        assert phonemes[row] == "S M UW DH IH NG"


class TestClips:
    def test_are_the_shapes_those_of_the_docstring(self, films):
        n = len(films.test)
        shapes = dict(frames=(n, 6, 30, 40), label=(n, 24), frame=(n, 24), region=(n, 24), symbols=(n, 6))
        assert {name: getattr(films.test, name).shape for name in shapes} == shapes
        assert films.questions.shape == (24, 2)

    def test_are_the_splits_as_large_as_the_readme_says(self, films):
        assert [len(films.train), len(films.validation), len(films.test)] == [2_000, 200, 500]

    def test_are_frames_small_whole_numbers(self, films):
        assert films.test.frames.dtype == np.uint8
        assert films.test.frames.max() == 16

    def test_are_the_same_clips_drawn_each_time(self, films):
        assert np.array_equal(clips().validation.frames, films.validation.frames)
