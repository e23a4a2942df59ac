"""The matrix products of a training step: counted from its graph, counted from shapes, and timed by themselves.

A product (batch, m, k, n) multiplies `batch` times an (m, k) matrix with a (k, n) matrix: 2 * batch * m * k * n
floating-point operations (FLOPs), one multiplication and one addition each.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

Product = tuple[int, int, int, int]
KINDS = ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum")


def flops(products: Counter[Product]) -> int:
    """Return the FLOPs of all products together."""
    return sum(2 * math.prod(product) * times for product, times in products.items())


def transformer_flops(
    B: int, Tv: int, Tq: int, *, width: int, hidden: int, encoders: int, decoders: int, vocabulary: int
) -> int:
    """Return the FLOPs of the products of one training step: B rows of Tv source and Tq target places.

    Forward, multiplications with additions: a place meets four width x width matrices and two width x hidden ones,
    and each place of its sequence twice (scores, mixing). A decoder's target place also meets two width x width
    matrices and each source place twice, and each source place two width x width matrices (key, value). In the end a
    target place meets each token's embedding. Every product a · b has two more behind it, for the gradients of a
    and of b: in all three times forward. Of padded places too; softmax, norms, embedding and optimizer do not count.
    """
    place = 4 * width**2 + 2 * width * hidden
    encoder = Tv * (place + 2 * Tv * width)
    decoder = Tq * (place + 2 * Tq * width) + Tq * (2 * width**2 + 2 * Tv * width) + Tv * 2 * width**2
    return 3 * 2 * B * (encoders * encoder + decoders * decoder + Tq * width * vocabulary)


def products_of(step: Callable, *boxes: tf.TensorSpec) -> Counter[Product]:
    """Return the products in the graph of `step`, traced for arguments of these shapes.

    Raise ValueError if a shape is open, or if a product is in a function that the graph calls, who knows how often.
    """
    found: Counter[Product] = Counter()
    graph = tf.function(step, autograph=False).get_concrete_function(*boxes).graph
    for function in graph.as_graph_def().library.function:
        if any(node.op in KINDS for node in function.node_def):
            raise ValueError(f"Expected all products in one graph, found one in {function.signature.name}.")
    for op in graph.get_operations():
        if op.type not in KINDS:
            continue
        shapes = [each.shape.as_list() if each.shape.rank is not None else [None] for each in op.inputs]
        if any(size is None for shape in shapes for size in shape):
            raise ValueError(f"Expected shapes without a gap, received {shapes} at {op.name}.")
        if op.type == "Einsum":
            product = einsum_product(op.get_attr("equation").decode(), *shapes)
        else:
            names = ("transpose_a", "transpose_b") if op.type == "MatMul" else ("adj_x", "adj_y")
            product = matmul_product(*shapes, *(op.get_attr(name) for name in names))
        found[product] += 1
    return found


def matmul_product(a: Sequence[int], b: Sequence[int], turn_a: bool = False, turn_b: bool = False) -> Product:
    """Return the product of two shapes (..., m, k) and (..., k, n); those to be turned come transposed."""
    (m, k), n = (a[:-3:-1] if turn_a else a[-2:]), b[-2 if turn_b else -1]
    return math.prod(np.broadcast_shapes(tuple(a[:-2]), tuple(b[:-2]))), m, k, n


def einsum_product(equation: str, a: Sequence[int], b: Sequence[int]) -> Product:
    """Return the product that `equation`, of two arrays without an ellipsis, does on these shapes."""
    sides, result = equation.split("->")
    left, right = sides.split(",")
    size = dict(zip(left + right, [*a, *b], strict=True))
    batch = set(left) & set(right) & set(result)
    summed = (set(left) | set(right)) - set(result)
    groups = (batch, set(left) - batch - summed, summed, set(right) - batch - summed)
    return tuple(math.prod(size[letter] for letter in group) for group in groups)


def seconds_alone(products: Counter[Product], tries: int = 5) -> float:
    """Return the seconds of all products one after another, nothing transposed, each at its best of `tries` times."""
    total = 0.0
    for (batch, m, k, n), times in products.items():
        a, b = tf.random.normal((batch, m, k)), tf.random.normal((batch, k, n))
        if batch == 1:
            a, b = a[0], b[0]
        total += times * best_seconds(lambda a=a, b=b: tf.matmul(a, b), tries)
    return total


def best_seconds(work: Callable, tries: int, least: float = 0.002) -> float:
    """Return the least seconds of one `work()` in `tries` looks; a look repeats it for at least `least` seconds."""
    work()
    repeats, found = 1, []
    while len(found) < tries:
        began = time.perf_counter()
        for _ in range(repeats):
            work()
        took = time.perf_counter() - began
        if took < least and not found:
            repeats *= 2
        else:
            found.append(took / repeats)
    return min(found)


def square_rates(size: int = 2048, tries: int = 8) -> dict[str, float]:
    """Return the FLOPs a second of a float32 product of two square matrices, all cores: TensorFlow's and NumPy's."""
    a = tf.random.normal((size, size))
    b = a.numpy()
    ways = {"TensorFlow": lambda: tf.matmul(a, a), "NumPy": lambda: b @ b}
    return {name: 2 * size**3 / best_seconds(work, tries) for name, work in ways.items()}
