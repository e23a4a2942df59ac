"""What holds on this machine, for people who are about to trust it with grades."""

from __future__ import annotations

from rich.table import Table

from autograder.kernels import isolation


def doctor_table() -> Table:
    """Return a table of the walls around a submission: which hold, as just tried, and how to get the rest."""
    walls = isolation(anew=True)
    missing = sum(not wall.holds for wall in walls)
    caption = (
        "Every wall holds: a submission can reach nothing but its own scratch folder."
        if not missing
        else f"{missing} of {len(walls)} walls are missing: grades are marked as not isolated, and "
        "`autograder grade --require-isolation` refuses."
    )
    table = Table("wall", "holds", "what happened when it was tried", "how to get it", caption=caption)
    for wall in walls:
        table.add_row(wall.name, "yes" if wall.holds else "NO", wall.detail, wall.remedy)
    return table
