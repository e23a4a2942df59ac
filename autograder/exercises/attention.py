"""Lesson 1: attention in three lines. References in NumPy, float64; shapes as in the lesson (B, Tq, Tv, D)."""

from __future__ import annotations

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part, Unseen
from autograder.exercises._shared import (
    choice,
    f64,
    normal,
    not_negative,
    rows_sum_to_one,
    small,
    softmax,
    some_padding,
    swap,
)

# --- scores: one query against every key -------------------------------------------------------------


def _scores(query, key):
    query, key = f64(query, key)
    return np.einsum("d,td->t", query, key)


scores = Exercise(
    name="scores",
    title="Score every key against one query",
    difficulty=1,
    importance=5,
    minutes=3,
    parts=(
        Part(
            "one query, three keys",
            1,
            (
                Case(
                    "numbers that fit in the head",
                    lambda rng: {"query": np.array([2.0, 1.0]), "key": np.array([[1.0, 0.0], [0.0, 3.0], [-1.0, 1.0]])},
                ),
                Case("three keys of width 2", lambda rng: {"query": normal(rng, 2), "key": normal(rng, 3, 2)}),
            ),
        ),
        Part(
            "other sizes",
            1,
            (
                Case("five keys of width 4", lambda rng: {"query": normal(rng, 4), "key": normal(rng, 5, 4)}),
                Case("one key of width 3", lambda rng: {"query": normal(rng, 3), "key": normal(rng, 1, 3)}),
                Case("two keys of width 7", lambda rng: {"query": normal(rng, 7), "key": normal(rng, 2, 7)}),
            ),
        ),
    ),
    reference=_scores,
    misconceptions=(
        Misconception(
            "products left unsummed",
            lambda query, key: query * key,
            "You multiplied the query with each key but did not add the products up; a dot product is one number for each key.",
            "Look again at the worked dot product: how many numbers does one key give?",
        ),
        Misconception(
            "summed over the wrong axis",
            lambda query, key: (query * key).sum(axis=0),
            "You added up over the keys; the sum of a dot product runs over the width, so that each key keeps its own score.",
            "The key has shape (Tv, D). Which of the two axes must be gone in the result?",
        ),
        Misconception(
            "mean instead of sum",
            lambda query, key: (query * key).mean(axis=-1),
            "You averaged the products; a dot product adds them.",
            "Compare your first number with the dot product worked out by hand: by what factor does it differ?",
        ),
        Misconception(
            "cosine instead of dot product",
            lambda query, key: key @ query / (np.linalg.norm(key, axis=-1) * np.linalg.norm(query)),
            "You divided by the lengths of the vectors, which makes it a cosine; the score here is the plain dot product.",
            "Nothing in the first of the three lines divides.",
        ),
        Misconception(
            "distance instead of dot product",
            lambda query, key: np.linalg.norm(key - query, axis=-1),
            "You measured how far apart query and key are; a score is their dot product, which grows as they agree.",
            "Should the best match have the largest or the smallest score?",
        ),
    ),
    right=(
        lambda query, key: [float(sum(q * k for q, k in zip(query, row))) for row in key],
        lambda query, key: key @ query,
        lambda query, key: (np.asarray(query)[None, :] @ np.asarray(key).T)[0],
    ),
    hints=(
        "A score is a dot product: multiply two vectors entry by entry and add up the products.",
        "You need one score for each key: as many numbers as `key` has rows.",
        "The operator `@` multiplies matrices and vectors: a matrix of shape (Tv, D) times a vector of shape (D,) has shape (Tv,).",
    ),
)


# --- distribution: softmax over the keys --------------------------------------------------------------


def _naive_softmax(scores):
    powers = np.exp(np.asarray(scores))
    return powers / powers.sum(axis=-1, keepdims=True)


