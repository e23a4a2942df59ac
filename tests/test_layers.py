"""Every layer and model of the lessons: saved and loaded, any length, one alone, only padding, half precision."""

from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import keras
import nbformat
import numpy as np
import pytest
from keras import layers

from autograder.course import find_course

COURSE = find_course(__file__)
D, UNITS, WORDS = 8, 6, ["", "[unknown]", "[start]", "[end]", *"abcdefgh"]
PRESET = {"source_words": WORDS, "target_words": WORDS}
WHOLE = {"02_relevance": ["inputs"], "03_encoder_decoder": ["encoder", "decoder"]}
WHOLE["04_decoder_attention"] = ["before", "encoder", "decoder"]
WHOLE["10_pronunciation"] = ["vocabularies"]
"""Cells that are run whole; of all others only what they define."""

pytestmark = [
    pytest.mark.filterwarnings("ignore:.build\\(\\). was called on layer"),  # of a layer that builds when it is called
    pytest.mark.filterwarnings("ignore:Layer .* looks like it has unbuilt state"),
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # Keras, of its own variables
    pytest.mark.filterwarnings("ignore:The structure of `inputs` doesn't match"),
]


# What a lesson defines, without training anything.


@functools.lru_cache(maxsize=1)  # two lessons have a Block: the last one run is the one that Keras knows
def lesson(name: str) -> SimpleNamespace:
    """Run the imports, functions, classes and plain settings of a solution, and the cells that WHOLE names."""
    names: dict[str, Any] = {"__name__": "lesson", **PRESET}
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    for cell in nbformat.read(COURSE.notebook(name), 4).cells:
        if cell.cell_type != "code":
            continue
        for node in ast.parse(cell.source).body:
            if cell.id in WHOLE.get(name, ()) or isinstance(node, kept) or is_plain(node):
                with contextlib.suppress(NameError):  # a default that only a run of the lesson has
                    exec(compile(ast.Module([node], []), cell.id, "exec"), names)
    return SimpleNamespace(**names)


def is_plain(node: ast.AST) -> bool:
    """Return whether a statement gives names to constants, or short names to modules."""
    plain = (ast.Constant, ast.Attribute, ast.Name, ast.Tuple, ast.Load)
    return isinstance(node, ast.Assign) and all(isinstance(each, plain) for each in ast.walk(node.value))


# Inputs: three rows, the last of which is nothing but padding.


@dataclass(frozen=True)
class Given:
    """An input: its numbers, (B, ...), and its shape without B, None for a length that may vary."""

    numbers: np.ndarray
    shape: tuple[int | None, ...]

    @property
    def symbol(self) -> keras.KerasTensor:
        return keras.Input(self.shape, dtype=self.numbers.dtype.name)

    def cut(self, length: int) -> np.ndarray:
        """Return the numbers with each length that may vary cut to `length`."""
        places = (slice(None), *(slice(length) if axis is None else slice(None) for axis in self.shape))
        return self.numbers[places]


def drawn(*shape: int | None, lengths: tuple[int, ...] = ()) -> Given:
    """Return three rows of random numbers; `lengths` in the place of each None."""
    left = iter(lengths)
    full = [next(left) if axis is None else axis for axis in shape]
    return Given(np.random.default_rng(sum(full)).normal(size=(3, *full)).astype("float32"), shape)


REAL = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]], bool)
SOURCE = Given(np.array([[5, 6, 7, 3], [4, 3, 0, 0], [0, 0, 0, 0]], "int32"), (None,))
TARGET = Given(np.array([[2, 4, 5, 6, 7], [2, 6, 0, 0, 0], [0, 0, 0, 0, 0]], "int32"), (None,))
MASK = Given(REAL, (None,))
WEIGHTS = Given(REAL.astype("float32"), (None,))
PENALTY = Given(np.where(REAL, 0, -3e4).astype("float32"), (None,))
SEEN = Given(REAL[:, None], (1, None))
READ, WRITTEN = drawn(None, D, lengths=(4,)), drawn(None, D, lengths=(5,))  # (B, Tv, D), (B, Tq, D)
ONE, NOTHING = drawn(D), Given(np.zeros((3, 1), "float32"), (1,))
HISTORY = {
    "target": drawn(16),
    "keys": drawn(None, 16, lengths=(4,)),
    "values": drawn(None, 3, lengths=(4,)),
    "mask": MASK,
    "profile": drawn(4),
}
CLIPS = [drawn(None, D, lengths=(2,)), drawn(None, None, D, lengths=(3, 4))]
FILM = [Given(np.ones((3, 6, 12, 100), "uint8"), (6, 12, 100)), drawn(24, 10)]


@dataclass(frozen=True)
class Case:
    """A layer or a model: its lesson, the classes that are tried, how to make it, and what it is given."""

    lesson: str
    classes: str
    make: Callable[[SimpleNamespace], Callable[..., Any]]
    given: Any

    def __str__(self) -> str:
        return f"{self.lesson[:2]} {self.classes}"


