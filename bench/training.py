"""What lesson 8's Transformer costs, against the straightforward Keras way, side by side in one run.

    python bench/training.py [--quick] [--seed 1] [--target 0.2] [--rounds 2]

Ours is the code of lesson 8's notebook itself. Plain is the same model, as one writes it first: Keras's own attention
layer in a subclassed model, `fit` on arrays padded to the longest phrase, and a loop in Python that works the whole
model out anew for each token. Both start from the same weights, with the same optimizer, schedule and rows a batch,
and take turns of a few steps in one process, so that what else the machine does meets both. Where it does much, trust
the medians and the processor seconds (all cores, and nobody else's) rather than the clock.

Then the share of the machine's peak: the matrix products of a training step (products.py says how they are counted)
over its seconds, against the fastest product of two 2048 x 2048 matrices in the same run. Measured with oneDNN off, as
the lessons have it, and on, as data/pronunciation/train.py has it, each in processes of its own, in turns.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # as autograder.practice sets it for the lessons
import keras
import numpy as np
import tensorflow as tf
from products import Product, flops, products_of, seconds_alone, square_rates, transformer_flops
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from stages import COURSE, lesson_code

from autograder.toolbox.translation import END, PAD, START

LESSON = "08_transformer"
OUR_CALLBACK = "say = keras.callbacks.LambdaCallback(on_epoch_end=report)"
UP_TO_FIT = ("setup", "multi-head", "block", "language", "waves", "model", "weights", "loss", "compile")
TURN = 20  # steps
WARM_UP = 20  # steps that no median counts: tracing, first touches


# The straightforward Keras way.


class PlainBlock(keras.layers.Layer):
    """A pre-norm block: (B, T, D), (B, 1, T) -> (B, T, D); with `cross` of the decoder."""

    def __init__(self, width: int, heads: int, hidden: int, cross: bool = False):
        super().__init__()
        self.attention = keras.layers.MultiHeadAttention(heads, width // heads, use_bias=False)
        self.cross = keras.layers.MultiHeadAttention(heads, width // heads, use_bias=False) if cross else None
        self.dense_1 = keras.layers.Dense(hidden, activation="relu")
        self.dense_2 = keras.layers.Dense(width)
        self.norms = [keras.layers.LayerNormalization() for _ in range(3 if cross else 2)]

    def call(self, x, seen, memory=None, memory_seen=None):
        y = self.norms[0](x)
        x = x + self.attention(y, y, attention_mask=seen, use_causal_mask=self.cross is not None)
        if self.cross is not None:
            x = x + self.cross(self.norms[1](x), memory, attention_mask=memory_seen)
        return x + self.dense_2(self.dense_1(self.norms[-1](x)))


class Plain(keras.Model):
    """Source (B, Tv) and previous (B, Tq) -> logits (B, Tq, V); as wide and deep as `ours`, with its waves."""

    def __init__(self, ours: keras.Model):
        super().__init__()
        block = ours.reading[0]
        sizes = (ours.width, block.attention.heads, block.dense_1.units)
        self.source_table = keras.layers.Embedding(ours.source_table.input_dim, ours.width)
        self.target_table = keras.layers.Embedding(ours.target_table.input_dim, ours.width)
        self.reading = [PlainBlock(*sizes) for _ in ours.reading]
        self.writing = [PlainBlock(*sizes, cross=True) for _ in ours.writing]
        self.source_norm, self.target_norm = keras.layers.LayerNormalization(), keras.layers.LayerNormalization()
        self.embed = ours.embed  # of any table

    def call(self, inputs):
        source, previous = inputs
        seen, said = keras.ops.not_equal(source, PAD)[:, None], keras.ops.not_equal(previous, PAD)[:, None]
        memory, x = self.embed(self.source_table, source), self.embed(self.target_table, previous)
        for block in self.reading:
            memory = block(memory, seen)
        memory = self.source_norm(memory)
        for block in self.writing:
            x = block(x, said, memory, seen)
        return keras.ops.matmul(self.target_norm(x), keras.ops.transpose(self.target_table.embeddings))


def say_plainly(model: keras.Model, source: np.ndarray, steps: int) -> np.ndarray:
    """Translate greedily, the whole model for each token: (B, Tv) -> (B, steps)."""
    said = np.full((len(source), 1), START, "int32")
    for _ in range(steps):
        best = np.argmax(model([source, said])[:, -1], axis=-1)
        said = np.concatenate([said, best[:, None].astype("int32")], axis=1)
    return said[:, 1:]


def copy_weights(plain: keras.Model, ours: keras.Model) -> None:
    """Give plain the weights of ours: the same numbers in the same order, the heads' axis apart."""
    for mine, theirs in zip(plain.weights, ours.weights, strict=True):
        mine.assign(np.reshape(theirs, mine.shape))