distribution = Exercise(
    name="distribution",
    title="Turn scores into weights that sum to one",
    difficulty=2,
    importance=5,
    minutes=5,
    parts=(
        Part(
            "one row of scores",
            1,
            (
                Case("three scores", lambda rng: {"scores": np.array([2.0, 3.0, -1.0])}),
                Case("five scores", lambda rng: {"scores": normal(rng, 5)}),
            ),
        ),
        Part("a row for each query", 1, (Case("two queries, four keys", lambda rng: {"scores": normal(rng, 2, 4)}),)),
        Part(
            "large scores",
            1,
            (
                Case("scores near 1000", lambda rng: {"scores": np.array([1000.0, 999.0, 998.0])}),
                Case(
                    "rows far apart",
                    lambda rng: {"scores": normal(rng, 3, 4) + np.array([[-2000.0], [0.0], [2000.0]], np.float32)},
                ),
            ),
        ),
    ),
    reference=lambda scores: softmax(scores),
    misconceptions=(
        Misconception(
            "softmax over the wrong axis",
            lambda scores: softmax(scores, axis=0),
            "Your columns sum to one instead of your rows; each query spreads a weight of one over its keys, which lie on the last axis.",
            "Name the two axes of the scores, then say over which of them one query's weights must sum to one.",
        ),
        Misconception(
            "softmax over all scores at once",
            lambda scores: softmax(scores, axis=None),
            "All your weights together sum to one; each query needs a sum of one for itself.",
            "How many ones do two queries add up to? Look at what `axis` and `keepdims` do in a sum.",
        ),
        Misconception(
            "exponential overflows",
            _naive_softmax,
            "`exp` of a large score is infinite, and infinity divided by infinity is not a number.",
            "Subtracting the same number from every score of a row leaves the softmax as it is. Which number keeps `exp` small?",
        ),
        Misconception(
            "one maximum for all rows",
            lambda scores: (lambda p: p / p.sum(axis=-1, keepdims=True))(np.exp(np.asarray(scores) - np.max(scores))),
            "You subtracted the largest of all scores; a row far below it becomes all zeros, and 0/0 is not a number.",
            "Each row is its own distribution: whose largest score should be subtracted from it?",
        ),
        Misconception(
            "divided without the exponential",
            lambda scores: np.asarray(scores) / np.sum(scores, axis=-1, keepdims=True),
            "You divided the scores by their sum, without the exponential; that can be negative, and the sum can be zero.",
            "Scores can be negative and weights cannot. Which step of the softmax takes care of that?",
        ),
        Misconception(
            "all weight on the largest score",
            lambda scores: (np.asarray(scores) == np.max(scores, axis=-1, keepdims=True)).astype(float),
            "You gave all the weight to the largest score; the softmax leaves some for every key.",
            "The soft in softmax: what is exp(3) / (exp(3) + exp(2))?",
        ),
    ),
    right=(
        lambda scores: np.exp(scores - np.logaddexp.reduce(np.asarray(scores, float), axis=-1, keepdims=True)),
        lambda scores: np.apply_along_axis(
            lambda row: np.exp(row - row.max()) / np.exp(row - row.max()).sum(), -1, scores
        ),
    ),
    hints=(
        "The softmax has two steps: the exponential of every score, then a division by the sum of its row.",
        "`axis=-1` means the last axis, the keys; `keepdims=True` keeps it with length 1, so that the division lines up.",
        "Before the exponential, subtract from each row its own largest score. Prove to yourself that this changes nothing.",
    ),
    properties=(not_negative, rows_sum_to_one),
)


# --- context: the weighted sum of the values ----------------------------------------------------------


def _context(distribution, value):
    distribution, value = f64(distribution, value)
    return np.einsum("...t,td->...d", distribution, value)


def _weighted(distribution, value):
    return np.asarray(distribution)[..., None] * value


