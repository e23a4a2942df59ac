"""Lesson 1: attention in three lines. References in NumPy, float64; shapes as in the lesson (B, Tq, Tv, D)."""

ORDER = (
    "scores",
    "distribution",
    "context",
    "predict_doubled",
    "attention",
    "recommend",
    "scaled_attention",
    "masked_attention",
    "keras_attention",
)
