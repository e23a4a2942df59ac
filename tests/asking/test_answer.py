"""One question put to an answer: what comes back, and what stays behind."""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

from autograder.asking.answer import (
    MAX_TEXT,
    OUTCOMES,
    Question,
    Reply,
    answer,
    answer_bytes,
    answer_text,
    ask_in,
    question_bytes,
    reply_from_bytes,
)
from autograder.asking.wire import MAX_BYTES, NotPlain, decode, encode
from autograder.exercise.examine import seeded
from autograder.exercise.library import all_exercises

needs_posix = pytest.mark.skipif(os.name == "nt", reason="signals to one thread are POSIX")


def ask(target, *, name="f", **about):
    return answer({name: target}, Question(name, about.pop("inputs", {}), **about))


class TestOutcome:
    def test_is_what_is_returned_the_value(self):
        reply = ask(lambda x: x + 1, inputs={"x": np.arange(3)})
        assert reply.outcome == "value"
        assert np.array_equal(reply.value, [1, 2, 3])

    def test_is_none_a_value(self):
        assert ask(lambda: None) == Reply("value", None)

    def test_is_a_name_that_is_not_there_missing(self):
        assert answer({}, Question("f", {})) == Reply("missing")

    def test_is_something_that_cannot_be_called_missing(self):
        assert ask(np.zeros(3)) == Reply("missing", detail="ndarray")

    def test_is_an_untouched_stub_not_attempted(self):
        def stub():
            raise NotImplementedError

        assert ask(stub).outcome == "not attempted"

    def test_does_an_error_name_the_line_of_the_learner(self):
        def broken():
            return 1 / 0  # here

        reply = ask(broken)
        assert reply.outcome == "raised"
        assert reply.detail.startswith("ZeroDivisionError: division by zero (in line ")
        assert reply.detail.endswith("of broken: return 1 / 0  # here)")

    def test_does_an_error_inside_a_library_name_the_line_of_the_learner(self):
        def broken():
            return json.loads("{")

        assert 'of broken: return json.loads("{"))' in ask(broken).detail

    def test_does_an_error_of_the_call_itself_name_no_line_of_ours(self):
        reply = ask(lambda x: x)
        assert reply.outcome == "raised"
        assert "missing 1 required positional argument" in reply.detail
        assert "in line" not in reply.detail

    def test_is_a_long_error_cut(self):
        def broken():
            raise ValueError("long " * MAX_TEXT)

        assert len(ask(broken).detail) == MAX_TEXT

    def test_is_an_error_described_that_cannot_describe_itself(self):
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError("no words")

        def broken():
            raise Odd

        assert ask(broken).detail.startswith("Odd: no message")

    @pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, BaseException])
    def test_is_an_error_that_is_no_exception_raised(self, error):
        def broken():
            raise error

        assert ask(broken).outcome == "raised"

    def test_is_too_little_memory_raised(self):
        def broken():
            raise MemoryError

        assert "more memory than there is" in ask(broken).detail

    def test_is_endless_recursion_raised(self):
        def forever(n=0):
            return forever(n + 1)

        assert ask(forever).detail.startswith("RecursionError")

    def test_is_an_object_not_plain(self):
        reply = ask(lambda: object())
        assert reply.outcome == "not plain"
        assert reply.detail.startswith("an object;")

    def test_are_all_outcomes_in_the_list(self):
        assert set(OUTCOMES) >= {"value", "missing", "not attempted", "raised", "not plain", "too long", "died"}


