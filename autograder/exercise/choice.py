"""A question with options: what do you predict, before a computer tells you?"""

from __future__ import annotations

from collections.abc import Callable

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part


def choice(
    title: str,
    answer: str,
    wrong: dict[str, str],
    hints: tuple[str, ...],
    *,
    importance: int = 3,
    minutes: int = 2,
) -> Exercise:
    """Return a concept question: a function without arguments that returns the letter of one option.

    `wrong` maps each other letter to the sentence that says why not. Upper and lower case are the same.
    """
    hint = "Run the cell below the question, compare with what you predicted, and say to yourself why."

    def option(letter: str) -> Callable[[], str]:
        return lambda: letter

    return Exercise(
        title=title,
        difficulty=1,
        importance=importance,
        minutes=minutes,
        parts=(Part("your prediction", 1, (Case("the question", lambda rng: {}),)),),
        reference=option(answer),
        misconceptions=tuple(Misconception(f"option {key}", option(key), says, hint) for key, says in wrong.items()),
        right=(option(answer.lower()), option(f" {answer} ")),
        hints=hints,
        normalise=lambda text: text.strip().upper() if isinstance(text, str) else text,
        reveal=False,
    )