# Taking turns.


class Turn(keras.callbacks.Callback):
    """Times one `fit`, in a thread of its own, and pauses it every TURN steps for the others and for validation.

    steps: wall seconds a step, its batch's arrival included. losses: (steps, wall seconds, processor seconds,
    validation loss) after each turn; the seconds are those of `fit` since its call, with tracing, without validation
    and the others' turns.
    """

    def __init__(self, fit: Callable[[Turn], object], validate: Callable[[], float]):
        super().__init__()
        self.fit, self.validate = fit, validate
        self.steps: list[float] = []
        self.losses: list[tuple[int, float, float, float]] = []
        self.wall = self.cpu = 0.0
        self.go, self.done, self.over, self.error = threading.Semaphore(0), threading.Semaphore(0), False, None
        threading.Thread(target=self._run, daemon=True).start()

    def take(self) -> None:
        """Let `fit` go on for one turn. Raise what it raises."""
        self.go.release()
        self.done.acquire()
        if self.error:
            raise self.error

    def on_train_batch_begin(self, batch, logs=None):
        self.step_began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(time.perf_counter() - self.step_began)
        if len(self.steps) % TURN == 0:
            self._stop()
            self.done.release()
            self._wait()

    def _run(self) -> None:
        self._wait()
        try:
            self.fit(self)
            self._stop()
        except BaseException as error:
            self.error = error
        self.over = True
        self.done.release()

    def _wait(self) -> None:
        self.go.acquire()
        self.since = time.perf_counter(), time.process_time()

    def _stop(self) -> None:
        self.wall += time.perf_counter() - self.since[0]
        self.cpu += time.process_time() - self.since[1]
        self.losses.append((len(self.steps), self.wall, self.cpu, self.validate()))


def reached(losses: Sequence[tuple[int, float, float, float]], target: float) -> tuple[float, float, float]:
    """Return steps, wall and processor seconds at the first loss that is at most `target`; infinity if none is."""
    return next((tuple(spent) for *spent, loss in losses if loss <= target), (math.inf,) * 3)


# Lesson 8.


def run_cells(names: dict[str, object], ids: Sequence[str], lines: dict[str, str]) -> None:
    """Run these cells of lesson 8 in `names`, silently, with `lines` replaced."""
    for cell in compiled(ids, lines):
        run_silently(cell, names)


def compiled(ids: Sequence[str], lines: dict[str, str]) -> list[CodeType]:
    """Return the code of these cells of lesson 8, with `lines` replaced."""
    cells = {cell.id: cell.source for cell in lesson_code(LESSON, lines).cells}
    return [compile(cells[each], f"{LESSON}, {each}", "exec", dont_inherit=True) for each in ids]


def run_silently(cell: CodeType, names: dict[str, object]) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        exec(cell, names)


