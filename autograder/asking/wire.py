"""Values as bytes, strictly: numbers, text, arrays and containers of these, and nothing else.

The bytes are MessagePack (https://msgpack.org) with one extension type for arrays. Decoding builds no
objects of the sender's choosing, so bytes from a learner's process can be read safely.
"""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np

MAX_BYTES = 16 * 2**20
MAX_ITEMS = 100_000
MAX_DEPTH = 8
MAX_AXES = 16
DTYPES = frozenset("?bBhHiIlLqQefd")  # NumPy type codes: booleans, whole numbers, floats
_DTYPE_NAMES = frozenset(np.dtype(code).newbyteorder(order).str for code in DTYPES for order in "<>")
_ARRAY = 1


class NotPlain(Exception):
    """A value is not plain data, or too large; the message finishes the sentence "You returned ..."."""


class _Room:
    """Counts the items of all containers of one value: an item of one byte on the wire takes 64 in memory."""

    def __init__(self) -> None:
        self.left = MAX_ITEMS

    def take(self, container: Any) -> Any:
        self.left -= len(container)
        if self.left < 0:
            raise NotPlain(f"lists or dicts of more than {MAX_ITEMS:,} items in all; return an array instead")
        return container


def plain(value: Any) -> Any:
    """Return `value` as plain data: arrays, numbers, text, None, and lists and dicts of these.

    Tensors and variables become arrays, tuples become lists. Raise NotPlain for anything else.
    """
    return _plain(value, 0, _Room())


