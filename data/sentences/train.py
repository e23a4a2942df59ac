"""Train and measure the models of lesson 5, and write what the lesson ships.

    export COURSE_SENTENCES=/path/to/fra.txt
    python data/sentences/train.py facts            what the file holds: into results.json
    python data/sentences/train.py run fr-en        train, measure, and ship weights and vocabularies
    python data/sentences/train.py run en-fr
    python data/sentences/train.py run fr-en --plain     without attention, as many weights; nothing shipped
    python data/sentences/train.py run fr-en --source words    other vocabularies, for comparison; nothing shipped
    python data/sentences/train.py run fr-en --target pieces
    python data/sentences/train.py chance fr-en     how far the choice of test lines moves BLEU, shipped weights

Each run appends to log.txt and replaces its own lines of results.json. The text functions, the vocabulary, the model
and the search are not written here: this script runs the very cells of the lesson that define them.
Chance comes from --seed alone, but another machine rounds otherwise, and so may its BLEU.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import nbformat
import numpy as np
import sacrebleu
import tensorflow as tf

from autograder.toolbox.sentences import Sentences, clean, sentences

HERE = Path(__file__).resolve().parent
LESSON = HERE.parents[1] / "solutions" / "05_translation" / "translation.ipynb"
CELLS = ("setup", "tokens", "words", "pieces", "decoder-cell", "translator", "search", "translate")
FIRST_OF = ("pieces-shown", "load")  # cells of which only the function at the top is wanted
MERGES, LEAST = 1500, 2  # merges of each language's vocabulary of pieces; how often a word must occur to be known
PLAIN_UNITS = 320  # without attention: so many units that the number of weights is the same within 1 %
STEPS, BATCH, RATE, WARM_UP, SMOOTHING = 1700, 128, 3e-3, 100, 0.1
SIDES = {0: "test", 1: "test", 2: "validation"}  # by the hash of the English sentence modulo 20
Pairs = list[tuple[str, str]]


def lesson() -> SimpleNamespace:
    """Run the lesson's defining cells and return the names they define."""
    cells = {cell.id: cell.source for cell in nbformat.read(LESSON, 4).cells}
    cells |= {cell: cells[cell].split("\n\n\n")[0] for cell in FIRST_OF}
    names = SimpleNamespace(folder=HERE)
    for cell in CELLS + FIRST_OF:
        with contextlib.redirect_stdout(None):  # some show an example
            exec(compile(cells[cell], f"lesson 5, cell {cell}", "exec"), vars(names))
    return names


def split(corpus: Sentences) -> dict[str, Pairs]:
    """Return cleaned pairs (English, French) by side: a tenth of the English sentences test, a twentieth validation.

    A pair of another side that shares its French sentence with the test is left out, and so for validation:
    no sentence of either language is on two sides.
    """
    pairs = list(dict.fromkeys((clean(e), clean(f)) for e, f in zip(corpus.english, corpus.french)))
    parts: dict[str, Pairs] = {"test": [], "validation": [], "train": [], "left out": []}
    where = {e: SIDES.get(int(hashlib.sha256(e.encode()).hexdigest(), 16) % 20, "train") for e, _ in pairs}
    taken: set[str] = set()
    for side in ("test", "validation", "train"):
        mine = [(e, f) for e, f in pairs if where[e] == side]
        parts[side] = [(e, f) for e, f in mine if f not in taken]
        parts["left out"] += [(e, f) for e, f in mine if f in taken]
        taken |= {f for _, f in mine}
    return parts


