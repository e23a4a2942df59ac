"""Train the Transformer that lesson 10 ships, measure it, and write its weights.

    python data/pronunciation/train.py train              from the beginning; a checkpoint after every epoch
    python data/pronunciation/train.py train --resume     go on from the last checkpoint
    python data/pronunciation/train.py train --resume --epochs 20    the same, with another end: the rate follows
    python data/pronunciation/train.py ship               the averaged weights of the last checkpoint into weights.npz
    python data/pronunciation/train.py evaluate           weights.npz on validation and test, greedy and beam

`train` appends to log.txt, `evaluate` writes results.json. Checkpoints lie in work/pronunciation/.
Chance comes from --seed alone; another machine rounds otherwise, and its error rate may differ by some tenths.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # a fifth less time for a step; rounds otherwise
import keras
import numpy as np
import tensorflow as tf
from keras import ops
from rapidfuzz.distance import Levenshtein

from autograder.toolbox.datasets import PronunciationSplit, pronunciation
from autograder.toolbox.translation import END, PAD, START, vectorize, vocabulary

HERE = Path(__file__).resolve().parent
LETTERS = vocabulary(["' a b c d e f g h i j k l m n o p q r s t u v w x y z"])
PHONEMES = vocabulary(
    ["AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"]
)


@dataclass(frozen=True)
class Setting:
    """What was chosen on the validation words."""

    width: int = 160
    heads: int = 4
    inner: int = 640
    encoders: int = 4
    decoders: int = 2
    dropout: float = 0.15
    smoothing: float = 0.1
    letters: int = 3600  # source letters a batch, about 420 words
    rate: float = 3e-3
    warm_up: int = 300  # steps
    last: float = 0.01  # the cosine's end, as a share of the rate
    average: float = 0.998  # decay of the moving average of the weights, which is what is shipped
    decay: float = 0.05  # of weights
    epochs: int = 22
    muon: int = 1  # Muon (Jordan et al. 2024) for the blocks' matrices, Adam for the rest; 0: AdamW for all


# The model: pre-norm blocks (Xiong et al. 2020) of the Transformer (Vaswani et al. 2017, section 3).


def positions(length: int, width: int) -> np.ndarray:
    """Return sinusoids, shape (length, width): sines in the first half of the columns, cosines in the second."""
    angles = np.arange(length)[:, None] / 10_000 ** (np.arange(width // 2) / (width // 2))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype("float32")


class Embedding(keras.layers.Layer):
    """Tokens, (B, T), to embedding times the root of the width, plus position: (B, T, width)."""

    def __init__(self, size: int, width: int, **kwargs):
        super().__init__(**kwargs)
        self.size, self.width = size, width
        self.where = positions(64, width)

    def build(self, shape):
        normal = keras.initializers.RandomNormal(stddev=self.width**-0.5)
        self.table = self.add_weight(shape=(self.size, self.width), initializer=normal, name="embedding")

    def call(self, tokens):
        return (
            ops.take(self.table, tokens, axis=0) * self.width**0.5
            + ops.convert_to_tensor(self.where)[: ops.shape(tokens)[1]]
        )


class Attention(keras.layers.Layer):
    """Multi-head attention of queries (B, Tq, width) over values (B, Tv, width); mask: True where one may look."""

    def __init__(self, width: int, heads: int, **kwargs):
        super().__init__(**kwargs)
        self.width, self.heads = width, heads
        for name in ("query", "key", "value", "out"):
            setattr(self, name, keras.layers.Dense(width, name=name))

    def build(self, shape, *_):
        for name in ("query", "key", "value", "out"):
            getattr(self, name).build((None, None, self.width))

    def split(self, x):
        return ops.reshape(x, (ops.shape(x)[0], ops.shape(x)[1], self.heads, self.width // self.heads))

    def call(self, queries, values, mask):
        q, k, v = self.split(self.query(queries)), self.split(self.key(values)), self.split(self.value(values))
        scores = ops.einsum("bqhd,bvhd->bhqv", q, k) * (self.width // self.heads) ** -0.5
        weights = tf.nn.softmax(ops.where(mask, scores, -1e9))
        context = ops.einsum("bhqv,bvhd->bqhd", weights, v)
        return self.out(ops.reshape(context, ops.shape(queries)))


class Block(keras.layers.Layer):
    """One block: attention to itself, in a decoder then to the source, then two dense layers; each x + f(norm(x))."""

    def __init__(self, setting: Setting, decoder: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.width, self.decoder = setting.width, decoder
        self.itself = Attention(setting.width, setting.heads, name="itself")
        self.source = Attention(setting.width, setting.heads, name="source") if decoder else None
        self.inner = keras.layers.Dense(setting.inner, activation="relu", name="inner")
        self.outer = keras.layers.Dense(setting.width, name="outer")
        self.norms = [keras.layers.LayerNormalization(epsilon=1e-5, name=f"norm_{i}") for i in range(2 + decoder)]
        self.drop = keras.layers.Dropout(setting.dropout)

    def build(self, shape, *_):
        wide = (None, None, self.width)
        self.itself.build(wide)
        if self.decoder:
            self.source.build(wide)
        self.inner.build(wide)
        self.outer.build((None, None, self.inner.units))
        for norm in self.norms:
            norm.build(wide)

    def call(self, x, mask, source=None, source_mask=None, training=False):
        y = self.norms[0](x)
        x = x + self.drop(self.itself(y, y, mask), training=training)
        if self.decoder:
            x = x + self.drop(self.source(self.norms[1](x), source, source_mask), training=training)
        y = self.drop(self.inner(self.norms[-1](x)), training=training)
        return x + self.drop(self.outer(y), training=training)


class Transformer(keras.Model):
    """Letters (B, Tv) and the phonemes so far (B, Tq) to logits of the next phoneme, (B, Tq, phonemes)."""

    def __init__(self, setting: Setting, **kwargs):
        super().__init__(**kwargs)
        self.letters = Embedding(len(LETTERS), setting.width, name="letters")
        self.phonemes = Embedding(len(PHONEMES), setting.width, name="phonemes")
        self.drop = keras.layers.Dropout(setting.dropout)
        self.encoder = [Block(setting, name=f"encoder_{i}") for i in range(setting.encoders)]
        self.decoder = [Block(setting, decoder=True, name=f"decoder_{i}") for i in range(setting.decoders)]
        self.norms = [keras.layers.LayerNormalization(epsilon=1e-5, name=n) for n in ("encoder_norm", "decoder_norm")]
        self.logits = keras.layers.Dense(len(PHONEMES), name="logits")

    def encode(self, letters, training=False):
        mask = (letters != PAD)[:, None, None, :]
        x = self.drop(self.letters(letters), training=training)
        for block in self.encoder:
            x = block(x, mask, training=training)
        return self.norms[0](x)

    def decode(self, source, letters, phonemes, training=False):
        mask, T = (letters != PAD)[:, None, None, :], ops.shape(phonemes)[1]
        causal = (ops.arange(T)[:, None] >= ops.arange(T))[None, None]
        x = self.drop(self.phonemes(phonemes), training=training)
        for block in self.decoder:
            x = block(x, causal, source, mask, training=training)
        return self.logits(self.norms[1](x))

    def call(self, inputs, training=False):
        letters, phonemes = inputs
        return self.decode(self.encode(letters, training), letters, phonemes, training)


def new(setting: Setting) -> Transformer:
    """Return a model whose weights exist."""
    model = Transformer(setting)
    model((np.full((1, 3), 4, "int32"), np.full((1, 2), 4, "int32")))
    return model


def names(model: keras.Model) -> list[str]:
    """Return the weights' names without the model's own: `decoder_0/source/query/kernel`."""
    return [weight.path.split("/", 1)[1] for weight in model.weights if weight.dtype == "float32"]


def load(path: Path = HERE / "weights.npz") -> Transformer:
    """Return the shipped model."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    model = new(Setting(**json.loads(str(arrays.pop("setting")))))
    for name, weight in zip(names(model), [w for w in model.weights if w.dtype == "float32"], strict=True):
        weight.assign(arrays[name].astype("float32"))
    return model