context = Exercise(
    name="context",
    title="Mix the values by their weights",
    difficulty=2,
    importance=5,
    minutes=3,
    parts=(
        Part(
            "one query",
            1,
            (
                Case(
                    "weights that fit in the head",
                    lambda rng: {
                        "distribution": np.array([0.5, 0.25, 0.25]),
                        "value": np.array([[4.0, 0.0], [0.0, 8.0], [2.0, 2.0]]),
                    },
                ),
                Case(
                    "five values of width 3",
                    lambda rng: {"distribution": softmax(normal(rng, 5)), "value": normal(rng, 5, 3)},
                ),
            ),
        ),
        Part(
            "a row of weights for each query",
            1,
            (
                Case(
                    "two queries, four values of width 3",
                    lambda rng: {"distribution": softmax(normal(rng, 2, 4)), "value": normal(rng, 4, 3)},
                ),
            ),
        ),
    ),
    reference=_context,
    misconceptions=(
        Misconception(
            "only the best value",
            lambda distribution, value: np.asarray(value)[np.argmax(distribution, axis=-1)],
            "You took the value with the largest weight; the context mixes all values, each by its weight.",
            "What becomes of the weight of 0.25 in the worked example?",
        ),
        Misconception(
            "plain mean of the values",
            lambda distribution, value: np.broadcast_to(
                np.mean(value, axis=0), (*np.shape(distribution)[:-1], np.shape(value)[-1])
            ),
            "You averaged the values as if all weights were equal; the distribution says how much of each to take.",
            "Does your result change when the distribution does?",
        ),
        Misconception(
            "weighted, not summed",
            _weighted,
            "You multiplied each value by its weight but did not add them up; one query gets one context vector.",
            "The context of one query has shape (D,). Over which axis must you still sum?",
        ),
        Misconception(
            "summed over the width",
            lambda distribution, value: _weighted(distribution, value).sum(axis=-1),
            "You added up the entries within each value; the sum of the context runs over the values, so that the width D stays.",
            "The context has as many entries as one value. Which axis must be gone?",
        ),
        Misconception(
            "weighted mean divided once more",
            lambda distribution, value: _context(distribution, value) / np.shape(value)[0],
            "You divided by the number of values; the weights sum to one already, so the weighted sum is an average as it stands.",
            "Try it with all weights equal: what should come out, and what does?",
        ),
    ),
    right=(
        lambda distribution, value: distribution @ value,
        lambda distribution, value: np.tensordot(distribution, value, axes=1).tolist(),
        lambda distribution, value: _weighted(distribution, value).sum(axis=-2),
    ),
    hints=(
        "The context is a sum: the first weight times the first value, plus the second weight times the second value, and so on.",
        "A row of weights times a matrix is exactly this sum: (Tv,) @ (Tv, D) has shape (D,).",
        "The same operator serves one row of weights and many: (Tq, Tv) @ (Tv, D) has shape (Tq, D).",
    ),
)


# --- predict_doubled: what happens to the weights when every score doubles? -----------------------------

predict_doubled = choice(
    "predict_doubled",
    "Predict: every score is doubled",
    "C",
    {
        "A": "The softmax ignores a number *added* to every score, not a factor: exp(2s) is exp(s) squared, and squaring changes the ratios.",
        "B": "Weights sum to one before and after, so they cannot all double.",
        "D": "It is the other way around: halving the scores flattens the weights, doubling pulls them apart.",
        "E": "A larger score always has a larger weight, doubled or not: the order of the keys stays.",
    },
    (
        "The ratio of two weights is exp(first score - second score).",
        "Doubling every score doubles every difference between scores. What does that do to the ratios?",
    ),
)


# --- attention: the three lines for a batch -----------------------------------------------------------


def _scores_of(query, key):
    return query @ swap(key)


def _attention(query, value, key):
    query, value, key = f64(query, value, key)
    return softmax(_scores_of(query, key)) @ value


def _qvk(rng, batch, queries, values, width, value_width=None):
    return {
        "query": normal(rng, batch, queries, width),
        "value": normal(rng, batch, values, value_width or width),
        "key": normal(rng, batch, values, width),
    }


def _in_the_head(**more):
    """Return the lesson's own small example: it comes first, so that a report on a wrong answer can be read."""
    words = {
        "query": [[[1, 2]]],
        "value": [[[1, 0], [4, 0], [0, 10]]],
        "key": [[[1, 0], [2, 0], [0, 2]]],
        **more,
    }
    return small(**words)


_BATCH = Part(
    "a batch",
    2,
    (
        Case("numbers that fit in the head", lambda rng: _in_the_head()),
        Case("two examples, three queries, four values", lambda rng: _qvk(rng, 2, 3, 4, 5)),
        Case("more queries than values", lambda rng: _qvk(rng, 3, 6, 2, 4)),
    ),
)
_WIDER = Part("values wider than keys", 1, (Case("width 3 against 7", lambda rng: _qvk(rng, 2, 5, 4, 3, 7)),))
_SWAPPED = Misconception(
    "keys and values exchanged",
    lambda query, value, key: _attention(query, value=key, key=value),
    "You scored the query against the values and mixed the keys; the keys are for scoring, the values for mixing.",
    "The order of the arguments is query, value, key, as in Keras. Which of them does each line use?",
)
_OVER_QUERIES = Misconception(
    "softmax over the queries",
    lambda query, value, key: softmax(_scores_of(*f64(query, key)), axis=1) @ value,
    "Your softmax ran over the queries (axis 1); each query spreads its weight over the values, which lie on the last axis.",
    "The scores have shape (B, Tq, Tv). Which axis must sum to one?",
)