def validation_of(names: dict[str, object], model: keras.Model) -> Callable[[], float]:
    """Return a function that measures the model: cross-entropy on the validation phrases, nats a real token.

    Neither smoothed nor padded beyond its batch of rows of like length; the same batches whatever the model.
    """
    split = names["data"].validation
    source = names["vectorize"](split.source, names["source_words"], start=True)
    target = names["vectorize"](split.target, names["target_words"])
    batches = names["BatchesByLength"](source, names["previous_of"](target), target, size=100)
    batches = [batches[number] for number in range(len(batches))]

    @tf.function(input_signature=[tf.TensorSpec((None, None), "int32")] * 3, autograph=False)
    def sums(source, previous, target):
        logs = tf.nn.log_softmax(model([source, previous]))
        right = tf.gather(logs, target, batch_dims=2)
        real = tf.cast(target != PAD, tf.float32)
        return -tf.reduce_sum(right * real), tf.reduce_sum(real)

    def validate() -> float:
        found = [sums(*inputs, target) for inputs, target in batches]
        return float(sum(loss for loss, _ in found) / sum(count for _, count in found))

    return validate


def first_fit() -> None:
    """Fit next to nothing: what only the first `fit` of a process pays goes to neither clock."""
    tiny = keras.Sequential([keras.layers.Dense(1)])
    tiny.compile("adam", "mse")
    tiny.fit(np.zeros((8, 2)), np.zeros((8, 1)), verbose=0)


def race(names: dict[str, object], plain: Plain, lines: dict[str, str], bar: Progress) -> dict[str, Turn]:
    """Train both in turns; return their clocks."""
    ours, epochs = names["model"], names["EPOCHS"]
    source, target = names["train_source"], names["train_target"]
    inputs = [source, names["previous_of"](target)]
    plain.compile(
        keras.optimizers.Adam(names["rate"], beta_2=0.98, clipnorm=1.0),
        loss=names["loss"], metrics=[names["accuracy"]],
    )  # fmt: skip

    (cell,) = compiled(["fit"], {**lines, OUR_CALLBACK: "say = turn"})

    def fit_ours(turn: Turn) -> None:
        run_silently(cell, {**names, "turn": turn})

    def fit_plainly(turn: Turn) -> None:
        plain.fit(inputs, target, batch_size=names["batches"].size, epochs=epochs, callbacks=[turn], verbose=0)

    first_fit()
    task = bar.add_task("training, steps", total=2 * epochs * len(names["batches"]))
    turns = {}
    for name, model, fit in (("ours", ours, fit_ours), ("plain", plain, fit_plainly)):
        validate = validation_of(names, model)
        validate()  # traced once, outside the clock
        turns[name] = Turn(fit, validate)
    while not all(turn.over for turn in turns.values()):
        for turn in turns.values():
            if not turn.over:
                turn.take()
                bar.update(task, completed=sum(len(each.steps) for each in turns.values()))
    bar.remove_task(task)
    return turns


def decode(names: dict[str, object], plain: Plain, bar: Progress) -> dict[str, list]:
    """Translate 1,000 test phrases both ways with the same weights; return [(wall, processor seconds, tokens)]."""
    source, steps = names["test_source"][:1000], names["test_target"].shape[1]
    ways = {"ours": names["translate"], "plain": lambda *asked: say_plainly(plain, *asked)}
    found = {name: [] for name in ways}
    order = ("ours", "plain", "ours")  # plain takes so long that once is enough
    task = bar.add_task("translating, rounds", total=len(order))
    for way in ways.values():
        way(source, 3)
    for name in order:
        wall, cpu = time.perf_counter(), time.process_time()
        tokens = ways[name](source, steps)
        found[name].append((time.perf_counter() - wall, time.process_time() - cpu, tokens))
        bar.advance(task)
    bar.remove_task(task)
    return found


def until_end(tokens: np.ndarray) -> np.ndarray:
    """Return the tokens, (B, T), with padding in place of what follows the first [end]."""
    ended = np.cumsum(tokens == END, axis=1) - (tokens == END)
    return np.where(ended > 0, PAD, tokens)


# The share of the peak.