def _plain(value: Any, depth: int, room: _Room) -> Any:
    if depth > MAX_DEPTH:
        raise NotPlain(f"containers nested more than {MAX_DEPTH} deep; return a flat one")
    if value is None or type(value) in (bool, int, float, str):
        return _small(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return _array(np.asarray(value))
    if isinstance(value, dict):
        return {_key(key): _plain(item, depth + 1, room) for key, item in room.take(value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1, room) for item in room.take(value)]
    if isinstance(value, (int, float, str)):  # a subclass: keep the value, drop the class
        base = next(kind for kind in (bool, int, float, str) if isinstance(value, kind))
        return _small(base(value))
    return _tensor(value)


def _small(value: Any) -> Any:
    if type(value) is str and len(value) > MAX_BYTES:
        raise NotPlain(f"a text of {len(value):,} characters; at most {MAX_BYTES:,} can be checked")
    if type(value) is str and not _is_whole(value):
        raise NotPlain("text with half a character in it (a lone surrogate)")
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise NotPlain("a whole number beyond 64 bits; return a float or a smaller number")
    return value


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key(key: Any) -> str:
    if not isinstance(key, str) or not _is_whole(key):
        raise NotPlain(f"a dict with a key of type {type(key).__name__}; use text as keys")
    return str(key)


def _array(array: np.ndarray) -> Any:
    if array.ndim > MAX_AXES:
        raise NotPlain(f"an array with {array.ndim} axes; at most {MAX_AXES} can be checked")
    if array.nbytes > MAX_BYTES:
        raise NotPlain(
            f"an array of shape {array.shape}, {array.nbytes / 2**20:,.0f} MiB; "
            f"at most {MAX_BYTES // 2**20} MiB can be checked"
        )
    if array.dtype.kind in "US" or (array.dtype == object and _all_text(array)):
        return _texts(array)
    if array.dtype == object:
        raise NotPlain(
            "an array of objects, as NumPy makes of rows of different lengths; all rows must be equally long"
        )
    if array.dtype.char not in DTYPES:
        raise NotPlain(f"an array of type {array.dtype}; return real numbers or booleans")
    return array.item() if array.ndim == 0 else np.ascontiguousarray(array)


def _all_text(array: np.ndarray) -> bool:
    return array.size <= MAX_ITEMS and all(isinstance(item, (str, bytes)) for item in array.flat)


def _texts(array: np.ndarray) -> Any:
    """Return an array of text or of its UTF-8 bytes (TensorFlow's strings) as text in lists."""
    if array.size > MAX_ITEMS:
        raise NotPlain(f"an array of {array.size:,} texts; at most {MAX_ITEMS:,} can be checked")
    try:
        texts = [item.decode() if isinstance(item, bytes) else str(item) for item in array.flat]
    except UnicodeDecodeError:
        raise NotPlain("text that is not UTF-8") from None
    if not all(map(_is_whole, texts)):
        raise NotPlain("text with half a character in it (a lone surrogate)")
    return np.array(texts, dtype=object).reshape(array.shape).tolist()


def _tensor(value: Any) -> Any:
    """Turn TensorFlow's and Keras's values into arrays, by name so that neither need be imported."""
    kind = type(value).__name__
    if kind == "KerasTensor":
        raise NotPlain(
            "a symbolic Keras tensor, which has a shape but no numbers; compute on the arrays you were given"
        )
    if kind == "RaggedTensor":
        raise NotPlain("a ragged tensor; all rows must be equally long: pad them first")
    if kind == "SymbolicTensor":
        raise NotPlain("a symbolic tensor from inside a tf.function; return the result of calling the function")
    if hasattr(value, "numpy") and hasattr(value, "dtype") and hasattr(value, "shape"):
        return _array(np.asarray(value.numpy()))
    what = "an" if kind[:1].lower() in "aeiou" else "a"
    raise NotPlain(f"{what} {kind}; return an array, a number, text, or a list or dict of these")


def encode(value: Any) -> bytes:
    """Return the bytes of a plain value; raise NotPlain if it is not one or would exceed MAX_BYTES."""
    try:
        data = msgpack.packb(plain(value), default=_pack_array, use_bin_type=True)
    except (ValueError, OverflowError, UnicodeEncodeError) as error:
        raise NotPlain(f"something that cannot be sent ({error})") from None
    if len(data) > 2 * MAX_BYTES:
        raise NotPlain(f"{len(data) / 2**20:,.0f} MiB; at most {2 * MAX_BYTES // 2**20} MiB can be checked")
    return data


def _pack_array(array: np.ndarray) -> msgpack.ExtType:
    head = msgpack.packb([array.dtype.str, list(array.shape)])
    return msgpack.ExtType(_ARRAY, head + array.tobytes())


def decode(data: bytes) -> Any:
    """Return the plain value in `data`; raise NotPlain for anything that `encode` could not have written."""
    if len(data) > 2 * MAX_BYTES + 1024:
        raise NotPlain(f"a message of {len(data):,} bytes; at most {2 * MAX_BYTES:,} can be checked")
    room = _Room()
    try:
        return plain(
            msgpack.unpackb(
                data,
                ext_hook=_unpack_array,
                list_hook=room.take,
                object_hook=room.take,
                raw=False,
                strict_map_key=True,
                max_array_len=MAX_ITEMS,
                max_map_len=MAX_ITEMS,
                max_ext_len=MAX_BYTES + 1024,
                max_bin_len=0,
            )
        )
    except NotPlain:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        raise NotPlain(f"a message that could not be read ({type(error).__name__})") from None


def _unpack_array(code: int, data: bytes) -> np.ndarray:
    if code != _ARRAY:
        raise NotPlain("a message with an unknown kind of value")
    unpacker = msgpack.Unpacker(max_buffer_size=len(data) or 1)
    unpacker.feed(data)
    dtype, shape = unpacker.unpack()
    sizes_ok = (
        isinstance(shape, list)
        and 0 < len(shape) <= MAX_AXES
        and all(type(n) is int and 0 <= n <= MAX_BYTES for n in shape)
    )
    if not isinstance(dtype, str) or dtype not in _DTYPE_NAMES or not sizes_ok:
        raise NotPlain("an array with an impossible type or shape")
    kind = np.dtype(dtype)
    body = data[unpacker.tell() :]
    count = 1
    for n in shape:
        count *= n
    if count * kind.itemsize != len(body):
        raise NotPlain("an array whose bytes do not fill its shape")
    return np.frombuffer(body, kind).reshape(shape).copy()