attention = Exercise(
    name="attention",
    title="The three lines, for a batch",
    difficulty=3,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(_BATCH, _WIDER),
    reference=_attention,
    misconceptions=(
        _SWAPPED,
        _OVER_QUERIES,
        Misconception(
            "softmax over the batch",
            lambda query, value, key: softmax(_scores_of(*f64(query, key)), axis=0) @ value,
            "Your softmax ran over the batch (axis 0), which mixes up examples that have nothing to do with each other.",
            "The scores have shape (B, Tq, Tv). Which axis must sum to one?",
        ),
        Misconception(
            "no softmax",
            lambda query, value, key: _scores_of(*f64(query, key)) @ value,
            "You mixed the values by the raw scores; the second line, the softmax, is missing.",
            "Count your lines. What stands between scores and context?",
        ),
        Misconception(
            "softmax over all keys and queries",
            lambda query, value, key: softmax(_scores_of(*f64(query, key)), axis=(1, 2)) @ value,
            "All weights of an example sum to one together; each of its queries needs a sum of one for itself.",
            "The scores have shape (B, Tq, Tv). Over how many axes does the softmax run?",
        ),
        Misconception(
            "scaled although not asked",
            lambda query, value, key: softmax(_scores_of(*f64(query, key)) / np.sqrt(np.shape(key)[-1])) @ value,
            "You divided the scores by the square root of D; that is right in the next section, but this exercise asks for plain dot products.",
            "Take the division out here, and keep it for `scaled_attention`.",
        ),
    ),
    right=(
        lambda query, value, key: np.einsum("bqv,bvd->bqd", softmax(np.einsum("bqd,bvd->bqv", query, key)), value),
        lambda query, value, key: np.stack(
            [softmax(q @ np.transpose(k)) @ v for q, v, k in zip(*f64(query, value, key))]
        ),
    ),
    hints=(
        "Write the shape of each line's result first: (B, Tq, Tv), (B, Tq, Tv), (B, Tq, D).",
        "`tf.matmul(query, key, transpose_b=True)` exchanges the last two axes of `key` before it multiplies.",
        "`tf.nn.softmax` runs over the last axis unless told otherwise. Which axis is that in the scores?",
    ),
)


# --- recommend: another application of the same three lines ------------------------------------------------


def _recommend(target, purchases, ratings):
    target, purchases, ratings = f64(target, purchases, ratings)
    return softmax(purchases @ target) @ ratings


def _history(rng, purchases, width):
    ratings = rng.integers(1, 6, purchases).astype(np.float32)
    return {"target": normal(rng, width), "purchases": normal(rng, purchases, width), "ratings": ratings}


