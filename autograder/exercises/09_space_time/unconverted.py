"""Lesson 9: attention in space and time. References in NumPy, float64; shapes as in the lesson (B, Tq, T, S, D)."""

from __future__ import annotations

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part

from ..shared import choice, f64, normal, not_negative, softmax

# --- cut_regions: frames into regions --------------------------------------------------------------------


def _grid(frames, size):
    """Split the pixel axes: (B, T, H * P, W * P) -> (B, T, H, P, W, P)."""
    batch, times, high, wide = np.shape(frames)
    return np.reshape(frames, (batch, times, high // size, size, wide // size, size))


def _cut(frames, size, order=(0, 1, 2, 4, 3, 5)):
    grid = _grid(frames, size).transpose(order)
    return grid.reshape(*grid.shape[:2], -1, size * size)


def _cut_by_slices(frames, size):
    high, wide = np.shape(frames)[2:]
    corners = [(y, x) for y in range(0, high, size) for x in range(0, wide, size)]
    return np.stack(
        [frames[:, :, y : y + size, x : x + size].reshape(*np.shape(frames)[:2], -1) for y, x in corners], axis=2
    )


def _numbered(rng):
    return {"frames": np.arange(16.0).reshape(1, 1, 2, 8), "size": 2}


cut_regions = Exercise(
    name="cut_regions",
    title="Cut frames into regions",
    difficulty=3,
    importance=4,
    minutes=7,
    parts=(
        Part(
            "one clip",
            1,
            (
                Case("pixels numbered from 0", _numbered),
                Case("one clip of 2 frames, 2 x 3 regions", lambda rng: {"frames": normal(rng, 1, 2, 4, 6), "size": 2}),
            ),
        ),
        Part(
            "rows and columns",
            2,
            (
                Case("2 clips of 5 frames, 3 x 4 regions", lambda rng: {"frames": normal(rng, 2, 5, 6, 8), "size": 2}),
                Case("3 clips of 2 frames, 4 x 2 regions", lambda rng: {"frames": normal(rng, 3, 2, 12, 6), "size": 3}),
            ),
        ),
    ),
    reference=lambda frames, size: _cut_by_slices(np.asarray(frames, dtype=np.float64), size),
    misconceptions=(
        Misconception(
            "one reshape, no transpose",
            lambda frames, size: _cut(frames, size, (0, 1, 2, 3, 4, 5)),
            "You reshaped at once: a reshape never moves a number, so your regions are strips of pixel lines, not squares.",
            "Which two axes lie between one another's pixels after you split both? They must change places first.",
        ),
        Misconception(
            "regions column by column",
            lambda frames, size: _cut(frames, size, (0, 1, 4, 2, 3, 5)),
            "Your regions are squares, but they are numbered column by column; region 1 is the one to the right of region 0.",
            "The axis that moves fastest comes last. Which of rows and columns of regions should move faster?",
        ),
        Misconception(
            "pixels of a region turned",
            lambda frames, size: _cut(frames, size, (0, 1, 2, 4, 5, 3)),
            "The regions are the right ones, but the pixels inside each are listed column by column: every picture is mirrored along its diagonal.",
            "Write down the order of your six axes. In which order do the two pixel axes stand at the end?",
        ),
        Misconception(
            "space before time",
            lambda frames, size: np.swapaxes(_cut(frames, size), 1, 2),
            "Space stands before time in your result; the order is batch, time, region, pixels.",
            "Compare your shape with the one in the task, axis by axis.",
        ),
        Misconception(
            "rows and columns left apart",
            lambda frames, size: _grid(frames, size).transpose(0, 1, 2, 4, 3, 5),
            "The six axes are in the right order; what is left is to join rows with columns of regions, and the pixels of a region.",
            "Your result still has six axes. One more reshape makes it four.",
        ),
    ),
    right=(
        lambda frames, size: _cut(frames, size),
        lambda frames, size: np.concatenate(
            [
                np.stack(np.split(band, np.shape(frames)[3] // size, axis=3), axis=2).reshape(
                    *np.shape(frames)[:2], -1, size * size
                )
                for band in np.split(np.asarray(frames), np.shape(frames)[2] // size, axis=2)
            ],
            axis=2,
        ),
    ),
    hints=(
        "Split first: a pixel line y is row y // size of the regions and line y % size within it. A reshape says just that.",
        "After the split there are six axes: batch, time, row, line, column, pixel. Which two have to change places?",
        "`np.transpose(array, (0, 1, 2, 4, 3, 5))` exchanges axes 3 and 4. What is left is a reshape to four axes.",
    ),
)


# --- temporal_attention: which frame ----------------------------------------------------------------------


def _time_scores(query, key):
    query, key = f64(query, key)
    return np.einsum("bqd,btd->bqt", query, key.mean(axis=2)) / key.shape[-1] ** 0.5


def _mix_time(weights, value):
    return np.einsum("bqt,bte->bqe", weights, np.asarray(value, dtype=np.float64).mean(axis=2)), weights


def _temporal(query, value, key):
    return _mix_time(softmax(_time_scores(query, key)), value)


def _frames_swapped(query, value, key):
    """Average over time instead of space, so that what is left of a clip is its regions."""
    return _temporal(query, np.swapaxes(value, 1, 2), np.swapaxes(key, 1, 2))


def _frames_summed(query, value, key):
    regions = np.shape(key)[2]
    return _temporal(query, np.asarray(value) * regions, np.asarray(key) * regions)


def _regions_in_time(query, value, key):
    """Attend over all regions of all frames, then add up the weights of each frame."""
    weights = softmax(_space_scores(query, key), axis=(2, 3))
    return np.einsum("bqts,btse->bqe", weights, np.asarray(value, dtype=np.float64)), weights.sum(axis=-1)


def _asked(rng, batch, questions, times, regions, width, width_value):
    return {
        "query": normal(rng, batch, questions, width),
        "value": normal(rng, batch, times, regions, width_value),
        "key": normal(rng, batch, times, regions, width),
    }


def _easy(rng):
    key = np.zeros((1, 2, 3, 4), np.float32)
    key[0, 0, 1, 0] = 3.0  # frame 0: the second region fits; frame 1: none does
    value = np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1)
    return {"query": np.array([[[2.0, 0, 0, 0]]], np.float32), "value": value, "key": key}


_CLIPS = (
    Part(
        "one question, two frames of three regions",
        1,
        (
            Case("numbers that fit in the head", _easy),
            Case("another clip", lambda rng: _asked(rng, 1, 1, 2, 3, 4, 2)),
        ),
    ),
    Part(
        "several clips and questions",
        2,
        (
            Case("2 clips, 7 questions, 5 frames, 6 regions", lambda rng: _asked(rng, 2, 7, 5, 6, 4, 3)),
            Case("3 clips, 2 questions, 4 frames, 5 regions", lambda rng: _asked(rng, 3, 2, 4, 5, 6, 7)),
        ),
    ),
)

temporal_attention = Exercise(
    name="temporal_attention",
    title="Which frame? Attention over time",
    difficulty=2,
    importance=5,
    minutes=6,
    tensors=True,
    parts=_CLIPS,
    reference=_temporal,
    misconceptions=(
        Misconception(
            "mean over time instead of space",
            _frames_swapped,
            "You averaged over time, so that regions are left and not frames: your weights say where, not when.",
            "The axes are (B, T, S, D). Which of them is gone when a frame has become one vector?",
        ),
        Misconception(
            "sum of the regions",
            _frames_summed,
            "You added the regions of a frame up; asked is their mean. The sum is larger by the factor S, and so are the scores.",
            "`tf.reduce_sum` and `tf.reduce_mean` differ by a factor. Which one is a frame here?",
        ),
        Misconception(
            "all regions compared, then added up",
            _regions_in_time,
            "You compared the query with every region and added up the weights of each frame; here a frame is one key, the mean of its regions.",
            "How many keys does a clip have, if each frame is one?",
        ),
        Misconception(
            "softmax over the questions",
            lambda query, value, key: _mix_time(softmax(_time_scores(query, key), axis=1), value),
            "Your weights sum to one over the questions; each question should spread a weight of one over the frames.",
            "Scores have shape (B, Tq, T). Over which of the three must they sum to one?",
        ),
        Misconception(
            "not scaled",
            lambda query, value, key: _mix_time(softmax(_time_scores(query, key) * np.shape(key)[-1] ** 0.5), value),
            "The scores are not divided by the square root of D.",
            "Lesson 1, section 6: by what do scores of width D have to be divided?",
        ),
        Misconception(
            "mean of the frames",
            lambda query, value, key: (
                np.broadcast_to(np.mean(value, axis=(1, 2))[:, None], (*np.shape(query)[:2], np.shape(value)[-1])),
                softmax(_time_scores(query, key)),
            ),
            "Your weights are right, but the context is the plain mean of the frames: the weights were not used.",
            "The third of the three lines mixes the values, each with its weight.",
        ),
        Misconception(
            "weights alone",
            lambda query, value, key: softmax(_time_scores(query, key)),
            "You returned the weights only; the task asks for the context, then the weights.",
            "Two values are to be returned, the context first.",
        ),
    ),
    right=(
        lambda query, value, key: (lambda w: [w @ np.asarray(value).mean(axis=2), w])(
            softmax(np.asarray(query) @ np.swapaxes(np.mean(key, axis=2), 1, 2) / np.sqrt(np.shape(key)[-1]))
        ),
        lambda query, value, key: (lambda w: (np.einsum("bqt,btse->bqe", w, value) / np.shape(value)[2], w))(
            softmax(np.einsum("bqd,btsd->bqts", query, key).mean(axis=-1) / np.shape(key)[-1] ** 0.5)
        ),
    ),
    hints=(
        "Make the frames first: `tf.reduce_mean` over the axis of the regions, for the keys and for the values.",
        "What is left are the three lines of lesson 1 with Tv = T, scaled.",
        'In letters: `"bqd,btd->bqt"`, divided by the square root of D; softmax over the last axis; `"bqt,bte->bqe"`.',
    ),
)


# --- spatial_attention: where in each frame -----------------------------------------------------------------


def _space_scores(query, key):
    query, key = f64(query, key)
    return np.einsum("bqd,btsd->bqts", query, key) / key.shape[-1] ** 0.5


def _mix_space(weights, value):
    return np.einsum("bqts,btse->bqte", weights, np.asarray(value, dtype=np.float64)), weights


def _spatial_over(axis):
    return lambda query, value, key: _mix_space(softmax(_space_scores(query, key), axis=axis), value)


_spatial = _spatial_over(-1)


def _same_in_every_frame(query, value, key):
    scores = _space_scores(query, key)
    weights = softmax(scores.mean(axis=2, keepdims=True))
    return _mix_space(np.broadcast_to(weights, scores.shape), value)


def _frame_by_frame(query, value, key):
    """Attend in one frame after the other."""
    both = []
    for t in range(np.shape(key)[1]):
        here, there = np.asarray(key)[:, t], np.asarray(value)[:, t]
        weights = softmax(np.asarray(query) @ np.swapaxes(here, 1, 2) / np.sqrt(here.shape[-1]))
        both.append((weights @ there, weights))
    return tuple(np.stack(each, axis=2) for each in zip(*both))


spatial_attention = Exercise(
    name="spatial_attention",
    title="Where? Attention within each frame",
    difficulty=3,
    importance=5,
    minutes=6,
    tensors=True,
    parts=_CLIPS,
    reference=_spatial,
    misconceptions=(
        Misconception(
            "softmax over time",
            _spatial_over(2),
            "Your weights sum to one over time, for each region; within each frame they should sum to one over its regions.",
            "The scores have shape (B, Tq, T, S). Which of these axes is *where*?",
        ),
        Misconception(
            "softmax over time and space at once",
            _spatial_over((2, 3)),
            "A whole clip shares one weight of one; here each frame has a distribution of its own.",
            "How many distributions are there in a clip of T frames, for one question?",
        ),
        Misconception(
            "one map for all frames",
            _same_in_every_frame,
            "You averaged over time before the softmax, so that every frame is looked at in the same places.",
            "What matters moves about from frame to frame. Which line loses the time axis too early?",
        ),
        Misconception(
            "frames mixed as well",
            lambda query, value, key: (lambda mixed, weights: (mixed.mean(axis=2), weights))(
                *_spatial(query, value, key)
            ),
            "Your weights are right, but the context has lost its time axis: there should be one context for each frame.",
            "Which letters should stand after the arrow of your last `einsum`?",
        ),
        Misconception(
            "not scaled",
            lambda query, value, key: _mix_space(softmax(_space_scores(query, key) * np.shape(key)[-1] ** 0.5), value),
            "The scores are not divided by the square root of D.",
            "As in `temporal_attention`: what is missing between the first line and the second?",
        ),
        Misconception(
            "time before the question",
            lambda query, value, key: tuple(np.swapaxes(each, 1, 2) for each in _spatial(query, value, key)),
            "Time stands before the questions in your result; the order is batch, question, time, region.",
            "Compare the letters after the arrow with the shape in the task.",
        ),
    ),
    right=(
        _frame_by_frame,
        lambda query, value, key: (lambda w: [(w[..., None] * np.asarray(value)[:, None]).sum(axis=3), w])(
            softmax(
                np.swapaxes(np.asarray(key, float) @ np.swapaxes(query, 1, 2)[:, None], 2, 3).swapaxes(1, 2)
                / np.shape(key)[-1] ** 0.5
            )
        ),
    ),
    hints=(
        "Here no mean is taken: every region keeps its key. In each frame, the regions are what the frames were before.",
        'The query has no time and no region, the keys have no question; the scores have all three: `"bqd,btsd->bqts"`.',
        "The softmax goes over the last axis, the regions. The contexts, (B, Tq, T, Dv), keep the time axis.",
    ),
)


# --- predict_idle_frame: a concept question -------------------------------------------------------------------

predict_idle_frame = choice(
    name="predict_idle_frame",
    title="Predict: a frame with nothing to find",
    answer="D",
    importance=4,
    wrong={
        "A": "A score of -10 is low only beside a higher one. A softmax makes weights from differences, and here there are none.",
        "B": "Spatial attention compares regions with the other regions of the same frame. It never sees that another frame fits better.",
        "C": "The scores of the twelve are equal, so none of them can come out ahead of the others.",
        "E": "exp(-10) is small, but it is divided by a sum of twelve numbers just as small.",
    },
    hints=(
        "Which scores enter the softmax of this frame? Do those of other frames?",
        "What do twelve equal scores give, if they are all -10?",
    ),
)


# --- SpaceTimeAttention: a layer ------------------------------------------------------------------------------


def _layer_parts(question, regions, weights):
    """Return the weights over time, (B, Tq, T), and within each frame, (B, Tq, T, S)."""
    question, regions = f64(question, regions)
    kernel = {path.split(".")[0]: np.asarray(value, dtype=np.float64) for path, value in weights.items()}
    return (
        softmax(_time_scores(question @ kernel["time_query"], regions @ kernel["time_key"])),
        softmax(_space_scores(question @ kernel["space_query"], regions @ kernel["space_key"])),
    )


def _layer_from(combine):
    """Return a layer's answer that combines the weights over time and within frames by `combine`."""

    def answer(question, regions, weights, units):
        both = combine(*_layer_parts(question, regions, weights))
        return np.einsum("bqts,btsd->bqd", both, np.asarray(regions, dtype=np.float64)), both

    return answer


_layer = _layer_from(lambda time, space: time[..., None] * space)


def _layer_unscaled(question, regions, weights, units):
    sharper = {path: value * (units**0.5 if "query" in path else 1) for path, value in weights.items()}
    return _layer(question, regions, sharper, units)


def _layer_swapped(question, regions, weights, units):
    other = {"time": "space", "space": "time"}
    swapped = {path: weights[other[path.split("_")[0]] + "_" + path.split("_")[1]] for path in weights}
    return _layer(question, regions, swapped, units)


def _layer_projected(question, regions, weights, units):
    _, both = _layer(question, regions, weights, units)
    return np.einsum("bqts,btsd->bqd", both, f64(regions)[0] @ weights["space_key.kernel"]), both


def _layer_two_steps(question, regions, weights, units):
    time, space = _layer_parts(question, regions, weights)
    frames = np.einsum("bqts,btsd->bqtd", space, regions)
    return [(time[..., None] * frames).sum(axis=2), np.einsum("bqt,bqts->bqts", time, space)]


def _layer_by_chance(question, regions, weights, units):
    """Add the logarithms of both weights and take one softmax over frames and regions together."""
    time, space = _layer_parts(question, regions, weights)
    both = softmax(np.log(time)[..., None] + np.log(space), axis=(2, 3))
    flat = np.reshape(regions, (len(regions), -1, np.shape(regions)[-1]))
    return both.reshape(*both.shape[:2], -1) @ np.asarray(flat, dtype=np.float64), both


def _layer_weights(rng, inputs, units):
    asked, width = inputs["question"].shape[-1], inputs["regions"].shape[-1]
    return {
        "time_query.kernel": normal(rng, asked, units),
        "time_key.kernel": normal(rng, width, units),
        "space_query.kernel": normal(rng, asked, units),
        "space_key.kernel": normal(rng, width, units),
    }


def _layer_case(name, batch, questions, times, regions, width, asked, units):
    return Case(
        name,
        lambda rng: {
            "question": normal(rng, batch, questions, asked),
            "regions": normal(rng, batch, times, regions, width),
        },
        {"units": units},
    )


SpaceTimeAttention = Exercise(
    name="SpaceTimeAttention",
    title="When times where: a layer",
    difficulty=4,
    importance=5,
    minutes=10,
    how="layer",
    tensors=True,
    read=("time_query.kernel", "time_key.kernel", "space_query.kernel", "space_key.kernel"),
    weights=_layer_weights,
    parts=(
        Part("one clip, one question", 1, (_layer_case("two frames of three regions", 1, 1, 2, 3, 4, 5, 6),)),
        Part(
            "several clips and questions",
            3,
            (
                _layer_case("2 clips, 3 questions, 5 frames, 4 regions", 2, 3, 5, 4, 6, 7, 8),
                _layer_case("4 clips, 2 questions, 3 frames, 6 regions", 4, 2, 3, 6, 5, 7, 9),
            ),
        ),
    ),
    reference=_layer,
    misconceptions=(
        Misconception(
            "weights added",
            _layer_from(lambda time, space: time[..., None] + space),
            "You added the two weights; a region in the wrong frame then keeps much of its weight. It must fit in time *and* in space.",
            "The share of a frame, and within it the share of a region: is the share of both a sum or a product?",
        ),
        Misconception(
            "where without when",
            _layer_from(lambda time, space: space / space.shape[2]),
            "Every frame counts the same in your result: the weights over time were not used.",
            "Which of your two distributions says how much each frame counts?",
        ),
        Misconception(
            "where, frames added up",
            _layer_from(lambda time, space: space),
            "The weights of a clip add up to T: each frame has a weight of one, and the weights over time were not used.",
            "What should all T x S weights of one question add up to?",
        ),
        Misconception(
            "when without where",
            _layer_from(lambda time, space: np.repeat(time[..., None], space.shape[3], axis=3) / space.shape[3]),
            "Every region of a frame counts the same in your result: the weights within the frames were not used.",
            "Which of your two distributions says how much each region counts?",
        ),
        Misconception(
            "not scaled",
            _layer_unscaled,
            "The scores are not divided by the square root of their width, `units`.",
            "Call `attend_time` and `attend_space`, or do as they do before the softmax.",
        ),
        Misconception(
            "time and space layers exchanged",
            _layer_swapped,
            "The layers named for time were used for space, and the other way around.",
            "Follow `time_query` through your `call`: with which keys does it end up?",
        ),
        Misconception(
            "keys mixed instead of regions",
            _layer_projected,
            "You mixed the keys; the context is a mixture of the regions themselves.",
            "How wide should the context be: `units`, or as wide as a region?",
        ),
        Misconception(
            "context alone",
            lambda question, regions, weights, units: _layer(question, regions, weights, units)[0],
            "You returned the context only; the task also asks for the weights, (B, Tq, T, S).",
            "Two values are to be returned, the context first.",
        ),
    ),
    right=(_layer_two_steps, _layer_by_chance),
    hints=(
        "Call `attend_time` and `attend_space` with the projected question as query and the projected regions as keys; of each you need the weights.",
        "The share of a frame times the share of a region within it: (B, Tq, T) needs a last axis of length one beside (B, Tq, T, S).",
        'The context: `tf.einsum("bqts,btsd->bqd", weights, regions)`.',
    ),
)


# --- share_of_hits: weights against the truth --------------------------------------------------------------------


def _hits(weights, frame, region):
    weights = np.asarray(weights, dtype=np.float64)
    top = weights.reshape(len(weights), -1).argmax(axis=1)
    at_frame = weights.sum(axis=2).argmax(axis=1) == frame
    at_place = top == np.asarray(frame) * weights.shape[2] + region
    return float(at_frame.mean()), float(at_place.mean())


def _hits_by_loop(weights, frame, region):
    when = [int(np.argmax([np.sum(one) for one in clip])) == f for clip, f in zip(weights, frame)]
    where = [np.unravel_index(np.argmax(clip), np.shape(clip)) == (f, r) for clip, f, r in zip(weights, frame, region)]
    return [sum(when) / len(when), sum(where) / len(where)]


def _hits_with(frame_found, place_found):
    """Return an answer that judges frame and place by two functions of weights, frame and region."""
    return lambda weights, frame, region: (
        float(np.mean(frame_found(np.asarray(weights), frame, region))),
        float(np.mean(place_found(np.asarray(weights), frame, region))),
    )


def _right_frame(weights, frame, region):
    return weights.sum(axis=2).argmax(axis=1) == frame


def _right_place(weights, frame, region):
    return weights.reshape(len(weights), -1).argmax(axis=1) == frame * weights.shape[2] + region


def _attended(rng, clips, times, regions):
    """Draw weights with spread-out and with peaked frames, and truths that are hit in some of the clips."""
    weights = softmax(3 * normal(rng, clips, times, regions), axis=(1, 2))
    total, top = weights.sum(axis=2).argmax(axis=1), weights.reshape(clips, -1).argmax(axis=1)
    kind = rng.permutation(clips) % 4
    frame = np.select([kind == 0, kind == 1], [top // regions, total], rng.integers(0, times, clips))
    region = np.where(kind == 0, top % regions, rng.integers(0, regions, clips))
    region = np.where(kind == 2, weights.sum(axis=1).argmax(axis=1), region)
    return {"weights": weights.astype(np.float32), "frame": frame, "region": region}


def _hits_in_the_head(rng):
    weights = np.zeros((4, 2, 3))
    weights[0, 1, 2] = 1.0  # frame and place right
    weights[1, 0] = (0.4, 0.3, 0.3)  # frame right, place wrong
    weights[2] = ((0.25, 0.2, 0.15), (0.0, 0.4, 0.0))  # most attended frame 0, though the largest weight is in 1
    weights[3, 0, 0] = 1.0  # both wrong
    return {"weights": weights, "frame": np.array([1, 0, 1, 1]), "region": np.array([2, 1, 1, 2])}


share_of_hits = Exercise(
    name="share_of_hits",
    title="How often does it look at the right place?",
    difficulty=3,
    importance=4,
    minutes=6,
    parts=(
        Part(
            "some clips",
            1,
            (
                Case("weights that fit in the head", _hits_in_the_head),
                Case("30 clips of 3 x 4", lambda rng: _attended(rng, 30, 3, 4)),
            ),
        ),
        Part(
            "many clips",
            2,
            (
                Case("40 clips of 4 x 5", lambda rng: _attended(rng, 40, 4, 5)),
                Case("60 clips of 6 x 3", lambda rng: _attended(rng, 60, 6, 3)),
            ),
        ),
    ),
    reference=_hits,
    misconceptions=(
        Misconception(
            "frame of the largest single weight",
            _hits_with(
                lambda w, f, r: w.reshape(len(w), -1).argmax(axis=1) // w.shape[2] == f,
                _right_place,
            ),
            "For the frame you looked at the largest single weight; a frame is attended as much as all its regions together.",
            "Frame 0 has the weights 0.25, 0.2, 0.15, frame 1 has 0, 0.4, 0. Which gets more attention?",
        ),
        Misconception(
            "place judged without its frame",
            _hits_with(
                _right_frame,
                lambda w, f, r: w.reshape(len(w), -1).argmax(axis=1) % w.shape[2] == r,
            ),
            "The right region in the wrong frame counts as found in your second number; the place is a frame and a region.",
            "Region 3 of frame 0 is not region 3 of frame 5. Compare both.",
        ),
        Misconception(
            "region of the weights summed over time",
            _hits_with(_right_frame, lambda w, f, r: w.sum(axis=1).argmax(axis=1) == r),
            "For the place you added the weights up over time; that says which region gets most over the whole clip, in whatever frame.",
            "Which single one of the T x S weights is the largest?",
        ),
        Misconception(
            "region within the true frame",
            _hits_with(_right_frame, lambda w, f, r: w[np.arange(len(w)), f].argmax(axis=1) == r),
            "For the place you looked only into the true frame; a model that looks into the wrong frame is then forgiven.",
            "Look for the largest weight in the whole clip, as if you did not know the truth.",
        ),
        Misconception(
            "index counted with the wrong length",
            _hits_with(
                _right_frame,
                lambda w, f, r: w.reshape(len(w), -1).argmax(axis=1) == r * w.shape[1] + f,
            ),
            "In the flattened weights you looked for the true place at region * T + frame, as if time moved fastest.",
            "The weights have shape (N, T, S): how many places does one frame take up?",
        ),
        Misconception(
            "mean weight on the truth",
            _hits_with(lambda w, f, r: w[np.arange(len(w)), f].sum(axis=1), lambda w, f, r: w[np.arange(len(w)), f, r]),
            "You returned the mean weight on the truth; asked is the share of clips in which the truth gets the most weight.",
            "For each clip the answer is yes or no. `argmax` gives the place of the largest.",
        ),
    ),
    right=(_hits_by_loop, _hits_with(_right_frame, _right_place)),
    hints=(
        "For the frame: add up the weights of each frame, (N, T), then `argmax` over the frames.",
        "For the place: flatten each clip's weights to (N, T * S). Which number does frame f, region r have in it?",
        "The mean of an array of booleans is the share of True.",
    ),
)


# --- lay_over: a map as large as the frame -------------------------------------------------------------------------


def _over(weights, rows, columns, size):
    grid = np.asarray(weights, dtype=np.float64).reshape(len(weights), rows, columns)
    return grid.repeat(size, axis=1).repeat(size, axis=2)


def _over_by_index(weights, rows, columns, size):
    y, x = np.arange(rows * size) // size, np.arange(columns * size) // size
    return np.asarray(weights)[:, y[:, None] * columns + x]


lay_over = Exercise(
    name="lay_over",
    title="Lay the weights over the frames",
    difficulty=3,
    importance=3,
    minutes=5,
    parts=(
        Part(
            "one frame",
            1,
            (
                Case(
                    "six regions of 2 x 2 pixels",
                    lambda rng: {
                        "weights": np.array([[0.1, 0.2, 0.3, 0.4, 0.0, 0.0]]),
                        "rows": 2,
                        "columns": 3,
                        "size": 2,
                    },
                ),
                Case(
                    "another frame",
                    lambda rng: {"weights": softmax(normal(rng, 1, 6)), "rows": 3, "columns": 2, "size": 3},
                ),
            ),
        ),
        Part(
            "several frames",
            1,
            (
                Case(
                    "4 frames, 3 x 5 regions",
                    lambda rng: {"weights": softmax(normal(rng, 4, 15)), "rows": 3, "columns": 5, "size": 2},
                ),
                Case(
                    "3 frames, 4 x 2 regions",
                    lambda rng: {"weights": softmax(normal(rng, 3, 8)), "rows": 4, "columns": 2, "size": 3},
                ),
            ),
        ),
    ),
    reference=_over,
    misconceptions=(
        Misconception(
            "tiled instead of repeated",
            lambda weights, rows, columns, size: np.tile(np.reshape(weights, (-1, rows, columns)), (1, size, size)),
            "You laid copies of the whole map side by side; each weight should cover one square of pixels.",
            "Compare `np.tile` with `np.repeat` on the list [1, 2].",
        ),
        Misconception(
            "rows and columns exchanged",
            lambda weights, rows, columns, size: _over(
                np.reshape(weights, (-1, columns, rows)).swapaxes(1, 2).reshape(len(weights), -1), rows, columns, size
            ),
            "You filled the map column by column; regions count row by row.",
            "Region 1 lies to the right of region 0. Into which shape must (T, S) be reshaped?",
        ),
        Misconception(
            "weight shared out among the pixels",
            lambda weights, rows, columns, size: _over(weights, rows, columns, size) / size**2,
            "You divided each weight among its pixels; every pixel of a region should show the region's weight.",
            "What number should stand in the top left corner of the example?",
        ),
        Misconception(
            "brightest region made one",
            lambda weights, rows, columns, size: _over(
                weights / np.max(weights, axis=1, keepdims=True), rows, columns, size
            ),
            "You stretched every frame so that its largest weight is one; a frame that got no attention then looks as bright as the others.",
            "Keep the weights as they are: frames must stay comparable.",
        ),
        Misconception(
            "stretched down only",
            lambda weights, rows, columns, size: _over(weights, rows, columns, size)[:, :, ::size],
            "The rows are stretched and the columns are not.",
            "Two axes of the map have to grow.",
        ),
    ),
    right=(
        _over_by_index,
        lambda weights, rows, columns, size: np.stack(
            [np.kron(np.reshape(one, (rows, columns)), np.ones((size, size))) for one in weights]
        ),
    ),
    hints=(
        "First give each frame's weights their rows and columns back: (T, S) becomes (T, rows, columns).",
        "`np.repeat(array, size, axis=1)` writes every entry of axis 1 `size` times in a row.",
        "Repeat along axis 1, then along axis 2.",
    ),
    properties=(not_negative,),
)


# --- divided_attention: two reshapes ---------------------------------------------------------------------------------


def _self_attend(x):
    """Attend within the last two axes: (..., N, D) -> (..., N, D)."""
    x = np.asarray(x, dtype=np.float64)
    return softmax(x @ np.swapaxes(x, -1, -2) / x.shape[-1] ** 0.5) @ x


def _along_time(x):
    return np.swapaxes(_self_attend(np.swapaxes(x, 1, 2)), 1, 2)


def _divided(x):
    return _self_attend(_along_time(x))


def _no_transpose(x):
    batch, times, regions, width = np.shape(x)
    in_time = _self_attend(np.reshape(x, (batch * regions, times, width))).reshape(np.shape(x))
    return _self_attend(in_time)


def _not_back(x):
    batch, times, regions, width = np.shape(x)
    in_time = _self_attend(np.swapaxes(x, 1, 2)).reshape(batch, times, regions, width)
    return _self_attend(in_time)


def _joint(x):
    batch, times, regions, width = np.shape(x)
    return _self_attend(np.reshape(x, (batch, times * regions, width))).reshape(np.shape(x))


def _divided_by_loops(x):
    x = np.array(x, dtype=np.float64)
    for b in range(x.shape[0]):
        for s in range(x.shape[2]):
            x[b, :, s] = _self_attend(x[b, :, s])
        for t in range(x.shape[1]):
            x[b, t] = _self_attend(x[b, t])
    return x


divided_attention = Exercise(
    name="divided_attention",
    title="First in time, then in space",
    difficulty=4,
    importance=4,
    minutes=8,
    tensors=True,
    parts=(
        Part(
            "two frames of three regions",
            1,
            (
                Case("one clip", lambda rng: {"x": np.arange(12, dtype=np.float32).reshape(1, 2, 3, 2) % 5}),
                Case("another clip", lambda rng: {"x": normal(rng, 1, 2, 4, 3)}),
            ),
        ),
        Part(
            "several clips",
            3,
            (
                Case("2 clips, 4 frames, 3 regions", lambda rng: {"x": normal(rng, 2, 4, 3, 5)}),
                Case("3 clips, 2 frames, 6 regions", lambda rng: {"x": normal(rng, 3, 2, 6, 4)}),
            ),
        ),
    ),
    reference=_divided,
    misconceptions=(
        Misconception(
            "reshaped without a transpose",
            _no_transpose,
            "You reshaped (B, T, S, D) to (B * S, T, D) at once. That moves no number: your sequences hold neighbors in space, not one region through time.",
            "Before time can be the last axis but one, it has to change places with space.",
        ),
        Misconception(
            "reshaped back without a transpose",
            _not_back,
            "After the step in time you reshaped to (B, T, S, D) without exchanging space and time again: frames are now mixed up.",
            "Which order do the axes have after the step in time, and which should they have?",
        ),
        Misconception(
            "space before time",
            lambda x: _along_time(_self_attend(x)),
            "You attended in space first, then in time; the task asks for time first.",
            "The two orders give different numbers: which one does the task name?",
        ),
        Misconception(
            "joint attention",
            _joint,
            "Every region attended to all regions of all frames at once; that is joint attention, with (T * S) x (T * S) scores.",
            "Each of the two steps should see one axis only.",
        ),
        Misconception(
            "time only",
            _along_time,
            "Your step in time is right; the step in space is missing.",
            "What comes out of the first step goes into the second.",
        ),
        Misconception(
            "space only",
            _self_attend,
            "Your step in space is right, but nothing has moved along time before it.",
            "What must happen to the axes so that `self_attend` sees the frames as its sequence?",
        ),
        Misconception(
            "both from the same input, averaged",
            lambda x: (_along_time(x) + _self_attend(x)) / 2,
            "You attended in time and in space side by side and averaged; the second step should start from what the first gives.",
            "How would a region learn of another region in another frame?",
        ),
    ),
    right=(
        _divided_by_loops,
        lambda x: (
            lambda y: np.einsum("btsu,btud->btsd", softmax(np.einsum("btsd,btud->btsu", y, y) / y.shape[-1] ** 0.5), y)
        )(_along_time(x)),
    ),
    hints=(
        "`self_attend` takes (N, L, D): N sequences of length L. In time: B * S sequences of length T. In space: B * T of length S.",
        "For time, exchange axes 1 and 2 with `tf.transpose(x, (0, 2, 1, 3))`, then reshape to (B * S, T, D).",
        "Undo the two in the opposite order: reshape to (B, S, T, D), exchange axes 1 and 2. The step in space needs reshapes only.",
    ),
)


# --- count_scores ---------------------------------------------------------------------------------------------------------


def _counted(joint, divided):
    return lambda frames, regions: (joint(frames, regions), divided(frames, regions))


def _all_pairs(t, s):
    return (t * s) ** 2


def _two_steps(t, s):
    return t * t * s + s * s * t


def _some_clip(rng):
    return {"frames": int(rng.integers(3, 60)), "regions": int(rng.integers(61, 900))}


count_scores = Exercise(
    name="count_scores",
    title="Count the scores",
    difficulty=2,
    importance=4,
    minutes=4,
    parts=(
        Part(
            "short videos, and longer ones",
            1,
            (
                Case("few enough to draw", lambda rng: {"frames": 2, "regions": 3}),
                Case("some more", _some_clip),
            ),
        ),
        Part(
            "other sizes",
            1,
            (
                Case("our clips", lambda rng: {"frames": 6, "regions": 12}),
                Case("a real video", lambda rng: {"frames": 8, "regions": 196}),
                Case(
                    "any size", lambda rng: {"frames": int(rng.integers(20, 40)), "regions": int(rng.integers(41, 99))}
                ),
            ),
        ),
    ),
    reference=_counted(_all_pairs, _two_steps),
    misconceptions=(
        Misconception(
            "one sequence of each kind",
            _counted(_all_pairs, lambda t, s: t * t + s * s),
            "For the divided form you counted one sequence in time and one in space; there is one in time for each region, and one in space for each frame.",
            "How many sequences of length T does the step in time hold?",
        ),
        Misconception(
            "the numbers of sequences exchanged",
            _counted(_all_pairs, lambda t, s: t * t * t + s * s * s),
            "For the divided form you counted T sequences of length T and S of length S; the number of sequences is that of the *other* axis.",
            "In the step in time, how many regions have a sequence of their own?",
        ),
        Misconception(
            "tokens instead of pairs",
            _counted(lambda t, s: t * s, lambda t, s: t + s),
            "You counted what attends, not the scores; there is one score for each pair of who asks and who answers.",
            "A sequence of 3 that attends to itself: how many scores?",
        ),
        Misconception(
            "joint counted as one query",
            _counted(lambda t, s: t * s, _two_steps),
            "For the joint form you counted the scores of a single query; every region of every frame asks.",
            "T * S regions ask, and each compares itself with how many?",
        ),
        Misconception(
            "divided first",
            lambda frames, regions: (_two_steps(frames, regions), _all_pairs(frames, regions)),
            "The two numbers are right, in the wrong order: joint first, then divided.",
            "Which of the two is larger?",
        ),
        Misconception(
            "steps multiplied",
            _counted(_all_pairs, lambda t, s: (t * t * s) * (s * s * t)),
            "You multiplied the scores of the two steps; they are computed one after the other, so their numbers add up.",
            "Two tables of numbers, one after the other: how many numbers in all?",
        ),
    ),
    right=(
        lambda frames, regions: [frames**2 * regions**2, frames * regions * (frames + regions)],
        lambda frames, regions: (
            sum(frames * regions for _ in range(frames * regions)),
            sum(frames**2 for _ in range(regions)) + sum(regions**2 for _ in range(frames)),
        ),
    ),
    hints=(
        "A sequence of length L that attends to itself has L * L scores.",
        "Joint: one sequence. How long is it?",
        "Divided: S sequences of length T, then T sequences of length S.",
    ),
)


EXERCISES = (
    cut_regions,
    temporal_attention,
    spatial_attention,
    predict_idle_frame,
    SpaceTimeAttention,
    share_of_hits,
    lay_over,
    divided_attention,
    count_scores,
)
