"""Is `clips` what its README says: the same bytes each time, digits apart, and a truth that can be seen?"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from autograder.toolbox.datasets import SPLITS, clips

FILE = Path(__file__).resolve().parents[2] / "data" / "clips" / "prepare.py"


@pytest.fixture(scope="module")
def prepare():
    spec = importlib.util.spec_from_file_location("clips_prepare", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data():
    return clips()


@pytest.fixture(scope="module")
def columns():
    with np.load(FILE.with_name("clips.npz"), allow_pickle=False) as file:
        return dict(file)


def region(split, clip, frame, number):
    """Return the 10 x 10 pixels of a region, cut out by hand."""
    y, x = 10 * (number // 4), 10 * (number % 4)
    return split.frames[clip, frame, y : y + 10, x : x + 10].astype(int)


class TestFile:
    def test_does_a_seed_give_the_same_bytes_twice(self, prepare):
        images = np.arange(20)
        one, two = (prepare.pack(prepare.film(5, images, np.random.RandomState(1))) for _ in range(2))
        assert one == two

    def test_is_the_file_what_the_script_writes(self, prepare, columns):
        pytest.importorskip("sklearn", reason="scikit-learn makes the file; the course does not need it")
        assert FILE.with_name("clips.npz").read_bytes() == prepare.pack(prepare.make(prepare.CLIPS, 0))

    def test_are_the_columns_what_the_script_draws(self, prepare, columns):
        images = np.sort(np.random.RandomState(0).permutation(1797)[: prepare.IMAGES["train"]])
        drawn = prepare.film(prepare.CLIPS["train"], images, np.random.RandomState([0, 1]))
        assert all(np.array_equal(columns[f"train_{name}"], array) for name, array in drawn.items())

    def test_are_the_symbols_those_of_the_script(self, prepare, columns):
        names, pictures = prepare.symbols()
        assert columns["symbol_names"].tolist() == names
        assert np.array_equal(columns["symbol_pictures"], pictures)

    def test_is_it_small(self):
        assert FILE.with_name("clips.npz").stat().st_size < 500_000


class TestTruth:
    def test_is_no_digit_in_two_splits(self, columns):
        used = [set(columns[f"{split}_image"].ravel().tolist()) for split in SPLITS]
        assert not (used[0] & used[1] or used[0] & used[2] or used[1] & used[2])

    @pytest.mark.parametrize("split", SPLITS)
    def test_shows_every_clip_every_symbol_once(self, data, split):
        assert (np.sort(getattr(data, split).symbols, axis=1) == np.arange(6)).all()

    @pytest.mark.parametrize("split", SPLITS)
    def test_is_the_true_frame_the_one_that_shows_the_asked_symbol(self, data, split):
        split = getattr(data, split)
        shown = np.take_along_axis(split.symbols, split.frame, axis=1)
        assert (shown == data.questions[:, 0]).all()

    def test_is_the_asked_bar_in_the_true_region_and_on_no_other_edge(self, data):
        for clip in range(20):
            for question, (_, side) in enumerate(data.questions):
                pixels = region(data.test, clip, data.test.frame[clip, question], data.test.region[clip, question])
                edges = [pixels[0, 1:-1], pixels[1:-1, -1], pixels[-1, 1:-1], pixels[1:-1, 0]]
                assert [edge.min() == 16 for edge in edges] == [number == side for number in range(4)]

    def test_is_the_digit_in_the_true_region_of_the_labelled_class(self, data, columns):
        """Up to the noise, which only adds: some picture of that class lies within 0 to 6 below it."""
        for clip in range(5):
            for question in range(24):
                pixels = region(data.test, clip, data.test.frame[clip, question], data.test.region[clip, question])
                added = pixels[1:-1, 1:-1] - columns["digit_pictures"].astype(int)
                fits = ((added >= 0) & (added <= 6)).all(axis=(1, 2))
                assert columns["digit_classes"][fits].tolist() == [data.test.label[clip, question]]

    def test_is_the_symbol_where_it_is_said_to_be(self, data, columns):
        for clip, frame in np.ndindex(10, 6):
            pixels = region(data.test, clip, frame, data.test.symbol_regions[clip, frame])
            picture = columns["symbol_pictures"][data.test.symbols[clip, frame]]
            assert ((pixels[1:-1, 1:-1] >= 16) == (picture == 16)).all()
            assert pixels[0].max() <= 6

    def test_are_answers_spread_over_all_digits(self, data):
        share = np.bincount(data.test.label.ravel(), minlength=10) / data.test.label.size
        assert share.min() > 0.07 and share.max() < 0.13