recommend = Exercise(
    name="recommend",
    title="Guess a rating: the target asks the history",
    difficulty=3,
    importance=4,
    minutes=4,
    parts=(
        Part(
            "a small history",
            1,
            (
                Case(
                    "three purchases",
                    lambda rng: {
                        "target": np.array([2.0, 0.0]),
                        "purchases": np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
                        "ratings": np.array([5.0, 1.0, 4.0]),
                    },
                ),
                Case("four purchases, width 2", lambda rng: _history(rng, 4, 2)),
            ),
        ),
        Part("other histories", 1, (Case("six purchases, width 3", lambda rng: _history(rng, 6, 3)),)),
    ),
    reference=_recommend,
    misconceptions=(
        Misconception(
            "mean of the ratings",
            lambda target, purchases, ratings: np.mean(ratings),
            "You averaged all ratings; the guess should lean toward what was said of purchases like the target.",
            "Does your guess change when the target does?",
        ),
        Misconception(
            "rating of the nearest purchase",
            lambda target, purchases, ratings: float(np.asarray(ratings)[np.argmax(purchases @ target)]),
            "You took the rating of the one best match; attention mixes all ratings by their weights.",
            "Which of the three lines would make a mixture of this?",
        ),
        Misconception(
            "mixed the purchases",
            lambda target, purchases, ratings: softmax(purchases @ target) @ purchases,
            "You mixed the purchases themselves; here they are the keys, and the ratings are the values.",
            "What should come out: a vector that describes an item, or a rating?",
        ),
        Misconception(
            "no softmax",
            lambda target, purchases, ratings: (purchases @ target) @ ratings,
            "You weighted the ratings by the raw scores, so the guess can lie far outside one to five.",
            "Which line makes weights that sum to one?",
        ),
        Misconception(
            "ratings entered the scores",
            lambda target, purchases, ratings: softmax((purchases @ target) * ratings) @ ratings,
            "You let the ratings change the scores; a score compares query and key only.",
            "How alike two items are does not depend on how much somebody liked one of them.",
        ),
    ),
    right=(
        lambda target, purchases, ratings: float(np.average(ratings, weights=np.exp(np.asarray(purchases) @ target))),
        lambda target, purchases, ratings: np.array(softmax(np.dot(purchases, target)).dot(ratings)),
    ),
    hints=(
        "Who asks? The item that you are to guess a rating for. What is it compared with? What do you want to mix?",
        "Query = target, shape (D,). Key = purchases, shape (Tv, D). Value = ratings, shape (Tv,).",
        "You have written all three lines already: `scores`, `distribution`, `context`.",
    ),
)


# --- scaled_attention -----------------------------------------------------------------------------------


def _scaled_by(factor):
    """Return attention whose scores are multiplied by factor(query, value, key)."""

    def answer(query, value, key):
        query, value, key = f64(query, value, key)
        return softmax(_scores_of(query, key) * factor(query, value, key)) @ value

    return answer


scaled_attention = Exercise(
    name="scaled_attention",
    title="Scale the scores by the width",
    difficulty=3,
    importance=5,
    minutes=3,
    tensors=True,
    parts=(_BATCH, Part("wide keys", 1, (Case("width 64", lambda rng: _qvk(rng, 2, 3, 5, 64, 4)),))),
    reference=_scaled_by(lambda query, value, key: key.shape[-1] ** -0.5),
    misconceptions=(
        Misconception(
            "not scaled",
            _attention,
            "The scores are not scaled: this is plain dot-product attention.",
            "Which line changes, and by which number?",
        ),
        Misconception(
            "scaled by the number of keys",
            _scaled_by(lambda query, value, key: key.shape[-2] ** -0.5),
            "You divided by the square root of the number of keys; what makes dot products large is the width D.",
            "Over which axis does a dot product add up? That axis sets the scale.",
        ),
        Misconception(
            "divided by the width itself",
            _scaled_by(lambda query, value, key: 1 / key.shape[-1]),
            "You divided by D; the standard deviation of a sum of D terms grows with the square root of D.",
            "Look again at how the measured spread grows when D becomes four times as large.",
        ),
        Misconception(
            "multiplied instead of divided",
            _scaled_by(lambda query, value, key: key.shape[-1] ** 0.5),
            "You multiplied by the square root of D, which makes large scores larger still.",
            "Should the scores shrink or grow as keys become wider?",
        ),
        Misconception(
            "scaled after the softmax",
            lambda query, value, key: _attention(query, value, key) / np.sqrt(np.shape(key)[-1]),
            "You scaled the result; the weights are as sharp as before and no longer sum to one. The scores must shrink, before the softmax.",
            "Which of the three lines does the scaling belong to?",
        ),
    ),
    right=(
        lambda query, value, key: _attention(np.asarray(query) / np.sqrt(np.shape(query)[-1]), value, key),
        lambda query, value, key: np.stack(
            [softmax((q @ k.T) / np.sqrt(float(k.shape[1]))) @ v for q, v, k in zip(*f64(query, value, key))]
        ),
    ),
    hints=(
        "Only the first line changes.",
        "Divide the scores by the square root of D, where D is the length of the last axis of `key`.",
        "A shape's entries are whole numbers: `tf.math.sqrt` wants a float, `key.shape[-1] ** 0.5` is one.",
    ),
)


# --- masked_attention ---------------------------------------------------------------------------------------