# Training.


def rows_of(split: PronunciationSplit) -> tuple[np.ndarray, np.ndarray]:
    """Return letters (N, Tv) with [end], phonemes (N, Tq) with [start] and [end]; one row a listed pronunciation."""
    letters, phonemes = split.pairs()
    return vectorize(letters, LETTERS), vectorize(phonemes, PHONEMES, start=True)


def batches(
    letters: np.ndarray, phonemes: np.ndarray, size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield all rows in batches of about `size` letters, in random order: one length of letters a batch, so that no
    letter is padding; the rows of a length sorted by phonemes with some noise, so that few phonemes are.
    """
    long, said = (letters != PAD).sum(1), (phonemes != PAD).sum(1)
    order = np.lexsort((said + rng.uniform(-1, 1, len(said)), long))
    cuts = np.flatnonzero(np.diff(long[order])) + 1
    found = []
    for group in np.split(order, cuts):
        pieces = max(1, round(len(group) * long[group[0]] / size))
        found += np.array_split(group, pieces)
    for place in rng.permutation(len(found)):
        rows = found[place]
        yield letters[rows, : long[rows].max()], phonemes[rows, : said[rows].max()]


BOX = tf.TensorSpec((None, None), tf.int32)


def smoothed(logits: tf.Tensor, target: tf.Tensor, smoothing: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the sum of the smoothed cross-entropy over the tokens that are no padding, and the number of those."""
    logs = tf.nn.log_softmax(logits)
    right = tf.gather(logs, target, batch_dims=2)
    loss = -(1 - smoothing) * right - smoothing * tf.reduce_mean(logs, axis=-1)
    real = tf.cast(target != PAD, tf.float32)
    return tf.reduce_sum(loss * real), tf.reduce_sum(real)


class Run:
    """A training run that can stop after any epoch and go on: model, its moving average, optimizer, step, epoch."""

    def __init__(self, setting: Setting, seed: int, folder: Path, steps: int):
        keras.utils.set_random_seed(seed)
        self.setting, self.seed, self.steps = setting, seed, steps
        self.model, self.average = new(setting), new(setting)
        self.average.set_weights(self.model.get_weights())
        self.ours, self.theirs = self.model.trainable_variables, self.average.trainable_variables
        if setting.muon:
            self.optimizer = keras.optimizers.Muon(
                setting.rate, adam_beta_2=0.98, weight_decay=setting.decay, adam_weight_decay=0.0,
                exclude_layers=["logits"],
            )  # fmt: skip
        else:
            self.optimizer = keras.optimizers.AdamW(setting.rate, weight_decay=setting.decay, beta_2=0.98)
            self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "embedding"])
        self.optimizer.build(self.ours)
        self.step, self.epoch = tf.Variable(0, dtype=tf.int64), tf.Variable(0, dtype=tf.int64)
        held = {f"model{i}": v.value for i, v in enumerate(self.model.variables)}
        held |= {f"average{i}": v.value for i, v in enumerate(self.theirs)}
        held |= {f"optimizer{i}": v.value for i, v in enumerate(self.optimizer.variables)}
        self.checkpoint = tf.train.Checkpoint(step=self.step, epoch=self.epoch, **held)
        self.manager = tf.train.CheckpointManager(self.checkpoint, str(folder), max_to_keep=2)

    def rate(self, step: int) -> float:
        """Linear warm-up, then half a cosine down to `last`."""
        s = self.setting
        if step < s.warm_up:
            return s.rate * (step + 1) / s.warm_up
        share = min(1.0, (step - s.warm_up) / max(1, self.steps - s.warm_up))
        return s.rate * (s.last + (1 - s.last) * 0.5 * (1 + np.cos(np.pi * share)))

    @tf.function(input_signature=[BOX, BOX], autograph=False)
    def update(self, letters, phonemes):
        with tf.GradientTape() as tape:
            logits = self.model((letters, phonemes[:, :-1]), training=True)
            total, tokens = smoothed(logits, phonemes[:, 1:], self.setting.smoothing)
            loss = total / tokens
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, [v.value for v in self.ours]), 1.0)
        self.optimizer.apply(gradients, self.ours)
        self.step.assign_add(1)
        done = tf.cast(self.step, tf.float32)
        decay = tf.minimum(self.setting.average, (1 + done) / (10 + done))  # at first the mean of what there is
        for mine, mean in zip(self.ours, self.theirs):
            mean.assign(mean * decay + mine * (1 - decay))
        return loss

    @tf.function(input_signature=[BOX, BOX], autograph=False)
    def measure(self, letters, phonemes):
        logits = self.average((letters, phonemes[:, :-1]))
        return smoothed(logits, phonemes[:, 1:], 0.0)

    def one_epoch(self, rows, limit: int | None = None) -> float:
        """Train on all rows once, or for `limit` steps; return the mean loss."""
        rng = np.random.default_rng([self.seed, int(self.epoch.numpy())])
        losses = []
        for letters, phonemes in batches(*rows, self.setting.letters, rng):
            self.optimizer.learning_rate.assign(self.rate(int(self.step.numpy())))
            losses.append(float(self.update(letters, phonemes)))
            if len(losses) == limit:
                break
        self.epoch.assign_add(1)
        return float(np.mean(losses))

    def validation(self, rows) -> float:
        """Return the averaged model's cross-entropy, in nats a phoneme."""
        sums = [self.measure(*batch) for batch in batches(*rows, 20_000, np.random.default_rng(0))]
        return float(sum(s for s, _ in sums) / sum(n for _, n in sums))