def steps_of_lesson(seed: int, count: int) -> dict[str, object]:
    """Return seconds and FLOPs of `count` steps of lesson 8's `fit`, and what its products take by themselves."""
    names = {"__name__": "__main__"}
    run_cells(names, UP_TO_FIT, seeded(seed))
    model, size = names["model"], names["batches"].size
    rows = slice(0, size * count)
    target = names["train_target"][rows]
    batches = names["BatchesByLength"](names["train_source"][rows], names["previous_of"](target), target, size, seed)
    boxes = [batches[number] for number in range(count)]  # in the order in which an unshuffled `fit` takes them
    shapes = [(*inputs[0].shape, previous.shape[1]) for inputs, previous in boxes]
    sizes = {"width": model.width, "hidden": model.reading[0].dense_1.units, "encoders": len(model.reading)}
    sizes |= {"decoders": len(model.writing), "vocabulary": len(names["target_words"])}
    seconds = []
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda *_, **__: seconds.append(-time.perf_counter()),
        on_train_batch_end=lambda *_, **__: seconds.append(seconds.pop() + time.perf_counter()),
    )
    model.fit(batches, callbacks=[clock], verbose=0, shuffle=False)
    B, Tv, Tq = middle(shapes)
    boxes = [tf.TensorSpec(shape, "int32") for shape in ((B, Tv), (B, Tq), (B, Tq))]
    products = products_of(lambda source, previous, target: model.train_step(((source, previous), target)), *boxes)
    return summary(seconds, shapes, sizes, products)


def steps_of_pronunciation(seed: int, count: int) -> dict[str, object]:
    """Return the same for `count` steps of data/pronunciation/train.py."""
    path = COURSE.data / "pronunciation" / "train.py"
    spec = importlib.util.spec_from_file_location("train_pronunciation", path)
    train = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = train  # its dataclasses look themselves up there
    spec.loader.exec_module(train)
    setting = train.Setting()
    sizes = {"width": setting.width, "hidden": setting.inner, "encoders": setting.encoders}
    sizes |= {"decoders": setting.decoders, "vocabulary": len(train.PHONEMES)}
    rows = train.rows_of(train.pronunciation().train)
    batches = train.batches(*rows, setting.letters, np.random.default_rng([seed, 0]))
    seconds, shapes = [], []
    with tempfile.TemporaryDirectory() as folder:
        run = train.Run(setting, seed, Path(folder), count)
        for step, (letters, phonemes) in zip(range(count), batches):
            began = time.perf_counter()
            run.optimizer.learning_rate.assign(run.rate(step))
            float(run.update(letters, phonemes))
            seconds.append(time.perf_counter() - began)
            shapes.append((*letters.shape, phonemes.shape[1] - 1))
    B, Tv, Tq = middle(shapes)
    boxes = [tf.TensorSpec(shape, "int32") for shape in ((B, Tv), (B, Tq + 1))]
    update = vars(train.Run)["update"].python_function
    return summary(seconds, shapes, sizes, products_of(lambda *batch: update(run, *batch), *boxes))