def _masked_weights(query, key, mask):
    scores = np.where(np.asarray(mask)[:, None, :], _scores_of(*f64(query, key)), -np.inf)
    return softmax(scores)


def _masked(query, value, key, mask):
    return _masked_weights(query, key, mask) @ np.asarray(value, dtype=np.float64)


def _after_softmax(query, value, key, mask):
    return (softmax(_scores_of(*f64(query, key))) * np.asarray(mask)[:, None, :]) @ value


def _qvkm(rng, mask, queries, width):
    batch, values = mask.shape
    return {**_qvk(rng, batch, queries, values, width), "mask": mask}


def _loud_padding(rng):
    """Draw a batch whose padding scores 150 for every query: beside it, real weights vanish in 32-bit floats."""
    inputs = _qvkm(rng, some_padding(rng, 2, 4), 3, 5)
    inputs["query"][:, :, 0] = 1.0
    inputs["key"][~inputs["mask"]] = (150.0, 0.0, 0.0, 0.0, 0.0)
    return inputs


def _renormalized(query, value, key, mask):
    kept = softmax(_scores_of(query, key)).astype(np.float32) * np.asarray(mask)[:, None, :]
    return (kept / kept.sum(axis=-1, keepdims=True)) @ value


def _last_only(rng):
    return np.arange(5) == np.array([[4], [2]])  # exactly one real item in each row


masked_attention = Exercise(
    name="masked_attention",
    title="Keep padding out",
    difficulty=4,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(
        Part(
            "some padding",
            1,
            (
                Case("numbers that fit in the head", lambda rng: _in_the_head(mask=[[1, 1, 0]])),
                Case("two examples", lambda rng: _qvkm(rng, some_padding(rng, 2, 4), 3, 5)),
                Case("three examples", lambda rng: _qvkm(rng, some_padding(rng, 3, 6), 4, 2)),
            ),
        ),
        Part("all but one masked", 1, (Case("one real item", lambda rng: _qvkm(rng, _last_only(rng), 3, 4)),)),
        Part(
            "nothing masked",
            1,
            (Case("every item is real", lambda rng: _qvkm(rng, np.ones((2, 4), bool), 3, 5)),),
        ),
        Part(
            "padding with large scores",
            1,
            (
                Case(
                    "a score of 200 that fits in the head",
                    lambda rng: _in_the_head(key=[[[1, 0], [2, 0], [0, 100]]], mask=[[1, 1, 0]]),
                ),
                Case("scores of 150", _loud_padding),
            ),
        ),
    ),
    reference=_masked,
    misconceptions=(
        Misconception(
            "mask inverted",
            lambda query, value, key, mask: _masked(query, value, key, ~np.asarray(mask)),
            "Your mask is the wrong way around: the padding gets the weight, the real items none. True means a real item.",
            "In `tf.where(mask, a, b)`, which of the two is taken where the mask is True?",
        ),
        Misconception(
            "mask after the softmax",
            _after_softmax,
            "You removed the padding's weights after the softmax; what is left no longer sums to one.",
            "Look again at the row sums in the section on masks. Before which line must the mask come?",
        ),
        Misconception(
            "renormalized after the softmax",
            _renormalized,
            "You masked after the softmax and divided by what was left. Beside padding with a large score nothing is left, and 0/0 is not a number.",
            "The section on masks lets padding score 200 and shows this happen. Before which line must the mask come?",
        ),
        Misconception(
            "scores multiplied by the mask",
            lambda query, value, key, mask: (
                softmax(_scores_of(*f64(query, key)) * np.asarray(mask)[:, None, :]) @ value
            ),
            "You set the padding's scores to zero, and exp(0) is 1: the padding still gets weight.",
            "Which score has a weight of zero? It is not zero.",
        ),
        Misconception(
            "mask not used",
            lambda query, value, key, mask: _attention(query, value, key),
            "The mask changes nothing in your answer: the padding is attended to like any other item.",
            "Between which two of the three lines does the mask come in?",
        ),
        Misconception(
            "mask added as it is",
            lambda query, value, key, mask: (
                softmax(_scores_of(*f64(query, key)) + np.asarray(mask)[:, None, :]) @ value
            ),
            "You added the mask, which lifts the real items' scores by 1; the padding's weight shrinks by a factor of e, not to zero.",
            "How low must a score be for a weight of zero?",
        ),
    ),
    right=(
        lambda query, value, key, mask: (
            softmax(_scores_of(query, key) + (1.0 - np.asarray(mask, float))[:, None, :] * -1e9) @ value
        ),
        lambda query, value, key, mask: (lambda kept: (kept / kept.sum(-1, keepdims=True)) @ value)(
            np.exp(_scores_of(*f64(query, key))) * np.asarray(mask)[:, None, :]
        ),
    ),
    hints=(
        "The mask has shape (B, Tv), the scores (B, Tq, Tv). Give the mask a length-1 axis where Tq is: `mask[:, None, :]`.",
        "A score of minus infinity has a weight of exp(-inf) = 0. A large negative number such as -1e9 does as well.",
        "`tf.where(condition, a, b)` takes `a` where the condition is True and `b` elsewhere.",
    ),
    unseen=(
        Unseen(
            lambda inputs: {
                **inputs,
                "value": np.where(inputs["mask"][:, :, None], inputs["value"], 99.0).astype(np.float32),
            },
            "Padding leaks: the output changes when only the values of padded items change.",
        ),
    ),
)