# Saying words, and how wrong it was.


class Speaker:
    """Decode with a trained model; each decoder step reads the phonemes so far again."""

    def __init__(self, model: Transformer):
        self.encode = tf.function(model.encode, input_signature=[BOX], autograph=False)
        wide = tf.TensorSpec((None, None, model.logits.kernel.shape[0]))
        self.next = tf.function(
            lambda source, letters, phonemes: tf.nn.log_softmax(model.decode(source, letters, phonemes)[:, -1]),
            input_signature=[wide, BOX, BOX],
            autograph=False,
        )

    def __call__(self, words: Sequence[str], beam: int = 1, size: int = 256, longest: int = 32) -> list[str]:
        """Return a pronunciation a word. Words of like length go together; the result is in the order asked."""
        said = [""] * len(words)
        order = np.argsort([len(word) for word in words], kind="stable")
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            for row, text in zip(rows, self.batch([words[row] for row in rows], beam, longest)):
                said[row] = text
        return said

    def batch(self, words: Sequence[str], beam: int, longest: int) -> list[str]:
        """Beam search by the sum of log probabilities, divided by the length at the end; beam 1 is greedy."""
        letters = vectorize([" ".join(word) for word in words], LETTERS)
        B, V = len(words), len(PHONEMES)
        source = np.repeat(self.encode(letters).numpy(), beam, axis=0)
        letters = np.repeat(letters, beam, axis=0)
        tokens = np.full((B * beam, 1), START, "int32")
        scores = np.full((B, beam), -1e9)
        scores[:, 0] = 0  # one start a word, not `beam` equal ones
        done = np.zeros((B, beam), bool)
        lengths = np.ones((B, beam))
        for _ in range(longest):
            logs = self.next(source, letters, tokens).numpy().reshape(B, beam, V).astype("float64")
            logs[..., [PAD, 1, START]] = -1e9
            logs[done] = -1e9
            logs[done, PAD] = 0  # a finished one goes on as it is
            total = (scores[..., None] + logs).reshape(B, beam * V)
            best = np.argsort(-total, axis=1, kind="stable")[:, :beam]
            scores = np.take_along_axis(total, best, axis=1)
            parent, token = best // V, best % V
            done, lengths = np.take_along_axis(done, parent, axis=1), np.take_along_axis(lengths, parent, axis=1)
            lengths += ~done
            done |= token == END
            tokens = tokens[(np.arange(B)[:, None] * beam + parent).ravel()]
            tokens = np.concatenate([tokens, token.reshape(-1, 1).astype("int32")], axis=1)
            if done.all():
                break
        first = (scores / lengths).argmax(axis=1)
        rows = tokens.reshape(B, beam, -1)[np.arange(B), first]
        return [" ".join(PHONEMES[t] for t in row if t > END) for row in rows]