def learn_pieces(texts: list[str], merges: int, tokens) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the letters of the texts and the merges that byte pair encoding learns, most frequent first."""
    counts = Counter(word for text in texts for word in tokens(text))
    words = [[list(word + "_"), count] for word, count in sorted(counts.items())]
    pairs: Counter = Counter()
    homes = defaultdict(set)
    for place, (symbols, count) in enumerate(words):
        for pair in pairwise(symbols):
            pairs[pair] += count
            homes[pair].add(place)
    learned = []
    while len(learned) < merges:
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        learned.append(best)
        for place in list(homes[best]):
            symbols, count = words[place]
            for pair in pairwise(symbols):
                pairs[pair] -= count
            joined: list[str] = []
            for symbol in symbols:
                if joined and (joined[-1], symbol) == best:
                    joined[-1] += symbol
                else:
                    joined.append(symbol)
            words[place][0] = joined
            for pair in pairwise(joined):
                pairs[pair] += count
                homes[pair].add(place)
        del pairs[best]
    return sorted({letter for word in counts for letter in word + "_"}), learned


def known(texts: list[str], least: int, tokens) -> list[str]:
    """Return the words that the texts have at least so often, in the order of the alphabet."""
    counts = Counter(word for text in texts for word in tokens(text))
    return sorted(word for word, count in counts.items() if count >= least)


def batches(rows: list[tuple[list[int], list[int]]], rng: np.random.Generator):
    """Yield batches of like length in random order: source (B, Tv), target with [start] (B, Tq)."""
    order = sorted(range(len(rows)), key=lambda i: (len(rows[i][0]), len(rows[i][1]), rng.random()))
    chunks = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    for place in rng.permutation(len(chunks)):
        yield tuple(padded([rows[i][side] for i in chunks[place]]) for side in (0, 1))


def padded(rows: list[list[int]]) -> np.ndarray:
    box = np.zeros((len(rows), max(map(len, rows))), np.int32)
    for row, numbers in zip(box, rows):
        row[: len(numbers)] = numbers
    return box


def train(model: keras.Model, rows: list, steps: int, seed: int, say) -> None:
    """Teacher forcing, smoothed cross-entropy in which padding does not count, Adam with a cosine."""
    optimizer = keras.optimizers.Adam(RATE, beta_2=0.98, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    box = tf.TensorSpec((None, None), tf.int32)

    @tf.function(input_signature=[box, box])
    def step(source, target):
        with tf.GradientTape() as tape:
            logs = tf.nn.log_softmax(model([source, target[:, :-1]], training=True))
            real = tf.cast(target[:, 1:] != 0, tf.float32)
            missed = -tf.gather(logs, target[:, 1:], batch_dims=2)
            even = -tf.reduce_mean(logs, axis=-1)
            loss = tf.reduce_sum(((1 - SMOOTHING) * missed + SMOOTHING * even) * real) / tf.reduce_sum(real)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return tf.reduce_sum(missed * real) / tf.reduce_sum(real)

    rng, done, running = np.random.default_rng(seed), 0, 0.0
    while done < steps:
        for source, target in batches(rows, rng):
            cosine = 0.51 + 0.49 * np.cos(np.pi * done / steps)
            optimizer.learning_rate = RATE * min(1.0, (done + 1) / WARM_UP) * cosine
            loss = float(step(source, target))
            running = loss if not done else 0.98 * running + 0.02 * loss
            done += 1
            if done % 200 == 0:
                say(f"step {done:5}   cross-entropy of a training token {running:.3f}")
            if done == steps:
                break


def score(pairs: Pairs, found: dict[str, str]) -> dict[str, float]:
    """Return BLEU of translations by source: each pair a line with one reference; each source once with all its own."""
    references = defaultdict(list)
    for source, target in pairs:
        references[source].append(target)
    most = max(map(len, references.values()))
    columns = [[each[k] if k < len(each) else None for each in references.values()] for k in range(most)]
    one = sacrebleu.BLEU()
    several = sacrebleu.BLEU()
    return {
        "one reference": one.corpus_score([found[s] for s, _ in pairs], [[t for _, t in pairs]]).score,
        "all references": several.corpus_score([found[s] for s in references], columns).score,
        "signature": str(one.get_signature()),
    }


def run(options: argparse.Namespace) -> None:
    """Train one model, measure it on the test, and ship it unless it is only for comparison."""
    own, corpus = lesson(), sentences()
    lines: list[str] = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    keras.utils.set_random_seed(options.seed)
    flip = options.direction == "fr-en"
    parts = {side: [(f, e) if flip else (e, f) for e, f in pairs] for side, pairs in split(corpus).items()}
    texts = [[pair[side] for pair in parts["train"]] for side in (0, 1)]
    learned = [learn_pieces(each, MERGES, own.tokens) for each in texts]
    source, target = (own.Pieces(*each) for each in learned)
    if options.source == "words":
        source = own.Words(known(texts[0], LEAST, own.tokens))
    if options.target == "words":
        target = own.Words(known(texts[1], LEAST, own.tokens))
    units = PLAIN_UNITS if options.plain else 256
    model = own.Translator(len(source.names), len(target.names), units=units, attend=not options.plain)
    model([np.ones((1, 2), np.int32), np.ones((1, 3), np.int32)])
    kind = "plain" if options.plain else "attention"
    name = f"{options.direction} {kind} {options.source}-{options.target} seed {options.seed}"
    say(f"== {name}: {model.count_params():,} weights, {len(parts['train']):,} pairs, {options.steps} steps of {BATCH}")
    rows = [(source.encode(s), [own.START, *target.encode(t)]) for s, t in parts["train"]]
    clock, worked = time.perf_counter(), time.process_time()
    train(model, rows, options.steps, options.seed, say)
    clock, worked = time.perf_counter() - clock, time.process_time() - worked
    say(f"training: {clock:.0f} s by the clock, {worked:.0f} s of CPU time on two cores, shared with other work")
    result = {"weights": model.count_params(), "seconds": round(clock), "cpu seconds": round(worked)}
    for side, width, power in [("validation", 1, 0.0), ("test", 1, 0.0), ("test", 4, 1.0)]:
        asked = list(dict.fromkeys(s for s, _ in parts[side]))
        found = dict(zip(asked, own.translate(model, source, target, asked, width=width, power=power)))
        scores = score(parts[side], found)
        key = f"{side} {'greedy' if width == 1 else f'beam {width}'}"
        result[key] = {each: round(value, 1) for each, value in scores.items() if each != "signature"}
        say(f"{key:<18} BLEU {scores['one reference']:.2f}, with all references {scores['all references']:.2f}")
        result["signature"] = scores["signature"]
    if not (options.plain or options.dry or options.source == "words" or options.target == "pieces"):
        ship(model, options.direction, learned[0], target.names[len(own.SIGNS) :])
    if options.widths:
        result["widths"] = widths(own, model, source, target, parts["test"], say)
    if not options.dry:
        record(f"{options.direction} {kind} {options.source}-{options.target}", result)
        with (HERE / "log.txt").open("a", encoding="utf-8") as log:
            log.write("\n".join(lines) + "\n\n")


def widths(own, model, source, target, pairs: Pairs, say) -> list[dict]:
    """Return BLEU and length for beams of several widths, with and without division by the length."""
    asked = list(dict.fromkeys(s for s, _ in pairs))
    table = []
    for power in (0.0, 1.0):
        for width in (1, 2, 4, 16):
            found = dict(zip(asked, own.translate(model, source, target, asked, width=width, power=power)))
            length = np.mean([len(own.tokens(text)) for text in found.values()])
            bleu = score(pairs, found)["one reference"]
            table.append({"width": width, "power": power, "BLEU": round(bleu, 1), "words": round(float(length), 2)})
            say(f"beam {width:2}, power {power:g}: BLEU {bleu:.2f}, {length:.2f} words")
    return table


def ship(model: keras.Model, direction: str, pieces: tuple, words: list[str]) -> None:
    """Write the weights in half precision, and both vocabularies beside them."""
    weights = {weight.path.split("/", 1)[1]: np.asarray(weight, np.float16) for weight in model.weights}
    np.savez(HERE / f"{direction}.npz", **weights)
    source, target = direction.split("-")
    letters, merges = pieces
    lines = ["".join(letters), *(f"{left} {right}" for left, right in merges)]
    (HERE / f"pieces.{source}.txt").write_text("\n".join(lines) + "\n", "utf-8")
    (HERE / f"words.{target}.txt").write_text("\n".join(words) + "\n", "utf-8")


def facts() -> None:
    """Measure what lesson 5 says of the file."""
    own, corpus = lesson(), sentences()
    parts = split(corpus)
    found: dict = {"file": corpus.edition, "pairs": {side: len(pairs) for side, pairs in parts.items()}}
    found["different"] = {
        "english": len(set(map(clean, corpus.english))),
        "french": len(set(map(clean, corpus.french))),
    }
    words = [len(clean(text).split()) for text in corpus.english]
    found["words"] = np.bincount(words).tolist()  # lines by the number of English words, from 0 on
    everything = [pair for pairs in parts.values() for pair in pairs]
    chosen = np.random.default_rng(0).random(len(everything)) < 0.1
    rest = [pair for pair, out in zip(everything, chosen) if not out]
    out = [pair for pair, out in zip(everything, chosen) if out]
    found["split by pair"] = {
        language: round(float(np.mean([pair[k] in {each[k] for each in rest} for pair in out])), 3)
        for k, language in enumerate(("english", "french"))
    }
    found["vocabularies"] = {}
    for k, language in enumerate(("english", "french")):
        texts, tests = ([pair[k] for pair in parts[side]] for side in ("train", "test"))
        for least in (1, 2, 5):
            words = own.Words(known(texts, least, own.tokens))
            found["vocabularies"][f"{language} words {least}"] = measured(words, tests)
        for merges in (500, 1500, 3000):
            pieces = own.Pieces(*learn_pieces(texts, merges, own.tokens))
            found["vocabularies"][f"{language} pieces {merges}"] = measured(pieces, tests)
    pieces = own.Pieces(*learn_pieces([f for _, f in parts["train"]], MERGES, own.tokens))
    lengths = np.array([len(pieces.encode(f)) for _, f in parts["train"]])
    orders = {"mixed": np.random.default_rng(0).permutation(lengths), "by length": np.sort(lengths)}
    found["padding"] = {}
    for name, order in orders.items():
        parted = np.split(order, range(BATCH, len(order), BATCH))
        places = sum(int(part.max()) * len(part) for part in parted)
        found["padding"][name] = round(1 - int(lengths.sum()) / places, 3)
    found["lengths"] = np.bincount(lengths).tolist()
    record("facts", found)


def chance(direction: str, draws: int = 500) -> None:
    """Draw the test lines again and again with replacement (Koehn, 2004): the middle 95 % of greedy BLEU."""
    own, flip = lesson(), direction == "fr-en"
    pairs = [(f, e) if flip else (e, f) for e, f in split(sentences())["test"]]
    found = own.translate(*own.load(direction), [source for source, _ in pairs])
    rng, scores = np.random.default_rng(0), []
    for _ in range(draws):
        lines = rng.integers(0, len(pairs), len(pairs))
        hypotheses, references = [found[i] for i in lines], [pairs[i][1] for i in lines]
        scores.append(sacrebleu.BLEU().corpus_score(hypotheses, [references]).score)
    name = f"{direction} attention pieces-words"
    row = json.loads((HERE / "results.json").read_text("utf-8"))[name]
    record(name, {**row, "chance": [round(float(each), 1) for each in np.percentile(scores, [2.5, 97.5])]})


def measured(vocabulary, texts: list[str]) -> dict[str, float]:
    rows = [vocabulary.encode(text)[:-1] for text in texts]
    numbers = np.concatenate([np.array(row) for row in rows])
    return {
        "size": len(vocabulary.names),
        "unknown": round(float(np.mean(numbers == 1)), 4),
        "length": round(len(numbers) / len(rows), 2),
    }


def record(key: str, value: dict) -> None:
    """Put one entry into results.json."""
    file = HERE / "results.json"
    results = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    results[key] = value
    file.write_text(json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("facts")
    again = commands.add_parser("chance")
    again.add_argument("direction", choices=("fr-en", "en-fr"))
    one = commands.add_parser("run")
    one.add_argument("direction", choices=("fr-en", "en-fr"))
    one.add_argument("--plain", action="store_true", help="no attention")
    one.add_argument("--source", choices=("pieces", "words"), default="pieces", help="vocabulary that is read")
    one.add_argument("--target", choices=("pieces", "words"), default="words", help="vocabulary that is written")
    one.add_argument("--widths", action="store_true", help="measure beams of several widths, too")
    one.add_argument("--dry", action="store_true", help="write nothing")
    one.add_argument("--steps", type=int, default=STEPS)
    one.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.command == "run":
        run(options)
    elif options.command == "chance":
        chance(options.direction)
    else:
        facts()


if __name__ == "__main__":
    main()
