"""A verdict: pure, sure of what it says, and silent where it would have to guess."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autograder.asking.answer import Question, Reply, ask_in
from autograder.exercise.examine import examine, judge, not_graded, put, questions, seeded
from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part, Property, Unseen
from autograder.practice.report import as_html, as_text

TOTAL = Exercise(
    name="total",
    title="Add up the rows",
    difficulty=1,
    importance=1,
    minutes=1,
    parts=(
        Part("small", 1, (Case("two rows", lambda rng: {"x": np.array([[1.5, 2.0, 3.0], [4.0, 5.0, 6.25]])}),)),
        Part(
            "random",
            2,
            (
                Case("four rows", lambda rng: {"x": rng.standard_normal((4, 3)).astype(np.float32)}),
                Case("one row", lambda rng: {"x": rng.standard_normal((1, 5)).astype(np.float32)}),
            ),
        ),
    ),
    reference=lambda x: np.asarray(x, np.float64).sum(axis=1),
    misconceptions=(
        Misconception("columns", lambda x: x.sum(axis=0), "You added the columns.", "Which axis goes?"),
        Misconception("mean", lambda x: x.mean(axis=1), "You averaged.", "Is there a division?"),
        Misconception("doubled", lambda x: 2 * x.sum(axis=1), "You doubled.", "Count."),
        Misconception("same as doubled", lambda x: x.sum(axis=1) + x.sum(axis=1), "You added twice.", "Count."),
    ),
    right=(),
    hints=("Add.",),
)
SHARES = replace(
    TOTAL,
    name="shares",
    reference=lambda x: np.abs(x) / np.abs(x).sum(axis=1, keepdims=True),
    misconceptions=(),
    properties=(
        Property(lambda inputs, output: bool(np.allclose(output.sum(-1), 1)), "Rows sum to one; yours do not."),
    ),
    unseen=(Unseen(lambda inputs: {"x": np.where(inputs["x"] < 3, inputs["x"], 99.0)}, "What is 3 or more leaks."),),
)


def verdict(answer, exercise=TOTAL, seed=0):
    return examine(exercise, ask_in({exercise.name: answer}), seed)


def first(answer, exercise=TOTAL):
    return verdict(answer, exercise).parts[0]


def says(answer, exercise=TOTAL):
    return " ".join(first(answer, exercise).says)


def replying(*replies):
    """Return an `ask` that gives these replies in turn, the last for ever, and the list of what was asked."""
    asked, left = [], list(replies)

    def ask(question: Question) -> Reply:
        asked.append(question)
        return left.pop(0) if len(left) > 1 else left[0]

    return ask, asked


class TestPure:
    def test_does_the_same_seed_give_the_same_verdict(self):
        wrong = lambda x: x.max(axis=1)
        assert verdict(wrong, seed="secret") == verdict(wrong, seed="secret")

    def test_does_another_seed_give_other_inputs(self):
        drawn = []
        for seed in (0, 1, "0", "a submission"):
            ask, asked = replying(Reply("value", None))
            examine(TOTAL, ask, seed)
            drawn.append(asked[1].inputs["x"].tobytes())
        assert len(set(drawn)) == 3  # the number 0 and the text "0" are one seed

    def test_does_each_case_have_inputs_of_its_own(self):
        rngs = (seeded(0, "total", "random", name) for name in ("four rows", "one row"))
        assert len({rng.integers(2**60) for rng in rngs}) == 2

    def test_does_a_seed_give_the_same_numbers_on_every_machine(self):
        assert seeded("secret", "total", "random", "one row").integers(1000, size=3).tolist() == [205, 163, 823]

    def test_can_an_answer_not_spoil_the_inputs_of_the_reference(self):
        def careless(x):
            total = x.sum(axis=1)
            x[:] = 0
            return total

        assert verdict(careless).outcome == "right"


class TestRight:
    @pytest.mark.parametrize(
        "answer",
        [
            lambda x: x.sum(axis=1).tolist(),
            lambda x: tuple(x.sum(axis=1)),
            lambda x: x.sum(axis=1).astype(np.float32),
            lambda x: np.asarray(x, np.float64).sum(axis=1),
            lambda x: x.sum(axis=1).view(type("Mine", (np.ndarray,), {})),
            lambda x: np.ma.masked_array(x.sum(axis=1)),
            lambda x: x.sum(axis=1) + 1e-6,
            lambda x: [np.float32(row.sum()) for row in x],
            lambda x: (print("busy"), x.sum(axis=1))[1],
        ],
        ids=["list", "tuple", "float32", "float64", "subclass", "masked array", "rounding", "scalars", "printing"],
    )
    def test_is_it_right_in_another_form(self, answer):
        found = verdict(answer)
        assert (found.outcome, found.earned) == ("right", 3)

    def test_is_a_tensor_right(self):
        import autograder.practice  # noqa: F401, I001 (before TensorFlow: it silences it)
        import tensorflow as tf

        assert verdict(lambda x: tf.reduce_sum(x, axis=1)).outcome == "right"


class AlwaysEqual:
    """Equal to everything, with a shape and numbers of its own making."""

    shape = (2,)
    dtype = np.dtype(float)

    def __eq__(self, other):
        return True

    def __array__(self, dtype=None, copy=None):
        return np.array([6.5, 15.25])


class TestNotRight:
    @pytest.mark.parametrize(
        "value",
        [
            AlwaysEqual(),
            [AlwaysEqual()] * 2,
            np.array([AlwaysEqual(), AlwaysEqual()]),
            np.zeros(2).view(type("Array", (np.ndarray,), {"__eq__": lambda self, other: True})),
        ],
        ids=["object", "list", "array of objects", "subclass of array"],
    )
    def test_is_an_object_wrong_that_equals_everything(self, value):
        assert first(lambda x: value).outcome == "wrong"


class TestSentences:
    @pytest.mark.parametrize(
        "answer, sentence",
        [
            (lambda x: None, "Your answer returned nothing (None). Does every path end in `return`?"),
            (lambda x: "6.5", "Expected an array of float64, shape (2,), received text."),
            (lambda x: {"sum": 1}, "Expected an array of float64, shape (2,), received a dict."),
            (lambda x: ["6.5", "15.25"], "Expected an array of float64, shape (2,), received a list with text in it."),
            (lambda x: [None, None], "Expected an array of float64, shape (2,), received a list with None in it."),
            (
                lambda x: [[1.0], [1.0, 2.0]],
                "Your answer returned a list whose rows have different lengths. All rows must be equally long.",
            ),
            (
                lambda x: [np.zeros(2), np.zeros(3)],
                "Your answer returned a list whose rows have different lengths. All rows must be equally long.",
            ),
            (lambda x: np.zeros((2, 3)), "Expected shape (2,), received shape (2, 3)."),
            (lambda x: 3.0, "Expected shape (2,), received shape ()."),
            (lambda x: x.sum(axis=1) > 0, "Expected an array of float64, shape (2,), received an array of bool, "),
            (lambda x: np.full(2, np.nan), "There are NaN (not a number) in your output"),
            (lambda x: np.full(2, np.inf), "There are infinite numbers in your output"),
            (lambda x: x.sum(axis=1).astype(int), "The numbers have lost their fractions"),
            (lambda x: object(), "You returned an object; return an array, a number, text,"),
            (lambda x: np.zeros(3_000_000), "You returned an array of shape (3000000,), 23 MiB; at most 16 MiB"),
            (lambda x: np.zeros(2, complex), "You returned an array of type complex128; return real numbers"),
            (lambda: 1, "Your answer raised an error instead of returning. TypeError"),
        ],
        ids=[
            "none",
            "text",
            "dict",
            "list of text",
            "list of None",
            "ragged",
            "ragged arrays",
            "shape",
            "number",
            "booleans",
            "nan",
            "inf",
            "whole",
            "object",
            "huge",
            "complex",
            "wrong argument",
        ],
    )
    def test_does_each_bad_answer_get_its_own_sentence(self, answer, sentence):
        assert sentence in says(answer)

    def test_is_a_missing_answer_told_to_be_run(self):
        found = examine(TOTAL, ask_in({}))
        assert found.parts[0].says == ("There is no `total` to ask. Run the cell that defines it, and keep its name.",)

    def test_is_a_name_that_was_given_to_something_else_told(self):
        assert says(np.zeros(3)) == (
            "`total` is not a function any more: the name now stands for something of type ndarray. "
            "Run the cell that defines it again, and give the other thing another name."
        )

    def test_are_rows_that_do_not_sum_to_one_told(self):
        assert says(lambda x: np.abs(x), SHARES) == "Rows sum to one; yours do not. What is 3 or more leaks."

    def test_is_what_leaks_told_only_where_it_leaks(self):
        assert "leaks" not in says(lambda x: np.full(x.shape, 0.5), SHARES)

    def test_is_nothing_said_of_leaks_that_is_not_sure(self):
        """An answer that raises on the changed inputs, or never answers twice alike, proves no leak."""
        ask, _ = replying(*[Reply("value", np.ones((2, 3)))] * 3, Reply("raised", detail="Oops"))
        assert "leaks" not in " ".join(examine(SHARES, ask).parts[0].says)
        rng = np.random.default_rng(0)
        assert "leaks" not in says(lambda x: rng.random(x.shape), SHARES)

    def test_is_none_told_too_where_a_judge_decides(self):
        judged = replace(TOTAL, parts=(replace(TOTAL.parts[0], judge=lambda inputs, output: output.fails),))
        assert "returned nothing (None)" in says(lambda x: None, judged)

    def test_is_what_a_judge_says_told(self):
        judge = lambda inputs, output: None if output > 0.9 else "The accuracy is below 0.9."
        judged = replace(TOTAL, parts=(replace(TOTAL.parts[0], judge=judge),))
        assert says(lambda x: 0.5, judged) == "The accuracy is below 0.9."
        assert verdict(lambda x: 0.95, judged).outcome == "right"

    @pytest.mark.parametrize(
        "value, sentence",
        [
            (1.0, "Expected 2 values (a tuple or list), received a number."),
            ([np.zeros(2)], "Expected 2 values, received 1."),
            ([np.zeros(2), np.zeros(3)], "number 2"),
        ],
        ids=["number", "one", "second"],
    )
    def test_is_it_told_which_of_several_values_differs(self, value, sentence):
        pair = replace(TOTAL, reference=lambda x: (np.zeros(2), np.ones(3)), misconceptions=())
        assert sentence in says(lambda x: value, pair)

    @pytest.mark.parametrize(
        "value, sentence",
        [
            (1.0, "Expected a dict with 'mean', 'most', received a number."),
            ({"mean": 1.0}, "Expected a dict with 'mean', 'most', received one with 'mean'."),
            ({"mean": 1.0, "most": 3.0}, "These entries differ: most."),
        ],
        ids=["number", "keys", "entry"],
    )
    def test_is_it_told_which_entry_of_a_dict_differs(self, value, sentence):
        both = replace(TOTAL, reference=lambda x: {"mean": 1.0, "most": 2.0}, misconceptions=())
        assert says(lambda x: value, both) == sentence

    def test_is_a_small_difference_named_that_a_strict_tolerance_finds(self):
        strict = replace(TOTAL, reference=lambda x: {"mean": 1.0}, misconceptions=(), tolerance=1e-9)
        assert says(lambda x: {"mean": 1.00001}, strict) == "These entries differ: mean."


class TestMisconceptions:
    def test_is_a_misconception_named_that_alone_explains_the_answer(self):
        part = first(lambda x: x.mean(axis=1))
        assert (part.misconception, part.hint) == ("mean", "Is there a division?")
        assert part.says[0] == "You averaged."

    def test_is_it_named_before_what_else_is_sure(self):
        assert first(lambda x: x.sum(axis=0)).says == (
            "You added the columns.",
            "Expected shape (2,), received shape (3,).",
        )

    def test_is_none_named_where_two_explain_the_answer(self):
        assert first(lambda x: x.sum(axis=1) * 2).misconception == ""

    def test_is_none_named_where_none_explains_the_answer(self):
        part = first(lambda x: x.max(axis=1))
        assert (part.misconception, part.says, part.hint) == ("", (), "")

    def test_is_none_named_where_it_explains_only_one_case(self):
        """Averaging explains a row of three only; on the other cases the answer is another one."""
        part = verdict(lambda x: x.sum(axis=1) / 3).parts[1]
        assert part.misconception == ""

    def test_is_one_named_that_overflows_like_the_answer(self):
        overflow = replace(
            TOTAL,
            misconceptions=(
                Misconception("overflow", lambda x: np.array([np.nan, 15.25]), "It overflows.", "Large?"),
                *TOTAL.misconceptions,
            ),
            parts=TOTAL.parts[:1],
        )
        assert first(lambda x: [float("nan"), 15.25], overflow).misconception == "overflow"

    def test_is_a_belief_ignored_that_cannot_be_computed(self):
        impossible = Misconception("impossible", lambda x: x @ x, "You multiplied.", "Why?")
        exercise = replace(TOTAL, misconceptions=(impossible,))
        assert first(lambda x: x.max(axis=1), exercise).misconception == ""


class TestPoints:
    def test_are_the_right_parts_paid(self):
        found = verdict(lambda x: x.sum(axis=1) if len(x) == 2 else x.max(axis=1))
        assert (found.outcome, found.earned, found.points) == ("partly right", 1, 3)
        assert [part.outcome for part in found.parts] == ["right", "wrong"]

    def test_is_an_answer_that_is_right_nowhere_wrong(self):
        found = verdict(lambda x: x.max(axis=1))
        assert (found.outcome, found.earned) == ("wrong", 0)

    def test_does_a_part_need_all_its_cases(self):
        found = verdict(lambda x: x.sum(axis=1) if len(x) > 1 else x.max(axis=1))
        assert [part.earned for part in found.parts] == [1, 0]

    def test_is_a_stub_in_one_branch_only_that_parts_loss(self):
        def half(x):
            if len(x) == 2:
                return x.sum(axis=1)
            raise NotImplementedError

        found = verdict(half)
        assert (found.outcome, found.earned) == ("partly right", 1)

    def test_does_a_fault_of_the_machinery_give_no_verdict(self):
        found = not_graded(TOTAL, "The kernel did not start.")
        assert (found.outcome, found.earned, found.points) == ("not graded", 0, 3)
        assert found.parts[0].says == ("The kernel did not start.",)


class TestAsking:
    @pytest.mark.parametrize("outcome", ["too long", "died"])
    def test_a_case_that_does_not_return_costs_its_own_part_alone(self, outcome):
        plan = questions(TOTAL, 0)
        answers = iter([Reply(outcome, detail="10"), *[Reply("value", one.expected) for one in plan.asked[1:]]])
        found = judge(plan, put(plan, lambda question: next(answers)))
        assert [part.outcome for part in found.parts] == ["wrong", "right"]

    def test_what_never_returns_is_asked_once_a_part_and_then_with_less_time(self):
        ask, asked = replying(Reply("too long", detail="10"))
        found = examine(TOTAL, ask)
        assert [question.seconds for question in asked] == [10.0, 2.0]
        assert found.earned == 0

    def test_what_ends_two_processes_is_asked_no_more(self):
        three = replace(TOTAL, parts=tuple(replace(TOTAL.parts[0], name=name) for name in "abc"))
        ask, asked = replying(Reply("died"))
        found = examine(three, ask)
        assert len(asked) == 2
        assert found.parts[2].says[0].startswith("This was not asked")

    def test_an_answer_that_writes_into_its_input_keeps_its_points_and_is_told(self):
        def careless(x):
            total = x.sum(axis=1)
            x[:] = 0
            return total

        found = verdict(careless)
        assert (found.earned, found.outcome) == (3, "right")
        assert "writes into what it is given (`x`)" in found.notes[0]
        assert "writes into what it is given" in as_text(found)
        assert "writes into what it is given" in as_html(found)

    def test_names_of_parameters_do_not_matter(self):
        assert verdict(lambda anything: anything.sum(axis=1)).outcome == "right"

    def test_a_name_is_given_only_to_what_explains_every_failing_part(self):
        found = verdict(lambda x: x.mean(axis=1) if x.shape == (2, 3) else x.max(axis=1))
        assert [part.misconception for part in found.parts] == ["", ""]

    def test_is_what_was_right_before_kept(self):
        ask, asked = replying(Reply("value", [6.5, 15.25]), Reply("too long", detail="10"))
        found = examine(TOTAL, ask)
        assert (len(asked), found.earned) == (2, 1)
        assert "within 10 seconds. Is there a loop that never ends?" in found.parts[1].says[0]

    def test_is_an_answer_that_raises_asked_again(self):
        ask, asked = replying(Reply("raised", detail="ValueError: no"))
        examine(TOTAL, ask)
        assert len(asked) == 3

    def test_is_what_the_answer_printed_first_kept(self):
        found = verdict(lambda x: print("shape", x.shape))
        assert found.printed == "shape (2, 3)\n"


class TestReveal:
    def test_is_the_expected_output_shown(self):
        assert "6.5 , 15.25" in first(lambda x: x.max(axis=1)).expected

    @pytest.mark.parametrize("answer", [lambda: "a", lambda: 5, lambda: None, lambda: ["hidden"], lambda: "hidde"])
    def test_is_it_never_shown_where_it_is_the_whole_answer(self, answer):
        word = replace(
            TOTAL,
            reference=lambda: "hidden word",
            misconceptions=(Misconception("a", lambda: "a", "It is not a.", "Think."),),
            parts=(Part("a word", 1, (Case("one", lambda rng: {}),)),),
            reveal=False,
        )
        found = verdict(answer, word)
        assert found.outcome == "wrong"
        assert found.parts[0].expected == ""
        assert "hidden word" not in as_text(found) + as_html(found)


class TestLayer:
    """A layer computes from weights that the examiner drew, and is called twice."""

    LAYER = replace(
        TOTAL,
        how="layer",
        weights=lambda rng, inputs: {"kernel": rng.standard_normal((3, 2))},
        reference=lambda x, weights: x @ weights["kernel"],
        misconceptions=(Misconception("negative", lambda x, weights: -x @ weights["kernel"], "Minus.", "Sign?"),),
        parts=TOTAL.parts[:1],
        unseen=(Unseen(lambda inputs: {"x": inputs["x"] + 1}, "It leaks."),),
    )

    def ask(self, output, **more):
        def ask(question):
            rounds = [{"inputs": question.inputs, "weights": question.weights}, *question.again]
            outputs = [output(each["inputs"]["x"], each["weights"]["kernel"]) for each in rounds]
            return Reply("value", {"outputs": outputs, "unset": {}, "more": {}, **more})

        return ask

    def test_an_output_is_right_that_follows_from_the_drawn_weights(self):
        assert examine(self.LAYER, self.ask(lambda x, kernel: x @ kernel)).outcome == "right"

    def test_weights_are_drawn_for_each_seed_and_each_call(self):
        asked = [questions(self.LAYER, seed).questions[0] for seed in (0, 1)]
        kernels = [one["kernel"] for each in asked for one in (each.weights, each.again[0]["weights"])]
        assert len({kernel.tobytes() for kernel in kernels}) == 4

    def test_a_mistake_in_a_layer_is_named(self):
        found = examine(self.LAYER, self.ask(lambda x, kernel: -(x @ kernel)))
        assert found.parts[0].misconception == "negative"

    def test_what_leaks_is_told(self):
        found = examine(self.LAYER, self.ask(lambda x, kernel: x @ kernel + x.sum()))
        assert "It leaks." in found.parts[0].says

    @pytest.mark.parametrize(
        "value",
        [None, 1.0, {"outputs": 1.0}, {"outputs": [1.0], "unset": 3, "more": {}}, {"outputs": [], "unset": {}}],
        ids=str,
    )
    def test_a_reply_without_outputs_is_not_right(self, value):
        found = examine(self.LAYER, lambda question: Reply("value", value))
        assert found.parts[0].says == ("You returned something other than a layer's outputs.",)

    def test_one_right_output_of_two_earns_nothing(self):
        right = self.ask(lambda x, kernel: x @ kernel)

        def first_alone(question):
            found = right(question).value
            return Reply("value", {**found, "outputs": found["outputs"][:1]})

        assert examine(self.LAYER, first_alone).earned == 0

    @pytest.mark.parametrize(
        "more, sentence",
        [
            ({"unset": {"kernel": "is not there: keep the names that the task gives"}}, "not set `kernel`: it is not"),
            ({"more": {"bias": "(2,)"}}, "weights that the task does not name: bias, shape (2,)"),
            ({"frozen": ["kernel"]}, "`kernel` is not trainable"),
            ({"unreached": ["kernel"]}, "No gradient reaches `kernel`"),
            ({"failed": "TypeError: no"}, "where tensors have no numbers yet. TypeError: no"),
            ({"inside": np.zeros((2, 2))}, "Inside a `keras.Model` your layer gives another output"),
        ],
        ids=["unset", "more", "frozen", "unreached", "failed", "inside"],
    )
    def test_what_is_amiss_with_it_as_a_layer_costs_points_and_is_told(self, more, sentence):
        found = examine(self.LAYER, self.ask(lambda x, kernel: x @ kernel, **more))
        assert found.earned == 0
        assert sentence in " ".join(found.parts[0].says)