def in_rnn(cell: Any) -> Callable[..., Any]:
    """Return a call that runs a cell over a sequence from its initial states."""
    return lambda x, *states: layers.RNN(cell, return_sequences=True)(x, initial_state=list(states))


def cases() -> list[Case]:
    found = [Case("02_relevance", f"model {name}", lambda L, name=name: getattr(L, name)(), HISTORY) for name in (
        "without_history", "with_mean", "with_plain_attention", "with_learned_attention")]  # fmt: skip
    found += [
        Case("02_relevance", "model relevance_model", lambda L: L.relevance_model(5), HISTORY),
        Case("03_encoder_decoder", "TwiceTheSum", lambda L: L.TwiceTheSum(UNITS), [READ]),
        Case("03_encoder_decoder", "StateEncoder", lambda L: L.StateEncoder(12, D, UNITS), [SOURCE]),
        Case("03_encoder_decoder", "model encoder", lambda L: L.encoder, [SOURCE]),
        Case("03_encoder_decoder", "model model", lambda L: L.model, [SOURCE, TARGET]),
        Case("04_decoder_attention", "BahdanauAttention", lambda L: L.BahdanauAttention(UNITS), [ONE, READ, MASK]),
        Case("04_decoder_attention", "model encoder", lambda L: L.encoder, [SOURCE]),
        Case("04_decoder_attention", "model model", lambda L: L.model, [SOURCE, TARGET]),
        Case("05_translation", "AttentionCell", lambda L: in_rnn(L.AttentionCell(D)),
             [WRITTEN, ONE, READ, READ, WEIGHTS]),
        Case("05_translation", "AttentionCell blind", lambda L: in_rnn(L.AttentionCell(D, False)), [WRITTEN, ONE]),
        Case("07_self_attention", "CausalSelfAttention", lambda L: L.CausalSelfAttention(D, 2), [READ]),
        Case("07_self_attention", "model neighbor_model", lambda L: L.neighbor_model(2),
             [Given(np.ones((3, 8), "int32"), (8,))]),
        Case("07_self_attention", "model order_model", lambda L: L.order_model(), [SOURCE]),
        Case("08_transformer", "MultiHead", lambda L: L.MultiHead(D, 2), [WRITTEN, READ, SEEN]),
        Case("08_transformer", "EncoderBlock", lambda L: L.EncoderBlock(D, 2, 16), [READ, SEEN]),
        Case("08_transformer", "Block cross", lambda L: L.Block(D, 2, 16, cross=True),
             [READ, SEEN, READ, SEEN]),
        Case("08_transformer", "Peeking", lambda L: L.Peeking(12, 12, D, 2, 16), [SOURCE, TARGET]),
        Case("08_transformer", "Careless", lambda L: L.Careless(12, 12, D, 2, 16), [SOURCE, TARGET]),
        Case("08_transformer", "Transformer", lambda L: L.Transformer(12, 12, D, 2, 16), [SOURCE, TARGET]),
        Case("08_transformer", "Transformer odd", lambda L: L.Transformer(12, 12, 9, 3, 16), [SOURCE, TARGET]),
        Case("09_space_time", "SpaceTimeAttention", lambda L: L.SpaceTimeAttention(UNITS), CLIPS),
        Case("09_space_time", "Look", lambda L: L.Look(UNITS, time=0.0), CLIPS),
        Case("09_space_time", "model build", lambda L: L.build(), FILM),
        Case("10_pronunciation", "Attention", lambda L: L.Attention(D, 2), [WRITTEN, READ, Given(
            REAL[:, None, None], (1, 1, None))]),
        Case("10_pronunciation", "Block decoder", lambda L: Reads(L.Block(D, 2, 16, decoder=True)), [WRITTEN, READ]),
        Case("10_pronunciation", "Embedding", lambda L: L.Embedding(12, D), [SOURCE]),
        Case("10_pronunciation", "Embedding odd", lambda L: L.Embedding(12, 9), [SOURCE]),
        Case("10_pronunciation", "Transformer", lambda L: L.Transformer(D, 2, 16, 1, 1), [SOURCE, TARGET]),
    ]  # fmt: skip
    for score in ("dot", "general", "additive"):
        make = lambda L, score=score: in_rnn(L.AttentionCell(D, score))
        found.append(Case("04_decoder_attention", f"AttentionCell {score}", make, [WRITTEN, ONE, READ, READ, PENALTY]))
    for attend in (True, False):
        make = lambda L, attend=attend: L.Translator(12, 12, D, D, attend)
        found.append(Case("05_translation", f"Translator attend={attend}", make, [SOURCE, TARGET]))
    for kind in ("dot", "general", "concat"):
        keys = drawn(None, D // 2, lengths=(4,)) if kind == "concat" else READ
        found.append(Case("06_global_local", f"Score {kind}", lambda L, kind=kind: L.Score(kind, D), [WRITTEN, keys]))
    for window in ("global", "local-m", "local-p"):
        make = lambda L, window=window: L.LuongAttention("general", window, 1, D)
        states = [WRITTEN, NOTHING, READ, READ, WEIGHTS]
        found.append(Case("06_global_local", f"LuongAttention {window}", make, states))
        make = lambda L, window=window: in_rnn(L.FeedingCell("general", window, 1, D))
        states = [WRITTEN, ONE, ONE, NOTHING, READ, READ, WEIGHTS]
        found.append(Case("06_global_local", f"FeedingCell {window}", make, states))
        for feed in (True, False):
            make = lambda L, window=window, feed=feed: L.Speaker("general", window, feed)
            found.append(Case("06_global_local", f"Speaker {window} feed={feed}", make, [SOURCE, TARGET]))
    for learned in (True, False):
        make = lambda L, learned=learned: L.Positions(L.waves(9, D), learned)
        found.append(Case("07_self_attention", f"Positions learned={learned}", make, [READ]))
    for join in ("pre", "post", "none"):
        make = lambda L, join=join: L.Block(D, 2, 16, join=join)
        found.append(Case("08_transformer", f"Block {join}", make, [READ, SEEN]))
    return sorted(found, key=lambda case: case.lesson)


class Reads:
    """Calls lesson 10's block as a decoder does, and keeps its two outputs."""

    def __init__(self, block):
        self.block = block

    def __call__(self, x, source):
        return self.block(x, np.ones((1, 1, 1, 1), bool), source, np.ones((1, 1, 1, 1), bool))


CASES = cases()


# What is asked of each.


def model_of(case: Case) -> keras.Model:
    """Return the case as a model of symbolic inputs whose lengths are not known."""
    keras.utils.set_random_seed(5)
    made = case.make(lesson(case.lesson))
    if isinstance(made, keras.Model):
        return made
    symbols = [each.symbol for each in case.given]
    return keras.Model(symbols, made(*symbols))


def rows(case: Case, change: Callable[[Given], np.ndarray] = lambda each: each.numbers) -> Any:
    """Return what the case is given, as its model takes it."""
    if isinstance(case.given, dict):
        return {name: change(each) for name, each in case.given.items()}
    numbers = [change(each) for each in case.given]
    return numbers if len(numbers) > 1 else numbers[0]


def outputs(model: keras.Model, given: Any) -> list[np.ndarray]:
    return [np.asarray(each, "float64") for each in keras.tree.flatten(model(given))]


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return request.param


def test_is_a_layer_the_same_when_saved_and_loaded(case, tmp_path):
    model = model_of(case)
    before = outputs(model, rows(case))
    model.save(tmp_path / "model.keras")
    answers = {"TwiceTheSum", "StateEncoder", "BahdanauAttention", "CausalSelfAttention", "EncoderBlock"}
    answers |= {"SpaceTimeAttention", "Peeking", "Careless"}  # what a learner writes is not registered
    named = {name: each for name, each in vars(lesson(case.lesson)).items() if name in answers}
    loaded = keras.models.load_model(tmp_path / "model.keras", custom_objects=named)
    for one, other in zip(before, outputs(loaded, rows(case)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_may_a_sequence_have_any_length(case):
    model = model_of(case)
    if not case.classes.startswith("model"):
        symbols = [each.symbol for each in case.given]
        keras.Model(symbols, model(symbols if len(symbols) > 1 else symbols[0]))
    for length in (2, 3):
        found = outputs(model, rows(case, lambda each, length=length: each.cut(length)))
        assert all(np.isfinite(each).all() for each in found)


def test_is_a_row_alone_what_it_is_among_others(case):
    model = model_of(case)
    together = outputs(model, rows(case))
    alone = outputs(model, rows(case, lambda each: each.numbers[:1]))
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one[:1], other, atol=1e-4)


def test_is_a_row_of_nothing_but_padding_finite(case):
    assert all(np.isfinite(each).all() for each in outputs(model_of(case), rows(case)))


def test_is_half_precision_finite_and_near(case):
    if case.classes in ("model encoder", "model model"):
        pytest.skip("These are built where the lesson stands; their layers are tried by themselves.")
    exact = model_of(case)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        half = model_of(case)
        for model in (exact, half):
            outputs(model, rows(case))  # builds the weights
        half.set_weights(exact.get_weights())
        found = outputs(half, rows(case))
    finally:
        keras.config.set_dtype_policy("float32")
    for one, other in zip(outputs(exact, rows(case)), found, strict=True):
        assert np.isfinite(other).all()
        np.testing.assert_allclose(one[:2], other[:2], atol=0.05, rtol=0.05)  # of padding alone there is no right one


def test_is_every_layer_and_model_of_the_lessons_tried():
    tried = {(case.lesson, case.classes.split()[0]) for case in CASES}
    for name in COURSE.lesson_names():
        for cell in nbformat.read(COURSE.notebook(name), 4).cells:
            for node in ast.parse(cell.source).body if cell.cell_type == "code" else ():
                if isinstance(node, ast.ClassDef) and node.bases:
                    assert (name, node.name) in tried
