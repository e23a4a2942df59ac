"""Lesson 3: the encoder-decoder. Padding is 0; shapes as in the lesson (B, Tq, Tv, V)."""

ORDER = (
    "shift_right",
    "masked_accuracy",
    "masked_loss",
    "StateEncoder",
    "greedy_decode",
    "exact_match",
    "predict_bottleneck",
)
