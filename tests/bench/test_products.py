"""Are the matrix products of a training step counted rightly: from its graph, from shapes, and one like the other?"""

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest
import tensorflow as tf

ROOT = Path(__file__).resolve().parents[2]


def script(path):
    spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def products():
    return script(ROOT / "bench" / "products.py")


def box(*shape):
    return tf.TensorSpec(shape)


def test_is_a_product_two_operations_for_each_of_its_three_lengths(products):
    assert products.flops(Counter({(1, 2, 3, 5): 1})) == 60
    assert products.flops(Counter({(7, 2, 3, 5): 2, (1, 1, 1, 1): 1})) == 7 * 60 * 2 + 2


@pytest.mark.parametrize(
    "shapes, turned, expected",
    [
        (((2, 3), (3, 5)), (False, False), (1, 2, 3, 5)),
        (((3, 2), (3, 5)), (True, False), (1, 2, 3, 5)),
        (((2, 3), (5, 3)), (False, True), (1, 2, 3, 5)),
        (((4, 7, 2, 3), (4, 7, 3, 5)), (False, False), (28, 2, 3, 5)),
        (((4, 7, 2, 3), (7, 5, 3)), (False, True), (28, 2, 3, 5)),
    ],
)
def test_is_the_summed_axis_the_one_in_the_middle(products, shapes, turned, expected):
    assert products.matmul_product(*shapes, *turned) == expected


@pytest.mark.parametrize(
    "equation, shapes, expected",
    [
        ("ab,bc->ac", ((2, 3), (3, 5)), (1, 2, 3, 5)),
        ("bqhd,bvhd->bhqv", ((4, 2, 7, 3), (4, 5, 7, 3)), (28, 2, 3, 5)),
        ("bhqv,bvhd->bqhd", ((4, 7, 2, 3), (4, 3, 7, 5)), (28, 2, 3, 5)),
    ],
)
def test_are_the_letters_of_einsum_put_where_they_belong(products, equation, shapes, expected):
    assert products.einsum_product(equation, *shapes) == expected


def test_does_a_gradient_bring_two_products_more(products):
    def step(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            loss = tf.reduce_sum(tf.nn.relu(x @ w))
        return tape.gradient(loss, [x, w])

    assert products.products_of(step, box(2, 3), box(3, 5)) == {(1, 2, 3, 5): 1, (1, 2, 5, 3): 1, (1, 3, 2, 5): 1}


def test_is_an_open_shape_refused(products):
    with pytest.raises(ValueError, match="Expected shapes without a gap"):
        products.products_of(lambda x, w: x @ w, box(None, 3), box(3, 5))


def test_is_a_product_that_a_loop_hides_refused(products):
    def loop(x):
        return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y @ y), [0, x])

    with pytest.raises(ValueError, match="Expected all products in one graph"):
        products.products_of(loop, box(2, 2))


def test_do_shapes_and_graph_agree_on_a_transformer(products):
    train = script(ROOT / "data" / "pronunciation" / "train.py")
    sizes = {"encoders": 2, "decoders": 1, "width": 8}
    model = train.new(train.Setting(**sizes, heads=2, inner=12))

    def step(letters, phonemes):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model((letters, phonemes), training=True))
        return tape.gradient(loss, [weight.value for weight in model.trainable_variables])

    boxes = [tf.TensorSpec(shape, "int32") for shape in ((3, 5), (3, 7))]
    counted = products.flops(products.products_of(step, *boxes))
    assert counted == products.transformer_flops(3, 5, 7, **sizes, hidden=12, vocabulary=len(train.PHONEMES))
