"""Is what lesson 5 ships what its README says, and does padding change nothing in its models?"""

import importlib.util
import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from autograder.exercise.library import find
from autograder.toolbox.sentences import Sentences, clean

FOLDER = Path(__file__).resolve().parents[2] / "data" / "sentences"
DIRECTIONS = ("fr-en", "en-fr")


@pytest.fixture(scope="module")
def train():
    spec = importlib.util.spec_from_file_location("sentences_train", FOLDER / "train.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def own(train):
    """The lesson's own definitions, its loader of weights too."""
    return train.lesson()


@pytest.fixture(scope="module")
def loaded(own):
    return {direction: own.load(direction) for direction in DIRECTIONS}


@pytest.fixture(scope="module")
def results():
    return json.loads((FOLDER / "results.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def parts(train):
    """The split of pairs that are made up."""
    rng = np.random.default_rng(0)
    english = tuple(f"English {number}." for number in rng.integers(0, 400, 1200))
    french = tuple(f"Français {number}." for number in rng.integers(0, 900, 1200))
    return train.split(Sentences(english, french, "made up"))


class TestSplit:
    @pytest.mark.parametrize("language", (0, 1))
    def test_is_no_sentence_on_two_sides(self, parts, language):
        sides = [{pair[language] for pair in parts[side]} for side in ("train", "validation", "test")]
        assert not (sides[0] & sides[1]) and not (sides[0] & sides[2]) and not (sides[1] & sides[2])

    def test_is_a_tenth_of_the_english_the_test(self, parts):
        english = {e for pairs in parts.values() for e, _ in pairs}
        assert 0.06 < len({e for e, _ in parts["test"]}) / len(english) < 0.14

    def test_is_every_line_on_one_side_or_left_out(self, parts):
        lines = [pair for pairs in parts.values() for pair in pairs]
        assert len(lines) == len(set(lines)) and len(parts["left out"]) > 0


class TestPieces:
    def test_are_the_merges_those_of_the_exercise(self, train, own):
        texts = ["le chat dort", "les chats dorment", "la chatte dort encore", "le jour et la nuit"]
        counts = train.Counter(word + "_" for text in texts for word in own.tokens(text))
        _, merges = train.learn_pieces(texts, 12, own.tokens)
        assert [list(pair) for pair in merges] == find("byte_pairs").reference(dict(counts), 12)

    @pytest.mark.parametrize("direction", DIRECTIONS)
    def test_do_pieces_lose_nothing(self, loaded, own, direction):
        _, source, _ = loaded[direction]
        for line in (FOLDER / "own.tsv").read_text("utf-8").splitlines():
            text = clean(line.split("\t")[0 if direction == "fr-en" else 1])
            assert source.decode(source.encode(text)) == own.join(own.tokens(text))


class TestModels:
    @pytest.mark.parametrize("direction", DIRECTIONS)
    def test_does_padding_change_nothing(self, loaded, own, direction):
        model, source, target = loaded[direction]
        rows = [source.encode("tom"), source.encode("tom a tom") * 4]
        begin = np.array([[own.START, *target.encode("tom .")]], "int32")
        alone = model([np.array(rows[:1], "int32"), begin]).numpy()
        box = np.array([rows[0] + [0] * (len(rows[1]) - len(rows[0])), rows[1]], "int32")
        together = model([box, np.repeat(begin, 2, axis=0)]).numpy()
        assert np.max(np.abs(together[0] - alone[0])) < 1e-4
        assert np.max(np.abs(together[1] - alone[0])) > 1

    @pytest.mark.parametrize("direction", DIRECTIONS)
    def test_is_a_translation_the_same_alone_and_in_a_batch(self, loaded, own, direction):
        side = 0 if direction == "fr-en" else 1
        texts = [line.split("\t")[side] for line in (FOLDER / "own.tsv").read_text("utf-8").splitlines()[:5]]
        for width in (1, 3):
            together = own.translate(*loaded[direction], texts, width=width, power=1.0)
            alone = [own.translate(*loaded[direction], [text], width=width, power=1.0)[0] for text in texts]
            assert together == alone

    def test_are_the_ten_translations_of_the_task_the_model_s(self, loaded, own, train):
        """A learner sorts what the shipped model really writes; weights made anew need a new table."""
        cells = {cell.id: cell.source for cell in nbformat.read(train.LESSON, 4).cells}
        rows = [
            line.strip("| ").split(" | ") for line in cells["sort_errors-task"].splitlines() if line.startswith("|")
        ]
        rows = [row for row in rows if len(row) == 4 and row[0].isdigit()]
        assert len(rows) == len(find("sort_errors").reference())
        french = [row[1] for row in rows]
        assert own.translate(*loaded["fr-en"], french) == [row[2] for row in rows]
        ours = dict(line.split("\t") for line in (FOLDER / "own.tsv").read_text("utf-8").splitlines())
        assert [ours[each] for each in french] == [row[3] for row in rows]
        places = re.search(r"rows = (\[[\d, ]+\])", cells["errors-scored"])[1]
        assert [list(ours)[place] for place in json.loads(places)] == french

    def test_is_a_wider_beam_never_less_probable(self, own):
        """In the toy decoder, where every hypothesis can be tried."""
        rng = np.random.default_rng(1)
        scores = rng.normal(size=(1, 6, 6))
        logs = scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)

        def step(last, states):
            return own.tf.constant(logs[0][last[:, 0]], "float32"), states

        rows = own.search(step, [np.zeros((36, 1), "float32")], 36, 0.0, 2)
        best = max(
            (logs[0][own.START, a] + (0 if a == own.END else logs[0][a, b]), (a, b if a != own.END else 0))
            for a in (own.END, 4, 5)
            for b in (own.END, 4, 5)
        )
        assert tuple(rows[0]) == best[1]

    def test_are_weights_of_another_model_refused(self, own, train, monkeypatch, tmp_path):
        for file in FOLDER.glob("*.txt"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        np.savez(tmp_path / "fr-en.npz", other=np.zeros(3))
        monkeypatch.setattr(own, "folder", tmp_path)
        with pytest.raises(ValueError, match="Expected weights"):
            own.load("fr-en")


class TestFiles:
    @pytest.mark.parametrize("direction", DIRECTIONS)
    def test_are_weights_small(self, direction):
        assert (FOLDER / f"{direction}.npz").stat().st_size < 5_000_000

    def test_is_the_corpus_not_in_the_repository(self):
        """The largest text of the folder is the list of words: no file of sentences."""
        sizes = {
            path.name: path.stat().st_size for path in FOLDER.iterdir() if path.suffix in (".tsv", ".txt", ".json")
        }
        assert max(sizes.values()) < 60_000

    def test_does_every_run_of_the_table_stand_in_the_log(self, results):
        log = (FOLDER / "log.txt").read_text("utf-8")
        for name, row in results.items():
            if name != "facts":
                assert f"== {name} seed 0: {row['weights']:,} weights" in log

    def test_is_the_translator_better_than_the_one_to_beat(self, results):
        row = results["fr-en attention pieces-words"]
        assert row["test greedy"]["one reference"] > 34.4
        assert row["weights"] < 1_400_000


def test_is_the_exercise_s_count_sacrebleu_s():
    import sacrebleu

    found = sacrebleu.sentence_bleu("the the the cat", ["the cat sees the dog"])
    words = "the the the cat", "the cat sees the dog"
    matches = [find("clipped_matches").reference(*(text.split() for text in words), n) for n in (1, 2)]
    assert [(found.counts[n], found.totals[n]) for n in (0, 1)] == [tuple(each) for each in matches]
