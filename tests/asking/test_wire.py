"""What goes over the wire, comes back, and nothing else does."""

from __future__ import annotations

import contextlib
import datetime
import fractions
import pickle
import random

import msgpack
import numpy as np
import pytest

from autograder.asking.wire import DTYPES, MAX_BYTES, MAX_DEPTH, MAX_ITEMS, NotPlain, decode, encode, plain

VALUES = [
    None,
    True,
    -(2**63),
    2**63 - 1,
    1.5,
    float("inf"),
    "",
    "Schülerin, 学生, 🎓",
    [],
    {},
    [1, [2.0, ["three", None]]],
    {"output": [1, 2], "weights": {"query_dense.kernel": 0.5}},
]
SHAPES = [(), (1,), (0,), (3, 0, 2), (2, 3, 4), (1,) * 16]


def there_and_back(value):
    return decode(encode(value))


def message(value):
    """Pack anything, also what `encode` would refuse."""
    return msgpack.packb(value, use_bin_type=True)


def array_message(dtype, shape, body=b"", code=1):
    return message(msgpack.ExtType(code, msgpack.packb([dtype, shape]) + body))


class TestRoundTrip:
    @pytest.mark.parametrize("value", VALUES, ids=repr)
    def test_do_plain_values_come_back_equal(self, value):
        assert there_and_back(value) == value

    @pytest.mark.parametrize("code", sorted(DTYPES))
    @pytest.mark.parametrize("order", "<>")
    def test_does_every_type_of_number_come_back(self, code, order):
        sent = np.arange(6).reshape(2, 3).astype(np.dtype(code).newbyteorder(order))
        found = there_and_back(sent)
        assert found.dtype == sent.dtype
        assert np.array_equal(found, sent)

    @pytest.mark.parametrize("shape", SHAPES[1:], ids=str)
    def test_does_every_shape_come_back(self, shape):
        sent = np.ones(shape, np.float32)
        assert there_and_back(sent).shape == shape

    def test_is_an_array_without_axes_a_number(self):
        assert there_and_back(np.array(2.5)) == 2.5
        assert type(there_and_back(np.float32(2.5))) is float
        assert there_and_back(np.bool_(True)) is True

    def test_do_arrays_in_containers_come_back(self):
        found = there_and_back({"pair": (np.arange(3), [np.zeros((2, 2))])})
        assert np.array_equal(found["pair"][0], [0, 1, 2])
        assert found["pair"][1][0].shape == (2, 2)

    def test_does_an_array_that_is_not_contiguous_come_back(self):
        sent = np.arange(12.0).reshape(3, 4).T[::-1, ::2]
        assert np.array_equal(there_and_back(sent), sent)

    def test_can_what_comes_back_be_written_to(self):
        found = there_and_back(np.zeros(3))
        found[0] = 1
        assert found[0] == 1

    def test_does_nan_pass_as_a_float(self):
        assert np.isnan(there_and_back(float("nan")))
        assert np.isnan(there_and_back(np.array([np.nan]))).all()

    def test_is_an_array_of_text_a_list_of_text(self):
        assert there_and_back(np.array(["le", "chat"])) == ["le", "chat"]
        assert there_and_back(np.array([["a"], ["ñ"]], dtype=object)) == [["a"], ["ñ"]]
        assert there_and_back(np.array([b"noir"])) == ["noir"]
        assert there_and_back(np.array([], dtype=object)) == []

    def test_does_a_subclass_lose_its_class(self):
        class Text(str):
            pass

        class Mine(np.ndarray):
            pass

        assert type(plain(Text("a"))) is str
        assert type(plain(np.zeros(2).view(Mine))) is np.ndarray
        assert type(plain(np.ma.masked_array([1.0, 2.0], [True, False]))) is np.ndarray


class AlwaysEqual:
    def __eq__(self, other):
        return True


