"""Is `purchases` what its README says: the same bytes each time, users apart, and a truth that can be found?"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from autograder.toolbox.datasets import SPLITS, purchases

FILE = Path(__file__).resolve().parents[2] / "data" / "purchases" / "prepare.py"
SMALL = {"train": 20, "validation": 5, "test": 5}


@pytest.fixture(scope="module")
def prepare():
    spec = importlib.util.spec_from_file_location("purchases_prepare", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data():
    return purchases()


def area_under_curve(label, score):
    """Return the share of pairs (bought, not bought) in which the bought one scores higher."""
    rank = np.empty(len(score))
    rank[np.argsort(score)] = np.arange(1, len(score) + 1)
    bought = label.sum()
    return (rank[label == 1].sum() - bought * (bought + 1) / 2) / (bought * (len(label) - bought))


class TestFile:
    def test_does_a_seed_give_the_same_bytes_twice(self, prepare):
        assert prepare.pack(prepare.make(SMALL, 1)) == prepare.pack(prepare.make(SMALL, 1))

    def test_is_the_file_what_the_script_writes(self, prepare, data):
        made = prepare.make({"train": 20}, 0)
        assert made["train_target"].tolist() == data.train.target_item[: 20 * prepare.LOOKS].tolist()

    def test_is_it_small(self):
        assert FILE.with_name("purchases.npz").stat().st_size < 1_000_000


class TestTruth:
    def test_is_the_relevant_purchase_of_the_target_s_kind(self, data):
        split = data.test
        relevant = split.history_items[np.arange(len(split)), split.relevant]
        assert np.mean(relevant // 10 == split.target_item // 10) > 0.99

    def test_is_the_target_itself_never_in_the_history(self, data):
        split = data.test
        assert not ((split.history_items == split.target_item[:, None]) & split.mask).any()

    def test_does_a_plain_dot_product_miss_often(self, data):
        split = data.test
        scores = np.where(split.mask, np.einsum("nd,ntd->nt", split.target, split.keys), -np.inf)
        assert 0.6 < np.mean(scores.argmax(axis=1) == split.relevant) < 0.8

    def test_does_the_relevant_purchase_tell_more_than_the_mean(self, data):
        split = data.test
        taste = split.values @ np.array([1.0, -0.8, 0.0])
        relevant = taste[np.arange(len(split)), split.relevant]
        mean = (taste * split.mask).sum(axis=1) / split.mask.sum(axis=1)
        assert area_under_curve(split.label, relevant) > area_under_curve(split.label, mean) + 0.15

    @pytest.mark.parametrize("split", SPLITS)
    def test_is_the_relevant_place_a_purchase(self, data, split):
        split = getattr(data, split)
        assert split.mask[np.arange(len(split)), split.relevant].all()
