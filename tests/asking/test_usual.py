"""Is an answer asked under the usual settings, whatever the notebook has chosen for itself?"""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.asking.answer import Question, ask_in
from autograder.asking.usual import usual_settings

X = np.array([[1.0, 2.0, 3.0]], "float32")


@pytest.fixture(params=["mixed_float16", "float16", "float64"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def dense(x):
    layer = keras.layers.Dense(1, kernel_initializer="ones")
    return layer(x)


def test_is_a_layer_of_an_answer_built_in_float32_whatever_the_policy(policy):
    reply = ask_in({"dense": dense})(Question("dense", {"x": X}, tensors=True))
    assert reply.value.dtype == "float32" and keras.config.dtype_policy().name == policy


def test_is_floatx_put_back_after_the_question():
    keras.config.set_floatx("float16")
    try:
        reply = ask_in({"zeros": lambda: keras.ops.zeros(2)})(Question("zeros", {}))
        assert (reply.value.dtype, keras.config.floatx()) == ("float32", "float16")
    finally:
        keras.config.set_floatx("float32")


def test_does_a_warning_that_the_notebook_made_an_error_only_warn():
    def divided(x):
        warnings.warn("careful", stacklevel=1)
        return 1 / (x - 1)

    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        reply = ask_in({"divided": divided})(Question("divided", {"x": X}))
        assert reply.outcome == "value" and np.geterr()["divide"] == "raise"
        with pytest.raises(UserWarning):
            warnings.warn("still an error outside", stacklevel=1)


def test_does_an_answer_compute_eagerly_in_a_notebook_of_old_graphs():
    with tf.Graph().as_default():
        assert not tf.executing_eagerly()
        reply = ask_in({"twice": lambda x: tf.constant(2.0) * x})(Question("twice", {"x": X}, tensors=True))
    assert reply.outcome == "value" and np.array_equal(reply.value, 2 * X)


def test_do_settings_that_were_replaced_break_nothing(monkeypatch):
    monkeypatch.setattr(keras.config, "dtype_policy", None)
    with usual_settings():
        assert True
    assert ask_in({"same": lambda x: x})(Question("same", {"x": X})).outcome == "value"


def test_does_input_in_an_answer_say_that_nobody_types():
    reply = ask_in({"asks": lambda: input("?")})(Question("asks", {}))
    assert reply.outcome == "raised" and "nobody is there" in reply.detail