def middle(shapes: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    """Return the shape in the middle of those sorted by places: (B, Tv, Tq)."""
    return sorted(shapes, key=lambda shape: shape[0] * (shape[1] + shape[2]))[len(shapes) // 2]


def summary(
    seconds: Sequence[float], shapes: Sequence[tuple[int, int, int]], sizes: dict[str, int], products: Counter[Product]
) -> dict[str, object]:
    """Return a run's figures; `products` are those of a step of the middle shape, as its graph has them."""
    by_shape, in_graph = transformer_flops(*middle(shapes), **sizes), flops(products)
    more = in_graph - by_shape  # the optimizer's, the same at every step
    work = [transformer_flops(*shape, **sizes) + more for shape in shapes]
    return {
        "shape": middle(shapes), "by_shape": by_shape, "in_graph": in_graph,
        "seconds": seconds[5:], "work": work[5:], "alone": in_graph / seconds_alone(products),
    }  # fmt: skip


def measure_share(seed: int, quick: bool) -> dict[str, object]:
    """Measure in this process, with oneDNN as its environment has it."""
    squares = square_rates()
    lesson = steps_of_lesson(seed, 30 if quick else 60)
    squares_between = square_rates()
    pronunciation = steps_of_pronunciation(seed, 15 if quick else 30)
    squares = {name: max(rate, squares_between[name]) for name, rate in squares.items()}
    return {"squares": squares, "lesson 8": lesson, "pronunciation": pronunciation}


def shares(seed: int, quick: bool, rounds: int, bar: Progress) -> dict[str, list[dict[str, object]]]:
    """Measure with oneDNN off and on, in turns, each time in a new process."""
    found = {"off": [], "on": []}
    task = bar.add_task("share of the peak, runs", total=2 * rounds)
    for _ in range(rounds):
        for name in found:
            command = [sys.executable, __file__, "--share", "--seed", str(seed), *["--quick"] * quick]
            environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": str(int(name == "on"))}
            child = subprocess.run(command, env=environment, capture_output=True, text=True)
            if child.returncode:
                raise SystemExit(f"Expected the share of the peak, but the process ended so:\n{child.stderr}")
            found[name].append(json.loads(child.stdout.splitlines()[-1]))
            bar.advance(task)
    bar.remove_task(task)
    return found


# The report.


def seeded(seed: int) -> dict[str, str]:
    """Return the line of lesson 8 that names the seed, and what replaces it."""
    return {"SEED = 1": f"SEED = {seed}"}


def lines_of_race(names: dict[str, object], turns: dict[str, Turn], target: float) -> Iterator[str]:
    """Yield the table of training: ours, plain, and how many times ours plain takes."""
    ours, plain = turns["ours"], turns["plain"]
    per_step = [statistics.median(turn.steps[WARM_UP:]) for turn in (ours, plain)]
    tokens = np.count_nonzero(names["train_target"]) / len(names["batches"])  # real ones, in the mean step
    per_token = [1000 * statistics.mean(turn.steps[WARM_UP:]) / tokens for turn in (ours, plain)]
    steps, wall, cpu = zip(*(reached(turn.losses, target) for turn in (ours, plain)))
    yield f"{'':<50}{'ours':>9}{'plain':>9}{'plain/ours':>12}"
    yield row("seconds a step, median", *per_step, digits=4)
    yield row("seconds of the first step, with tracing", ours.steps[0], plain.steps[0])
    yield row("seconds for 1,000 real target tokens, mean", *per_token, digits=4)
    yield row(f"steps to a validation loss of {target:g}", *steps, digits=0)
    yield row(f"wall seconds to a validation loss of {target:g}", *wall)
    yield row(f"processor seconds to a validation loss of {target:g}", *cpu)
    yield row("wall seconds of the whole `fit`", ours.wall, plain.wall)
    yield row("processor seconds of the whole `fit`", ours.cpu, plain.cpu)
    yield row("validation loss at the end, nats a token", ours.losses[-1][3], plain.losses[-1][3], digits=4)


def lines_of_decoding(found: dict[str, list]) -> Iterator[str]:
    """Yield the same for translating, and whether the tokens agree."""
    for place, clock in enumerate(("wall", "processor")):
        spent = [statistics.median(one[place] for one in found[name]) for name in ("ours", "plain")]
        yield row(f"{clock} seconds to translate 1,000 phrases", *spent)
    ours, plain = (until_end(found[name][0][2]) for name in ("ours", "plain"))
    real = (ours != PAD) | (plain != PAD)
    same, whole = np.mean((ours == plain)[real]), np.mean((ours == plain).all(axis=1))
    yield f"same tokens with the cache and without: {same:.2%}; same phrases: {whole:.2%}"


def row(name: str, ours: float, plain: float, digits: int = 2) -> str:
    return f"{name:<50}{ours:9.{digits}f}{plain:9.{digits}f}{plain / ours:12.2f}"


def lines_of_shares(found: dict[str, list[dict]]) -> Iterator[str]:
    """Yield the table of rates, in GFLOP/s and as a share of the fastest square product of the run."""
    squares = {
        f"{way}, oneDNN {name}": max(run["squares"][way] for run in runs)
        for name, runs in found.items()
        for way in runs[0]["squares"]
    }
    peak = max(squares.values())
    yield "2048 x 2048, float32, GFLOP/s: " + ", ".join(f"{name} {rate / 1e9:.0f}" for name, rate in squares.items())
    yield f"the peak, the fastest of these: {peak / 1e9:.0f} GFLOP/s"
    yield f"{'':<30}{'seconds':>9}{'GFLOP':>8}{'GFLOP/s':>9}{'of peak':>9}{'its products alone':>20}"
    for which in ("lesson 8", "pronunciation"):
        for name, runs in found.items():
            seconds = [second for run in runs for second in run[which]["seconds"]]
            work = [each for run in runs for each in run[which]["work"]]
            rate = statistics.median(w / s for w, s in zip(work, seconds, strict=True))
            alone = max(run[which]["alone"] for run in runs)
            label = f"{which}, oneDNN {name}"
            yield (
                f"{label:<30}{statistics.median(seconds):9.4f}{statistics.median(work) / 1e9:8.2f}"
                f"{rate / 1e9:9.1f}{rate / peak:9.1%}{alone / 1e9:11.0f} ({alone / peak:.0%})"
            )
        one = found["off"][0][which]
        B, Tv, Tq = one["shape"]
        yield (
            f"  counted for {B} rows of {Tv} and {Tq} places: {one['by_shape'] / 1e9:.3f} GFLOP from the shapes, "
            f"{one['in_graph'] / 1e9:.3f} in the graph; the optimizer has the rest"
        )


def main() -> None:
    """Parse, race, translate, measure the shares, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one epoch, one round: three minutes, rougher figures")
    parser.add_argument("--seed", type=int, default=1, help="of weights and of the order of rows (default: 1)")
    parser.add_argument("--target", type=float, help="validation loss, nats a token (default: 0.2; with --quick 1.5)")
    parser.add_argument("--rounds", type=int, help="of measuring the shares (default: 2; with --quick 1)")
    parser.add_argument("--share", action="store_true", help=argparse.SUPPRESS)  # the child of `shares`
    asked = parser.parse_args()
    if asked.share:
        print(json.dumps(measure_share(asked.seed, asked.quick)))
        return
    target = asked.target or (1.5 if asked.quick else 0.2)
    rounds = asked.rounds or (1 if asked.quick else 2)
    lines = seeded(asked.seed) | ({"EPOCHS = 5": "EPOCHS = 1"} if asked.quick else {})
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True, refresh_per_second=1) as bar:
        names = {"__name__": "__main__"}
        run_cells(names, UP_TO_FIT, lines)
        plain, previous = Plain(names["model"]), names["previous_of"](names["train_target"])
        some = [names["train_source"][:50], previous[:50]]
        plain(some)
        copy_weights(plain, names["model"])
        apart = np.abs(np.array(plain(some)) - np.array(names["model"](some)))[previous[:50] != PAD].max()
        print(
            f"{plain.count_params():,} weights each, {len(previous):,} phrases, {names['EPOCHS']} epochs of "
            f"{len(names['batches'])} steps, seed {asked.seed}; logits at the start at most {apart:.0e} apart"
        )
        turns = race(names, plain, lines, bar)
        print("\n".join(lines_of_race(names, turns, target)), flush=True)
        run_cells(names, ["cached"], lines)
        copy_weights(plain, names["model"])
        print("\n".join(lines_of_decoding(decode(names, plain, bar))), flush=True)
        print("\n" + "\n".join(lines_of_shares(shares(asked.seed, asked.quick, rounds, bar))))


if __name__ == "__main__":
    main()
