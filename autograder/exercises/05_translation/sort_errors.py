"""Lesson 5: ten translations to read."""

from autograder.exercise.draws import example, part
from autograder.exercise.vocabulary import Exercise, Misconception

ERRORS = "AEDBCBECAD"  # the ten translations of the task, as the lesson sorts them


def _letters(answer):
    """Return the letters of a string or a list as one string in capitals; leave anything else as it is."""
    if isinstance(answer, list) and all(isinstance(letter, str) for letter in answer):
        answer = "".join(answer)
    return "".join(answer.split()).replace(",", "").upper() if isinstance(answer, str) else answer


def _rows(first, last):
    """Return a judge that looks at some rows of the table only."""

    def judge(inputs, answer):
        if not isinstance(answer, str) or len(answer) != len(ERRORS) or set(answer) - set("ABCDE"):
            return f"Expected {len(ERRORS)} letters from A to E, one for each row of the table."
        wrong = [row for row in range(first, last + 1) if answer[row - 1] != ERRORS[row - 1]]
        return f"Read again, with the French beside it: row {', '.join(map(str, wrong))}." if wrong else None

    return judge


def _always(letters):
    return lambda: letters


exercise = Exercise(
    title="Read ten translations",
    difficulty=2,
    importance=5,
    minutes=8,
    parts=(
        part("rows 1 to 5", 2, example(), judge=_rows(1, 5)),
        part("rows 6 to 10", 2, example(), judge=_rows(6, 10)),
    ),
    reference=_always(ERRORS),
    misconceptions=(
        Misconception(
            "every difference a mistake",
            _always(ERRORS.replace("E", "D")),
            "You counted other words as wrong words. A sentence has many right translations, and the reference is one of them.",
            "Would someone who knows no French be misled by the translation? If not, what is wrong with it?",
        ),
        Misconception(
            "judged without the source",
            _always("".join(kind if kind == "A" else "E" for kind in ERRORS)),
            "You judged the English alone. A fluent sentence can say something else than the French one does, and a reader who sees only the English cannot notice.",
            "Go through the rows once more, with the person's translation beside the model's.",
        ),
        Misconception(
            "a lost negation is one word less",
            _always(ERRORS.replace("B", "C")),
            "You counted a lost negation as something left out. It is, but the kinds are tried from A on, and without its *not* a sentence says the opposite.",
            "Which kinds fit, and which of them stands first in the list?",
        ),
        Misconception(
            "a broken sentence has a gap",
            _always(ERRORS.replace("A", "C")),
            "You counted broken sentences as sentences with something left out. The kinds are tried from A on: is it English at all?",
            "Read the English aloud.",
        ),
        Misconception(
            "left out, and so a mistake in the words",
            _always(ERRORS.replace("C", "D")),
            "You counted what is left out as a wrong word. Where every word that is written is right, and one is missing, the kind is C.",
            "Which English word stands in the place of the missing one? If none does, nothing was exchanged.",
        ),
    ),
    right=(_always(list(ERRORS.lower())), _always(" ".join(ERRORS))),
    hints=(
        "Try the kinds in the order of the list, and stop at the first that fits.",
        "Two rows belong to each kind.",
        "A *never* in the French makes a sentence negative as much as a *not* does. Is the model's sentence negative, too?",
    ),
    normalise=_letters,
    reveal=False,
)