def score(said: Sequence[str], split: PronunciationSplit) -> dict[str, float]:
    """Return error rates in per cent.

    word: words whose output equals none of the listed pronunciations. phoneme: substitutions, insertions and
    deletions against the nearest listed one (of two as near, the first listed), over the phonemes of those.
    weighted: as word, but a word counts once for each of its pronunciations, as g2p-seq2seq's code of 2018 does.
    first: words whose output is not the first listed. line: as if each listed pronunciation were a word of its own.
    """
    wrong = weighted = edits = phonemes = first = lines = matched = 0
    for text, listed in zip(said, split.listed, strict=True):
        tokens = text.split()
        distances = [Levenshtein.distance(tokens, each.split()) for each in listed]
        nearest = int(np.argmin(distances))
        wrong += distances[nearest] > 0
        weighted += len(listed) * (distances[nearest] > 0)
        edits += distances[nearest]
        phonemes += len(listed[nearest].split())
        first += text != listed[0]
        lines += len(listed)
        matched += text in listed
    words = len(said)
    rates = dict(word=wrong / words, phoneme=edits / phonemes, weighted=weighted / lines)
    rates |= dict(first=first / words, line=1 - matched / lines)
    return {name: round(100 * rate, 2) for name, rate in rates.items()}


# The command line.