class TestTime:
    def test_does_an_endless_loop_end(self):
        def forever():
            while True:
                pass

        assert ask(forever, seconds=0.1) == Reply("too long", detail="0.1")

    def test_does_a_loop_end_that_catches_exceptions(self):
        def forever():
            while True:
                try:  # noqa: SIM105
                    sum(range(100))
                except Exception:
                    pass

        assert ask(forever, seconds=0.1).outcome == "too long"

    def test_does_a_loop_end_that_catches_everything(self):
        """Each interrupt lands in the inner loop and is caught; only one in the `except` block itself gets out."""

        def forever():
            while True:
                try:
                    while True:
                        pass
                except:  # noqa: E722
                    pass

        assert ask(forever, seconds=0.1).outcome == "too long"

    def test_does_a_loop_end_that_catches_everything_further_up(self):
        def step():
            while True:
                len("x")

        def forever():
            while True:
                try:
                    step()
                except:  # noqa: E722
                    print("again")

        assert ask(forever, seconds=0.1).outcome == "too long"
        assert sys.gettrace() is None

    @needs_posix
    def test_does_a_sleep_end(self):
        start = time.monotonic()
        assert ask(lambda: time.sleep(60), seconds=0.1).outcome == "too long"
        assert time.monotonic() - start < 30

    def test_may_an_answer_clean_up_after_the_first_interrupt(self):
        done = []

        def tidy():
            try:
                while True:
                    pass
            finally:
                done.append(sum(range(10_000)))

        assert ask(tidy, seconds=0.1).outcome == "too long"
        assert done

    def test_is_a_value_that_came_after_the_interrupt_too_late(self):
        def late():
            try:
                while True:
                    pass
            except BaseException:
                return 1

        assert ask(late, seconds=0.1) == Reply("too long", detail="0.1")

    def test_is_a_loop_whose_output_takes_for_ever_ended(self):
        class Endless(dict):
            def items(self):
                while True:
                    yield "key", 1

        assert ask(Endless, seconds=0.1).outcome == "too long"

    def test_are_handler_and_threads_as_they_were_afterwards(self):
        before = signal.getsignal(signal.SIGINT), threading.active_count()
        ask(lambda: time.sleep(0.2), seconds=0.1)
        ask(lambda: 1)
        assert (signal.getsignal(signal.SIGINT), threading.active_count()) == before

    @needs_posix
    def test_does_the_users_interrupt_stay_one(self):
        def interrupted():
            signal.raise_signal(signal.SIGINT)
            return 1

        before = signal.getsignal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            ask(interrupted)
        assert signal.getsignal(signal.SIGINT) is before

    def test_is_an_answer_carried_out_in_another_thread(self):
        replies = []
        thread = threading.Thread(target=lambda: replies.append(ask(lambda: 1)))
        thread.start()
        thread.join()
        assert replies == [Reply("value", 1)]

    def test_may_an_answer_be_asked_within_an_answer(self):
        assert ask(lambda: ask(lambda: 2).value).value == 2


class TestNoise:
    def test_is_what_it_prints_kept_and_not_shown(self, capsys):
        def chatty():
            print("hello")
            print("careful", file=sys.stderr)

        assert ask(chatty).printed == "hello\ncareful\n"
        assert capsys.readouterr() == ("", "")

    def test_is_what_it_prints_kept_when_it_fails(self):
        def chatty():
            print("before")
            raise ValueError

        assert ask(chatty).printed == "before\n"

    def test_is_what_it_prints_cut(self):
        def chatty():
            for _ in range(1000):
                print("x" * 99)

        assert len(ask(chatty).printed) == MAX_TEXT

    def test_does_what_a_library_writes_to_stderr_stay_out(self, capfd):
        """nbgrader gives no points to a cell that writes to stderr, and TensorFlow writes past sys.stderr."""

        def noisy():
            os.write(2, b"a warning from C++\n")

        ask(noisy)
        os.write(2, b"mine\n")
        assert capfd.readouterr().err == "mine\n"

    def test_are_file_descriptors_given_back(self):
        ask(lambda: 1)
        before = os.dup(2)
        os.close(before)
        for _ in range(5):
            ask(lambda: 1 / 0)
        after = os.dup(2)
        os.close(after)
        assert after == before


class TestInputs:
    def test_are_inputs_copies(self):
        def careless(x, parts):
            x += 1
            parts["a"].append(2)

        inputs = {"x": np.zeros(2), "parts": {"a": [1]}}
        ask(careless, inputs=inputs)
        assert np.array_equal(inputs["x"], [0, 0])
        assert inputs["parts"] == {"a": [1]}

    def test_do_arrays_arrive_as_tensors_where_asked_for(self):
        reply = ask(
            lambda x, n: [type(x).__name__, type(n).__name__],
            inputs={"x": np.zeros(2, np.float32), "n": 1},
            tensors=True,
        )
        assert reply.value == ["EagerTensor", "int"]

    @pytest.mark.parametrize("exercise", all_exercises().values(), ids=lambda exercise: exercise.name)
    def test_do_inputs_arrive_over_the_wire_as_in_the_notebook(self, exercise):
        for part in exercise.parts:
            for case in part.cases:
                inputs = case.draw(seeded(0, exercise.name))
                sent = decode(encode(inputs))
                assert {k: type(v) for k, v in sent.items()} == {k: type(v) for k, v in inputs.items()}
                for name, value in inputs.items():
                    if isinstance(value, np.ndarray):
                        assert sent[name].dtype == value.dtype