# --- keras_attention ------------------------------------------------------------------------------------------


def _keras(query, value, key, mask):
    return _masked(query, value, key, mask), _masked_weights(query, key, mask)


keras_attention = Exercise(
    name="keras_attention",
    title="The same with keras.layers.Attention",
    difficulty=3,
    importance=5,
    minutes=4,
    tensors=True,
    parts=(
        Part(
            "context and weights",
            2,
            (
                Case("numbers that fit in the head", lambda rng: _in_the_head(mask=[[1, 1, 0]])),
                Case("a batch", lambda rng: _qvkm(rng, some_padding(rng, 2, 4), 3, 5)),
            ),
        ),
        Part(
            "values wider than keys",
            1,
            (
                Case(
                    "width 3 against 7",
                    lambda rng: {**_qvk(rng, 2, 5, 4, 3, 7), "mask": some_padding(rng, 2, 4)},
                ),
            ),
        ),
    ),
    reference=_keras,
    misconceptions=(
        Misconception(
            "order query, key, value",
            lambda query, value, key, mask: _keras(query, value=key, key=value, mask=mask),
            "You passed [query, key, value]; the layer takes [query, value, key].",
            "Look at the order in which the lesson's call names the three.",
        ),
        Misconception(
            "mask not passed",
            lambda query, value, key, mask: _keras(query, value, key, np.ones_like(mask)),
            "The mask did not reach the layer: padding gets weight.",
            "The layer's `mask` argument is a list of two: one mask for the query, one for the value.",
        ),
        Misconception(
            "mask inverted",
            lambda query, value, key, mask: _keras(query, value, key, ~np.asarray(mask)),
            "The mask is the wrong way around. As in your own function, True means a real item.",
            "Pass the mask as it is.",
        ),
        Misconception(
            "weights before context",
            lambda query, value, key, mask: _keras(query, value, key, mask)[::-1],
            "You returned the weights first; the task asks for the context, then the weights, in the order in which the layer returns them.",
            "Compare the shapes: the context ends in D, the weights end in Tv.",
        ),
        Misconception(
            "context alone",
            lambda query, value, key, mask: _masked(query, value, key, mask),
            "You returned the context only; the layer hands out its weights when asked.",
            "Which argument of the call asks for the attention scores?",
        ),
    ),
    right=(
        lambda query, value, key, mask: list(_keras(query, value, key, mask)),
        lambda query, value, key, mask: (
            _masked_weights(query, key, mask) @ value,
            softmax(_scores_of(query, key) - 1e9 * (1 - np.asarray(mask, float))[:, None, :]),
        ),
    ),
    hints=(
        "Build the layer, then call it on a list: `keras.layers.Attention()([query, value, key], ...)`.",
        "The call takes `mask=[query_mask, value_mask]`; there is no query mask here, so the first is None.",
        "`return_attention_scores=True` makes the layer return the pair of context and weights.",
    ),
)


EXERCISES = (
    scores,
    distribution,
    context,
    predict_doubled,
    attention,
    recommend,
    scaled_attention,
    masked_attention,
    keras_attention,
)
