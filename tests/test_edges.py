"""The edges of the lessons' own functions: each does the right thing, or says in a sentence what it expected."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from test_layers import D, lesson

PADDING = np.zeros((2, 3), "int32")
LOGITS = np.random.default_rng(1).normal(size=(2, 3, 12)).astype("float32")


def test_does_byte_pair_encoding_stop_when_every_word_is_one_piece():
    byte_pairs = lesson("05_translation").byte_pairs
    assert byte_pairs({"ab": 1}, 5) == [("a", "b")]
    assert byte_pairs({"a": 1}, 5) == byte_pairs({}, 5) == []


@pytest.mark.parametrize("name", ["03_encoder_decoder", "04_decoder_attention", "06_global_local", "08_transformer"])
def test_is_the_loss_of_nothing_but_padding_zero_and_teaches_nothing(name):
    L, logits = lesson(name), tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        loss = L.loss(PADDING, logits)
    assert float(loss) == float(L.accuracy(PADDING, LOGITS)) == 0
    assert np.all(tape.gradient(loss, logits) == 0)


def test_are_the_answers_of_lesson_3_zero_for_nothing_but_padding():
    L = lesson("03_encoder_decoder")
    assert float(L.masked_loss(PADDING, LOGITS)) == float(L.masked_accuracy(PADDING, PADDING)) == 0


@pytest.mark.parametrize("name, function", [("01_attention", "distribution"), ("07_self_attention", "softmax")])
@pytest.mark.parametrize("kind", ["uint8", "int8", "int64", "float16"])
def test_may_scores_be_of_any_kind_of_number(name, function, kind):
    found = getattr(lesson(name), function)(np.array([[1, 2, 4]], kind))
    np.testing.assert_allclose(found, [[0.042, 0.114, 0.844]], atol=1e-3)


@pytest.mark.parametrize("width", [1, 5, 7])
@pytest.mark.parametrize("name, function", [("07_self_attention", "positions"), ("07_self_attention", "waves")])
def test_may_positions_have_an_odd_width(name, function, width):
    found = getattr(lesson(name), function)(4, width)
    assert found.shape == (4, width)
    np.testing.assert_allclose(found[:, 0], np.sin(np.arange(4)))


@pytest.mark.parametrize("name", ["07_self_attention", "08_transformer", "10_pronunciation"])
def test_is_a_width_that_heads_do_not_divide_refused_in_words(name):
    L = lesson(name)
    make = {
        "07_self_attention": lambda: L.CausalSelfAttention(15, 4),
        "08_transformer": lambda: L.Transformer(12, 12, width=15),
        "10_pronunciation": lambda: L.Transformer(width=15),
    }[name]
    with pytest.raises(ValueError, match=r"Expected a width that 4 heads divide, received 15\."):
        make()


def test_are_heads_that_do_not_divide_a_width_refused_in_words():
    with pytest.raises(ValueError, match=r"Expected a width that 2 heads divide, received 5\."):
        lesson("07_self_attention").split(np.ones((1, 3, 5)), 2)


def test_has_lesson_8_a_place_for_every_token_of_a_long_phrase():
    model = lesson("08_transformer").Transformer(12, 12, D, 2, 16)
    assert np.isfinite(model([np.full((1, 130), 5), np.full((1, 140), 5)])).all()


@pytest.mark.parametrize("name", ["07_self_attention", "10_pronunciation"])
def test_are_more_places_than_a_table_has_refused_in_words(name):
    L = lesson(name)
    if name == "07_self_attention":
        with pytest.raises(ValueError, match=r"Expected at most 9 items, received 10\."):
            L.Positions(L.waves(9, D), False)(np.ones((1, 10, D)))
    else:
        with pytest.raises(ValueError, match=r"Expected at most 64 tokens, received 70\."):
            L.Embedding(12, D)(np.ones((1, 70), "int32"))


@pytest.mark.parametrize("name", ["04_decoder_attention", "05_translation", "06_global_local"])
def test_does_a_cell_without_an_encoder_say_what_it_expected(name):
    L = lesson(name)
    cell = {
        "04_decoder_attention": lambda: L.AttentionCell(D, "dot"),
        "05_translation": lambda: L.AttentionCell(D),
        "06_global_local": lambda: L.FeedingCell("dot", "global", 2, D),
    }[name]()
    with pytest.raises(ValueError, match=r"Expected initial_state=\[state, .*\].*, received none\."):
        layers.RNN(cell)(np.ones((2, 3, D), "float32"))


@pytest.mark.parametrize("token", [-1, 5])
def test_is_a_label_that_is_no_class_refused_in_words(token):
    with pytest.raises(ValueError, match=r"Expected tokens from 0 to 4, received "):
        lesson("08_transformer").smooth_labels(np.array([[3, token]]), 5, 0.1)


def test_is_one_text_in_place_of_a_list_refused_in_words():
    with pytest.raises(
        TypeError, match=r"Expected a list of sentences, received one: put it in a list, \['Bonjour\.'\]"
    ):
        lesson("05_translation").translate(None, None, None, "Bonjour.")
    with pytest.raises(TypeError, match=r"Expected a list of words, received one: put it in a list, \['tough'\]"):
        lesson("10_pronunciation").say(None, None, "tough")