def say(text: str, log: Path | None) -> None:
    print(text, flush=True)
    if log:
        with log.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def greedy(model: Transformer, split: PronunciationSplit) -> float:
    return score(Speaker(model)(split.words), split)["word"]


def train(args, setting: Setting) -> None:
    data = pronunciation()
    rows, held = rows_of(data.train), rows_of(data.validation)
    per_epoch = sum(1 for _ in batches(*rows, setting.letters, np.random.default_rng(0)))
    run = Run(setting, args.seed, Path(args.work), args.limit or per_epoch * setting.epochs)
    weights = sum(int(np.prod(w.shape)) for w in run.ours)
    log = None if args.limit else HERE / "log.txt"
    if args.resume and run.manager.latest_checkpoint:
        run.checkpoint.restore(run.manager.latest_checkpoint).assert_consumed()
        say(f"== resumed after epoch {int(run.epoch)}, to go on to epoch {setting.epochs}", log)
    else:
        say(f"== seed {args.seed}, {weights:,} weights, {len(rows[0]):,} pairs, {per_epoch} steps an epoch, "
            f"TensorFlow {tf.__version__}, Keras {keras.__version__}, {os.cpu_count()} cores", log)  # fmt: skip
        say(json.dumps(asdict(setting)), log)
    some = PronunciationSplit(data.validation.words[::4], data.validation.listed[::4])
    while run.epoch < setting.epochs:
        clock, cpu = time.monotonic(), time.process_time()
        loss = run.one_epoch(rows, args.limit)
        line = f"epoch {int(run.epoch):2d}  step {int(run.step):6d}  training {loss:.4f}"
        line += f"  validation {run.validation(held):.4f}"
        if run.epoch % 3 == 0 or run.epoch == setting.epochs or args.limit:
            line += f"  greedy word error {greedy(run.average, some):.2f} %"
        if not args.limit:
            run.manager.save()
        clock, cpu = time.monotonic() - clock, time.process_time() - cpu
        left = (setting.epochs - int(run.epoch)) * clock / 60
        say(f"{line}  {clock:.0f} s  CPU {cpu:.0f} s  left {left:.0f} min  {time.strftime('%H:%M')}", log)
        if args.limit:
            break


def ship(args, setting: Setting) -> None:
    run = Run(setting, args.seed, Path(args.work), 1)
    run.checkpoint.restore(run.manager.latest_checkpoint).expect_partial()
    arrays = {name: w.numpy().astype("float16") for name, w in zip(names(run.average), run.theirs, strict=True)}
    path = HERE / "weights.npz"
    np.savez_compressed(path, setting=np.array(json.dumps(asdict(setting))), **arrays)
    say(f"== shipped epoch {int(run.epoch)}: {path.name}, {path.stat().st_size:,} bytes", HERE / "log.txt")


def evaluate(args, setting: Setting) -> None:
    data, model = pronunciation(), load()
    speak = Speaker(model)
    results: dict = {"weights": sum(int(np.prod(w.shape)) for w in model.trainable_variables),
                     "bytes": (HERE / "weights.npz").stat().st_size}  # fmt: skip
    for side in ("validation", "test"):
        split = getattr(data, side)
        for beam in (1, args.beam):
            start = time.process_time()
            said = speak(split.words, beam)
            name = f"{side} {'greedy' if beam == 1 else f'beam {beam}'}"
            results[name] = {"words": len(split), **score(said, split)}
            say(f"{name}: {results[name]}  CPU {time.process_time() - start:.0f} s", HERE / "log.txt")
            (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["train", "ship", "evaluate"])
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--work", default=str(HERE.parents[1] / "work" / "pronunciation"), help="folder of checkpoints")
    parser.add_argument("--limit", type=int, help="try: so many steps, nothing written")
    for field in fields(Setting):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    args = parser.parse_args()
    setting = Setting(**{field.name: getattr(args, field.name) for field in fields(Setting)})
    {"train": train, "ship": ship, "evaluate": evaluate}[args.what](args, setting)


if __name__ == "__main__":
    main()