@pytest.fixture(scope="module")
def doubling():
    """A tiny layer: y = x k, with the kernel at `dense.kernel`."""
    import autograder.practice  # noqa: F401, I001 (before Keras: it silences TensorFlow)
    import keras

    class Doubling(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.dense = keras.layers.Dense(units, use_bias=False)

        def call(self, x):
            return self.dense(x)

    return Doubling


class TestLayer:
    inputs = {"x": np.arange(6, dtype=np.float32).reshape(2, 3)}  # noqa: RUF012

    kernel = np.arange(12, dtype=np.float32).reshape(3, 4)

    def asked(self, target, weights, **more):
        return ask(target, inputs=self.inputs, how="layer", weights=weights, seconds=60, **more)

    def test_an_output_comes_back_for_each_set_of_weights(self, doubling):
        again = ({"inputs": {"x": np.ones((1, 3), np.float32)}, "weights": {"dense.kernel": -self.kernel}},)
        reply = self.asked(doubling, {"dense.kernel": self.kernel}, tensors=True, arguments={"units": 4}, again=again)
        first, second = reply.value["outputs"]
        assert np.allclose(first, self.inputs["x"] @ self.kernel)
        assert np.allclose(second, -self.kernel.sum(axis=0, keepdims=True))

    def test_a_weight_that_is_not_there_is_told(self, doubling):
        reply = self.asked(doubling, {"query.kernel": self.kernel}, arguments={"units": 4})
        assert "keep the names" in reply.value["unset"]["query.kernel"]

    def test_a_weight_of_another_shape_is_told(self, doubling):
        reply = self.asked(doubling, {"dense.kernel": self.kernel}, arguments={"units": 5})
        assert reply.value["unset"] == {"dense.kernel": "has shape (3, 5), expected (3, 4)"}

    def test_a_weight_that_was_not_named_is_told(self, doubling):
        assert list(self.asked(doubling, {}, arguments={"units": 4}).value["more"].values()) == ["(3, 4)"]

    def test_a_layer_is_looked_at_as_a_layer(self, doubling):
        reply = self.asked(doubling, {"dense.kernel": self.kernel}, arguments={"units": 4}, inspect=True)
        assert (reply.value["frozen"], reply.value["unreached"]) == ([], [])
        assert np.allclose(reply.value["inside"], self.inputs["x"] @ self.kernel)

    def test_a_layer_that_leaves_tensors_is_told(self, doubling):
        import tensorflow as tf

        class Leaves(doubling):
            def call(self, x):
                return tf.constant(np.array(self.dense(x)))

        reply = self.asked(Leaves, {"dense.kernel": self.kernel}, arguments={"units": 4}, inspect=True)
        assert reply.value["unreached"] == ["dense.kernel"]
        assert "failed" in reply.value

    def test_a_layer_that_is_frozen_is_told(self, doubling):
        class Frozen(doubling):
            def __init__(self, units):
                super().__init__(units)
                self.dense.trainable = False

        reply = self.asked(Frozen, {"dense.kernel": self.kernel}, arguments={"units": 4}, inspect=True)
        assert reply.value["frozen"] == ["dense.kernel"]

    @pytest.mark.filterwarnings("ignore:`build\\(\\)` was called")  # Keras notices, and says something else
    def test_is_a_part_that_was_never_called_told_from_one_with_another_name(self):
        import keras

        class Idle(keras.layers.Layer):
            def __init__(self):
                super().__init__()
                self.dense, self.forgotten = keras.layers.Dense(3), keras.layers.Dense(3)

            def call(self, x):
                return self.dense(x)

        reply = self.asked(Idle, {"forgotten.kernel": self.kernel})
        assert "not there yet: has that part of the layer been called?" in reply.value["unset"]["forgotten.kernel"]

    def test_is_a_models_layer_found_by_its_name(self):
        import keras

        def model():
            x = keras.Input((3,), name="x")
            return keras.Model({"x": x}, keras.layers.Dense(4, name="query_dense")(x))

        weights = {"query_dense.kernel": self.kernel, "query_dense.bias": np.ones(4, np.float32)}
        reply = ask(model, inputs={"inputs": self.inputs}, how="layer", weights=weights, seconds=60)
        assert np.allclose(reply.value["outputs"][0], self.inputs["x"] @ self.kernel + 1)

    def test_is_a_layer_not_attempted_whose_call_is_a_stub(self):
        import keras

        class Stub(keras.layers.Layer):
            def call(self, x):
                raise NotImplementedError

        assert ask(Stub, inputs=self.inputs, how="layer").outcome == "not attempted"

    def test_is_an_error_in_a_layer_told_in_the_learners_line(self):
        import keras
        import tensorflow as tf

        class Broken(keras.layers.Layer):
            def call(self, x):
                return tf.matmul(x, x)

        reply = ask(Broken, inputs=self.inputs, how="layer")
        assert reply.outcome == "raised"
        assert "of call: return tf.matmul(x, x))" in reply.detail
        assert "Arguments received by" not in reply.detail


class TestBytes:
    question = Question("f", {"x": np.arange(3.0), "text": ["a", None]}, arguments={"units": 2}, seconds=3.0)

    def test_does_a_question_come_back_from_its_bytes(self):
        seen = {}

        def f(x, text):
            seen.update(x=x, text=text)
            return x.sum()

        reply = reply_from_bytes(answer_bytes({"f": f}, question_bytes(self.question)))
        assert reply == Reply("value", 3.0)
        assert np.array_equal(seen["x"], [0, 1, 2])
        assert seen["text"] == ["a", None]

    def test_are_all_fields_of_a_question_sent(self):
        fields = decode(question_bytes(self.question))
        assert set(fields) == set(Question.__dataclass_fields__)
        assert (fields["arguments"], fields["again"], fields["seconds"]) == ({"units": 2}, [], 3.0)

    @pytest.mark.parametrize("outcome", ["not attempted", "raised", "not plain", "missing", "too long"])
    def test_does_every_outcome_travel(self, outcome):
        def endless():
            while True:
                pass

        def stub():
            raise NotImplementedError

        targets = {"not attempted": stub, "raised": lambda: 1 / 0, "not plain": object, "too long": endless}
        data = question_bytes(Question("f", {}, seconds=0.1))
        assert reply_from_bytes(answer_bytes({"f": targets.get(outcome)}, data)).outcome == outcome

    def test_is_a_value_refused_that_is_too_large_to_travel(self):
        data = question_bytes(Question("f", {}))
        reply = reply_from_bytes(answer_bytes({"f": lambda: [np.zeros(MAX_BYTES // 8)] * 3}, data))
        assert reply.outcome == "not plain"
        assert "MiB can be checked" in reply.detail

    def test_do_halves_of_characters_do_no_harm(self):
        def odd():
            print("\ud800")
            raise ValueError("\udfff")

        reply = reply_from_bytes(answer_bytes({"f": odd}, question_bytes(Question("f", {}))))
        assert (reply.outcome, reply.printed) == ("raised", "?\n")
        assert reply.detail.startswith("ValueError: ?")

    def test_is_the_text_form_plain_ascii(self):
        import base64

        text = answer_text({"f": lambda: "é"}, base64.b64encode(question_bytes(Question("f", {}))).decode())
        assert text.isascii()
        assert reply_from_bytes(base64.b64decode(text)) == Reply("value", "é")

    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            {},
            {"outcome": "value"},
            {"outcome": "full marks", "value": 1, "detail": "", "printed": ""},
            {"outcome": ["value"], "value": 1, "detail": "", "printed": ""},
            {"outcome": "value", "value": 1, "detail": 1, "printed": ""},
            {"outcome": "value", "value": 1, "detail": "", "printed": None},
            {"outcome": "value", "value": 1, "detail": "", "printed": "", "points": 3},
        ],
        ids=str,
    )
    def test_is_what_is_no_reply_refused(self, value):
        with pytest.raises(NotPlain):
            reply_from_bytes(encode(value))

    def test_is_a_forged_long_reply_cut(self):
        data = encode({"outcome": "raised", "value": None, "detail": "x" * 9999, "printed": "y" * 9999, "changed": []})
        reply = reply_from_bytes(data)
        assert (len(reply.detail), len(reply.printed)) == (MAX_TEXT, MAX_TEXT)


def test_does_ask_in_look_names_up_when_asked():
    namespace = {}
    put = ask_in(namespace)
    assert put(Question("f", {})).outcome == "missing"
    namespace["f"] = lambda: 1
    assert put(Question("f", {})).value == 1


def test_do_many_questions_travel_as_one_and_stop_at_one_that_runs_out_of_time():
    def f(n):
        while n == 2:
            pass
        return n

    questions = [Question("f", {"n": n}, seconds=0.1) for n in range(4)]
    text = ",".join(base64.b64encode(question_bytes(question)).decode() for question in questions)
    replies = [reply_from_bytes(base64.b64decode(reply)) for reply in answer_text({"f": f}, text).split(",")]
    assert [(reply.outcome, reply.value) for reply in replies] == [("value", 0), ("value", 1), ("too long", None)]
