"""Layers are judged by what they return under weights that the examiner draws: forged ones earn nothing."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from autograder.asking.answer import ask_in
from autograder.exercise.examine import examine
from autograder.exercise.library import lesson_names, of_lesson
from tests.exercises.solutions import names_of

LAYERS = [
    pytest.param(exercise, lesson, id=exercise.name)
    for lesson in lesson_names()
    for exercise in of_lesson(lesson)
    if exercise.how == "layer"
]
pytestmark = pytest.mark.filterwarnings("ignore")


def judged(exercise, target, seed=0):
    return examine(exercise, ask_in({exercise.name: target}), seed)


@pytest.mark.parametrize("exercise, lesson", LAYERS)
class TestRightLayers:
    def test_is_the_lessons_own_right(self, exercise, lesson):
        for seed in (0, 1, "a submission"):
            found = judged(exercise, names_of(lesson)[exercise.name], seed)
            assert found.outcome == "right", found.parts

    @pytest.mark.parametrize("initializer", ["ones", "zeros"])
    def test_does_an_initializer_cost_nothing(self, exercise, lesson, initializer, monkeypatch):
        import keras

        for kind in (keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Embedding):
            plain = kind.build

            @functools.wraps(plain)  # Keras reads the signature
            def build(self, *shape, plain=plain, **shapes):
                for name in ("kernel_initializer", "embeddings_initializer"):
                    if hasattr(self, name):
                        setattr(self, name, keras.initializers.get(initializer))
                plain(self, *shape, **shapes)

            monkeypatch.setattr(kind, "build", build)
        found = judged(exercise, names_of(lesson)[exercise.name])
        assert found.outcome == "right", found.parts

    def test_does_a_policy_of_low_precision_cost_nothing(self, exercise, lesson):
        import keras

        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy("mixed_bfloat16")
        try:
            assert judged(exercise, names_of(lesson)[exercise.name]).outcome == "right"
            assert keras.config.dtype_policy().name == "mixed_bfloat16"
        finally:
            keras.config.set_dtype_policy(before)


def _mapped(output, change):
    return type(output)(change(one) for one in output) if isinstance(output, (tuple, list)) else change(output)


def _large_column(one):
    one = np.array(one)
    one[..., :1] = 1e20
    return one


_FORGERIES = {
    "zeros": lambda self, out: _mapped(out, lambda one: np.zeros_like(one)),
    "ones": lambda self, out: _mapped(out, lambda one: np.ones_like(one)),
    "a constant half": lambda self, out: _mapped(out, lambda one: np.full_like(one, 0.5)),
    "infinity": lambda self, out: _mapped(out, lambda one: np.full_like(one, np.inf)),
    "not a number": lambda self, out: _mapped(out, lambda one: np.full_like(one, np.nan)),
    "one column of 1e20": lambda self, out: _mapped(out, _large_column),
    "noise": lambda self, out: _mapped(out, lambda one: np.random.default_rng(0).normal(size=np.shape(one))),
    "the first output for ever": lambda self, out: self.__dict__.setdefault("_first", out),
    "almost right": lambda self, out: _mapped(out, lambda one: np.array(one) * 1.01),
    "nothing": lambda self, out: None,
}


def forged(target, change):
    """Return what builds the real thing, weights and all, and returns something else."""

    class Forged:
        def __init__(self, *arguments, **named):
            self._real = target(*arguments, **named)

        def __getattr__(self, name):
            return getattr(self._real, name)

        def __call__(self, *inputs, **named):
            return change(self, self._real(*inputs, **named))

    return Forged


@pytest.mark.parametrize("exercise, lesson", LAYERS)
@pytest.mark.parametrize("forgery", _FORGERIES)
def test_does_a_forged_layer_earn_nothing(exercise, lesson, forgery):
    target = forged(names_of(lesson)[exercise.name], _FORGERIES[forgery])
    assert judged(exercise, target, "a submission").earned == 0


@pytest.mark.parametrize("exercise, lesson", LAYERS)
def test_does_a_layer_that_keeps_its_own_weights_earn_nothing(exercise, lesson):
    """It takes what is set, and computes with what it had before."""

    class Keeps(forged(names_of(lesson)[exercise.name], lambda self, out: out)):
        def __call__(self, *inputs, **named):
            if "_own" not in self.__dict__:
                first = self._real(*inputs, **named)
                self._own = [np.array(each) for each in self._real.get_weights()]
                return first
            self._real.set_weights(self._own)
            return self._real(*inputs, **named)

    assert judged(exercise, Keeps, "a submission").earned == 0


@pytest.mark.parametrize("exercise, lesson", LAYERS)
def test_is_a_weight_too_many_told(exercise, lesson):
    real = names_of(lesson)[exercise.name]
    if not isinstance(real, type):
        pytest.skip("a model, whose layers a wrapper cannot add to")

    class More(real):
        def build(self, *shapes):
            self.more = self.add_weight(shape=(2,), name="more", initializer="zeros")

    found = judged(exercise, More)
    assert found.earned < found.points
    assert any("weights that the task does not name" in sentence for part in found.parts for sentence in part.says)


@pytest.mark.parametrize("exercise, lesson", LAYERS)
def test_is_a_layer_told_that_does_not_train(exercise, lesson):
    def frozen(*arguments, **named):
        layer = names_of(lesson)[exercise.name](*arguments, **named)
        layer.trainable = False
        return layer

    found = judged(exercise, frozen)
    assert found.earned < found.points
    assert any("not trainable" in sentence for part in found.parts for sentence in part.says)
