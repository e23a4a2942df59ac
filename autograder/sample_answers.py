"""What the students of the sample class wrote: bodies of answers to lesson 1, by the name of the exercise.

The signature and the docstring around a body come from the lesson. Every table stands alone: no answer calls
another exercise's answer, so that a mistake costs the question in which it was made and no other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """An answer that shows one named misconception, and the parts of the exercise that it gets right all the same."""

    exercise: str
    misconception: str
    body: str
    still_right: tuple[str, ...] = ()


@dataclass(frozen=True)
class Broken:
    """An answer that gives no usable value at all, by the handle of the student who wrote it."""

    student: str
    exercise: str
    body: str


LOOPS = {
    "why_the_query_is_the_target": "There would be 49 contexts, one per patch, but the caption has 7 words. "
    "They would be mixtures of words we have not written yet. So the word we want to write asks, "
    "and the patches are the keys and values.",
    "scores": """
        result = []
        for row in key:
            total = 0.0
            for q, k in zip(query, row):
                total += q * k
            result.append(total)
        return result
        """,
    "distribution": """
        scores = np.array(scores, dtype=float)
        if scores.ndim == 1:
            powers = [np.exp(s - max(scores)) for s in scores]
            return np.array([p / sum(powers) for p in powers])
        return np.array([distribution(row) for row in scores])
        """,
    "context": """
        if np.ndim(distribution) == 2:
            return np.array([context(row, value) for row in distribution])
        mixed = np.zeros(value.shape[1])
        for weight, row in zip(distribution, value):
            mixed = mixed + weight * row
        return mixed
        """,
    "predict_doubled": """
        return "c"
        """,
    "attention": """
        query, value, key = np.array(query), np.array(value), np.array(key)
        result = np.zeros((query.shape[0], query.shape[1], value.shape[2]))
        for b in range(query.shape[0]):
            for q in range(query.shape[1]):
                s = np.array([np.dot(query[b, q], key[b, v]) for v in range(key.shape[1])])
                p = np.exp(s - s.max())
                for v in range(key.shape[1]):
                    result[b, q] += p[v] / p.sum() * value[b, v]
        return result
        """,
    "recommend": """
        weights = []
        for item in purchases:
            weights.append(np.exp(np.dot(item, target)))
        guess = 0
        for weight, rating in zip(weights, ratings):
            guess += weight * rating
        return guess / sum(weights)
        """,
    "scaled_attention": """
        query, value, key = np.array(query), np.array(value), np.array(key)
        contexts = []
        for q, v, k in zip(query, value, key):
            s = q.dot(k.T) / np.sqrt(k.shape[1])
            p = np.exp(s - s.max(axis=1, keepdims=True))
            contexts.append((p / p.sum(axis=1, keepdims=True)).dot(v))
        return np.stack(contexts)
        """,
    "masked_attention": """
        query, value, key, mask = np.array(query), np.array(value), np.array(key), np.array(mask)
        result = np.zeros((query.shape[0], query.shape[1], value.shape[2]))
        for b in range(query.shape[0]):
            real = np.nonzero(mask[b])[0]  # look only at the items that exist
            for q in range(query.shape[1]):
                s = key[b, real] @ query[b, q]
                p = np.exp(s - s.max())
                result[b, q] = (p / p.sum()) @ value[b, real]
        return result
        """,
    "keras_attention": """
        layer = keras.layers.Attention()
        contexts, weights = [], []
        for b in range(query.shape[0]):
            one = slice(b, b + 1)
            inputs = [query[one], value[one], key[one]]
            c, w = layer(inputs, mask=[None, mask[one]], return_attention_scores=True)
            contexts.append(c[0])
            weights.append(w[0])
        return np.stack(contexts), np.stack(weights)
        """,
}

EINSUM = {
    "why_the_query_is_the_target": "- patches ask -> 49 contexts, one each\n- they mix words, not picture, and "
    "the next word is not there yet\n- better: query = decoder state for the word, keys = values = patches",
    "scores": """
        return tf.einsum("d,td->t", query, key)
        """,
    "distribution": """
        return tf.nn.softmax(scores)
        """,
    "context": """
        return tf.einsum("...t,td->...d", distribution, tf.cast(value, distribution.dtype))
        """,
    "predict_doubled": """
        return "C"
        """,
    "attention": """
        w = tf.nn.softmax(tf.einsum("bqd,bvd->bqv", query, key))
        return tf.einsum("bqv,bve->bqe", w, value)
        """,
    "recommend": """
        w = tf.nn.softmax(tf.linalg.matvec(purchases, target))
        return tf.reduce_sum(w * ratings)
        """,
    "scaled_attention": """
        width = tf.cast(tf.shape(key)[-1], tf.float32)
        w = tf.nn.softmax(tf.einsum("bqd,bvd->bqv", query * tf.math.rsqrt(width), key))
        return tf.einsum("bqv,bve->bqe", w, value)
        """,
    "masked_attention": """
        penalty = -1e9 * (1.0 - tf.cast(mask, tf.float32))
        w = tf.nn.softmax(tf.einsum("bqd,bvd->bqv", query, key) + penalty[:, tf.newaxis])
        return tf.einsum("bqv,bve->bqe", w, value)
        """,
    "keras_attention": """
        output, weights = keras.layers.Attention(dropout=0.0)(
            inputs=[query, value, key], mask=[tf.ones_like(query[..., 0], dtype=bool), mask],
            return_attention_scores=True, training=False,
        )
        return [output, weights]
        """,
}

MISTAKES = (
    Wrong("scores", "products left unsummed", "return key * query"),
    Wrong(
        "scores",
        "cosine instead of dot product",
        "return key @ query / (np.linalg.norm(key, axis=1) * np.linalg.norm(query))",
    ),
    Wrong(
        "distribution",
        "softmax over the wrong axis",
        """
        powers = np.exp(scores - scores.max(axis=0))
        return powers / powers.sum(axis=0)
        """,
        ("one row of scores",),
    ),
    Wrong(
        "distribution",
        "exponential overflows",
        "return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)",
        ("one row of scores", "a row for each query"),
    ),
    Wrong("context", "only the best value", "return value[np.argmax(distribution, axis=-1)]"),
    Wrong("context", "summed over the width", "return (distribution[..., None] * value).sum(axis=-1)"),
    Wrong("predict_doubled", "option A", 'return "A"  # softmax does not care, it normalizes'),
    Wrong(
        "attention",
        "keys and values exchanged",
        "return tf.matmul(tf.nn.softmax(tf.matmul(query, value, transpose_b=True)), key)",
    ),
    Wrong(
        "attention",
        "softmax over the queries",
        """
        distribution = tf.nn.softmax(tf.matmul(query, key, transpose_b=True), axis=1)
        return distribution @ value
        """,
    ),
    Wrong(
        "recommend",
        "mixed the purchases",
        """
        powers = np.exp(purchases @ target)
        return powers / powers.sum() @ purchases
        """,
    ),
    Wrong(
        "scaled_attention",
        "scaled by the number of keys",
        """
        scores = tf.matmul(query, key, transpose_b=True) / np.sqrt(key.shape[1])
        return tf.matmul(tf.nn.softmax(scores), value)
        """,
    ),
    Wrong(
        "scaled_attention",
        "divided by the width itself",
        "return tf.nn.softmax(query @ tf.transpose(key, [0, 2, 1]) / key.shape[2]) @ value",
    ),
    Wrong(
        "masked_attention",
        "mask inverted",
        """
        scores = tf.matmul(query, key, transpose_b=True)
        scores = tf.where(mask[:, None, :], -np.inf, scores)
        return tf.matmul(tf.nn.softmax(scores), value)
        """,
    ),
    Wrong(
        "masked_attention",
        "mask after the softmax",
        """
        weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True))
        weights = weights * tf.cast(mask[:, None, :], tf.float32)
        return tf.matmul(weights, value)
        """,
        ("nothing masked",),
    ),
    Wrong(
        "masked_attention",
        "scores multiplied by the mask",
        """
        scores = tf.matmul(query, key, transpose_b=True)
        scores = scores * tf.cast(mask[:, None, :], tf.float32)  # padding out
        return tf.matmul(tf.nn.softmax(scores), value)
        """,
        ("nothing masked",),
    ),
    Wrong(
        "keras_attention",
        "order query, key, value",
        "return keras.layers.Attention()([query, key, value], mask=[None, mask], return_attention_scores=True)",
    ),
    Wrong(
        "keras_attention",
        "mask not passed",
        "return keras.layers.Attention()([query, value, key], return_attention_scores=True)",
    ),
)

BROKEN = (
    Broken("syntax-error", "distribution", "return np.exp(scores / np.sum(np.exp(scores)"),
    Broken(
        "endless-loop",
        "context",
        """
        total = 0
        while True:
            total = total + distribution @ value
        return total
        """,
    ),
    Broken("raises", "attention", "return tf.matmul(query, key) @ value"),
    Broken("returns-none", "scores", "result = key @ query"),
    Broken("wrong-dtype", "scores", 'return [f"{number:.2f}" for number in key @ query]'),
    Broken("ragged-list", "distribution", "return [1.0, [0.5, 0.5], [0.2, 0.3, 0.5]]"),
    Broken(
        "symbolic-tensor",
        "keras_attention",
        """
        query, value = keras.Input((3, 5)), keras.Input((4, 5))
        return keras.layers.Attention()([query, value], return_attention_scores=True)
        """,
    ),
    Broken("something-huge", "attention", "return np.zeros((len(query), 4000, 4000))"),
    Broken("leaves-early", "masked_attention", "import os\nos._exit(0)"),
)

HELPER = """\
def shapes(*arrays):
    \"\"\"Show the shape of each array.\"\"\"
    return [np.shape(array) for array in arrays]"""

PRINTS = """\
for step in range(300):
    print("step", step, "still here")"""

WARNS = """\
import sys, warnings
warnings.warn("careful")
print("a word of warning", file=sys.stderr)"""