class TestPlain:
    @pytest.mark.parametrize(
        "value, says",
        [
            (AlwaysEqual(), "an AlwaysEqual; return an array"),
            (lambda: 1, "a function"),
            (range(3), "a range"),
            ({1, 2}, "a set"),
            (b"bytes", "a bytes"),
            (1 + 2j, "a complex"),
            (fractions.Fraction(1, 3), "a Fraction"),
            (np.array([1j]), "complex128; return real numbers"),
            (np.array([np.datetime64("2024-01-01")]), "datetime64"),
            (np.zeros(2, np.longdouble), "return real numbers"),
            (np.array([object(), 1]), "all rows must be equally long"),
            (np.zeros(2, dtype="f4,i4"), "return real numbers"),
            (np.array([b"\xff"]), "text that is not UTF-8"),
            ({1: 2}, "key of type int"),
            ({(1, 2): 2}, "key of type tuple"),
            (2**63, "beyond 64 bits"),
            ([1, [2, [AlwaysEqual()]]], "an AlwaysEqual"),
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_is_what_is_no_data_refused_in_words(self, value, says):
        with pytest.raises(NotPlain, match=says):
            plain(value)

    @pytest.mark.parametrize(
        "value, says",
        [
            (np.zeros(MAX_BYTES // 8 + 1), "16 MiB can be checked"),
            (np.array(["a" * 1000] * 5000), "MiB can be checked"),
            ([0] * (MAX_ITEMS + 1), "return an array instead"),
            ([[0] * 1000] * 200, "return an array instead"),
            ({str(i): i for i in range(MAX_ITEMS + 1)}, "return an array instead"),
            ("a" * (MAX_BYTES + 1), "characters"),
            (np.zeros((1,) * 17), "17 axes"),
        ],
        ids=["array", "array of text", "list", "list of lists", "dict", "text", "axes"],
    )
    def test_is_what_is_too_large_refused_in_words(self, value, says):
        with pytest.raises(NotPlain, match=says):
            plain(value)

    def test_are_many_large_arrays_refused(self):
        with pytest.raises(NotPlain, match="MiB can be checked"):
            encode([np.zeros(MAX_BYTES // 8)] * 3)

    def test_is_deep_nesting_refused(self):
        value = 1
        for _ in range(MAX_DEPTH):
            value = [value]
        assert plain(value) == value
        with pytest.raises(NotPlain, match="nested"):
            plain([value])

    def test_is_a_list_that_holds_itself_refused(self):
        value = []
        value.append(value)
        with pytest.raises(NotPlain, match="nested"):
            plain(value)

    @pytest.mark.parametrize("value", ["\ud800", {"\ud800": 1}, np.array(["\ud800"])], ids=["text", "key", "array"])
    def test_is_half_a_character_refused(self, value):
        with pytest.raises(NotPlain):
            plain(value)


@pytest.fixture(scope="module")
def tf():
    import autograder.practice  # first: it silences TensorFlow's start-up messages

    assert autograder.practice
    return pytest.importorskip("tensorflow")


class TestTensors:
    def test_is_a_tensor_an_array(self, tf):
        found = plain(tf.constant([[1.0, 2.0]]))
        assert type(found) is np.ndarray
        assert found.dtype == np.float32

    def test_is_a_tensor_without_axes_a_number(self, tf):
        assert plain(tf.constant(3)) == 3

    def test_is_a_variable_an_array(self, tf):
        assert np.array_equal(plain(tf.Variable([1.0, 2.0])), [1, 2])

    def test_is_a_keras_variable_an_array(self, tf):
        import keras

        assert np.array_equal(plain(keras.Variable(np.ones(2))), [1, 1])

    def test_is_a_tensor_of_text_text(self, tf):
        assert plain(tf.constant("né")) == "né"
        assert plain(tf.constant([["le", "chat"]])) == [["le", "chat"]]
        assert plain(tf.zeros([0], tf.string)) == []

    def test_is_text_in_another_encoding_refused(self, tf):
        with pytest.raises(NotPlain, match="not UTF-8"):
            plain(tf.constant(b"\xff\xfe"))

    def test_is_a_ragged_tensor_refused_in_words(self, tf):
        with pytest.raises(NotPlain, match="ragged tensor; all rows must be equally long"):
            plain(tf.ragged.constant([[1.0], [2.0, 3.0]]))

    def test_is_a_symbolic_keras_tensor_refused_in_words(self, tf):
        import keras

        with pytest.raises(NotPlain, match="symbolic Keras tensor, which has a shape but no numbers"):
            plain(keras.Input((3,)))

    def test_is_a_tensor_from_inside_a_function_refused_in_words(self, tf):
        caught = []

        @tf.function
        def traced(x):
            caught.append(x)
            return x

        traced(tf.constant(1.0))
        with pytest.raises(NotPlain, match=r"symbolic tensor from inside a tf\.function"):
            plain(caught[0])

    def test_is_a_layer_refused(self, tf):
        import keras

        with pytest.raises(NotPlain, match="a Dense; return an array"):
            plain(keras.layers.Dense(1))

    def test_is_a_complex_tensor_refused(self, tf):
        with pytest.raises(NotPlain, match="return real numbers"):
            plain(tf.constant([1j]))


class TestStrict:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\xc1",
            pickle.dumps([1, 2]),
            encode(1) + encode(2),
            encode(np.arange(4.0))[:-1],
            encode([1, 2, 3])[:-1],
            message(b"bytes"),
            message({b"key": 1}),
            message({1: 1}),
            message(datetime.datetime.now(datetime.UTC).timestamp())[:-2],
            msgpack.packb(datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), datetime=True),
            message(2**63),
            b"\xa2\xff\xff",
            b"\x91" * 5000 + b"\x01",
            b"\xdd\xff\xff\xff\xff",
            b"\xdb\xff\xff\xff\xff",
        ],
        ids=[
            "nothing",
            "a byte that MessagePack never uses",
            "a pickle",
            "two values",
            "a cut array",
            "a cut list",
            "bytes",
            "bytes as a key",
            "a number as a key",
            "a cut float",
            "a time stamp",
            "a whole number beyond 64 bits",
            "text that is not UTF-8",
            "lists in lists",
            "a list that claims to be long",
            "text that claims to be long",
        ],
    )
    def test_is_a_message_refused_that_encode_cannot_have_written(self, data):
        with pytest.raises(NotPlain):
            decode(data)

    @pytest.mark.parametrize(
        "dtype, shape, body",
        [
            ("|O", [1], b"\0" * 8),
            ("<c8", [1], b"\0" * 8),
            ("<U1", [1], b"\0" * 4),
            ("|S1", [1], b"a"),
            ("<M8", [1], b"\0" * 8),
            ("f,f", [1], b"\0" * 8),
            ("2f4", [1], b"\0" * 8),
            ("a1", [1], b"a"),
            ("(,f", [1], b"\0" * 4),
            ("", [1], b""),
            (None, [1], b"\0" * 8),
            ("<f8", [], b"\0" * 8),
            ("<f8", [-1], b"\0" * 8),
            ("<f8", [-1, -1], b"\0" * 8),
            ("<f8", [2], b"\0" * 8),
            ("<f8", [1], b"\0" * 9),
            ("<f8", [1.0], b"\0" * 8),
            ("<f8", [True], b"\0" * 8),
            ("<f8", ["1"], b"\0" * 8),
            ("<f8", 1, b"\0" * 8),
            ("<f8", [1] * 17, b"\0" * 8),
            ("<f8", [2**62, 4], b""),
            ("<f8", [0, 2**40], b""),
        ],
        ids=str,
    )
    def test_is_an_array_of_another_type_or_size_refused(self, dtype, shape, body):
        with pytest.raises(NotPlain):
            decode(array_message(dtype, shape, body))

    def test_is_an_array_of_no_items_and_endless_axes_small(self):
        """Nothing is allocated for an array without items, however long its other axes are said to be."""
        with contextlib.suppress(NotPlain):
            assert decode(array_message("<f8", [0, MAX_BYTES, MAX_BYTES, MAX_BYTES])).nbytes == 0

    @pytest.mark.parametrize("code", [0, 2, 127])
    def test_is_an_unknown_extension_refused(self, code):
        with pytest.raises(NotPlain):
            decode(array_message("<f8", [1], b"\0" * 8, code))

    @pytest.mark.parametrize("head", [b"", b"\x01", b"\xa2ab", b"\x92", b"\x93\x01\x01\x01", b"\xd4\x01\x00"], ids=repr)
    def test_is_an_array_without_a_proper_head_refused(self, head):
        with pytest.raises(NotPlain):
            decode(message(msgpack.ExtType(1, head)))

    def test_is_a_huge_message_refused_before_it_is_read(self):
        with pytest.raises(NotPlain, match="bytes; at most"):
            decode(bytes(2 * MAX_BYTES + 2000))

    def test_is_a_small_message_of_very_many_containers_refused(self):
        """One byte makes a list of 56: without a limit on them all, 32 MiB would take 2 GB."""
        many = message([[[]] * 50_000] * 20)
        with pytest.raises(NotPlain):
            decode(many)


SEEDS = [encode(value) for value in VALUES] + [
    encode({"outcome": "value", "value": np.arange(6.0).reshape(2, 3), "detail": "", "printed": "x" * 40}),
    encode([np.zeros((2, 0), bool), np.float16([1, 2]), "text", {"a": [None, -1, 2**40]}]),
]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Change, insert, remove, repeat or cut a few bytes."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                data[at:at] = rng.randbytes(rng.randint(1, 4))
            case 2:
                del data[at : at + rng.randint(1, 8)]
            case 3:
                data[at:at] = data[at : at + 8]
            case 4:
                del data[at:]
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_do_damaged_messages_give_a_plain_value_or_not_plain(seed):
    rng = random.Random(seed)
    for _ in range(5_000):
        data = mutate(rng.choice(SEEDS), rng)
        try:
            found = decode(data)
        except NotPlain:
            continue
        encode(found)  # what was let in is plain
