"""Ways to answer an exercise in a test: a function as it is, a layer by what its reference computes."""

from __future__ import annotations

from dataclasses import replace

from autograder.asking.answer import Ask, Question, Reply, ask_in
from autograder.asking.wire import plain
from autograder.exercise.examine import examine
from autograder.exercise.plan import in_float64, takes_any
from autograder.exercise.vocabulary import Exercise, Function, Verdict


def asking(exercise: Exercise, function: Function) -> Ask:
    """Return an `ask` of an answer that computes `function`, which takes what the reference takes."""
    if exercise.how == "layer":
        return _as_layer(function)

    def ask(question: Question) -> Reply:
        """Ask in NumPy and float64, in which authors write."""
        given = {name: in_float64(value) for name, value in question.inputs.items()}
        by_name = lambda *values: function(**dict(zip(given, values)))
        answer = by_name if takes_any(function) else function
        return ask_in({question.name: answer})(replace(question, inputs=given, tensors=False))

    return ask


def verdict(exercise: Exercise, function: Function, seed: int | str = 0) -> Verdict:
    """Examine an answer that computes `function`."""
    return examine(exercise, asking(exercise, function), seed)


def _as_layer(function: Function) -> Ask:
    """Return an `ask` that computes from the weights which are set, as a layer does."""

    def ask(question: Question) -> Reply:
        rounds = [{"inputs": question.inputs, "weights": question.weights}, *question.again]
        namespace = {question.name: lambda *values: function(**dict(zip(names, values)))}
        outputs = []
        for each in rounds:
            inputs = {**each["inputs"], "weights": each["weights"], **question.arguments}
            inputs = {name: in_float64(value) for name, value in inputs.items()}
            names = tuple(inputs)
            reply = ask_in(namespace)(Question(question.name, inputs))
            if reply.outcome != "value":
                return reply
            outputs.append(reply.value)
        return Reply("value", plain({"outputs": outputs, "unset": {}, "more": {}}))

    return ask
