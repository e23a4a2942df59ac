"""Attacks on the grader, each with what the same submission honestly deserves, and benign twins that must pass."""
