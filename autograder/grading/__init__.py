"""Grading is a pure function in four steps: rebuild, run, examine, record."""
