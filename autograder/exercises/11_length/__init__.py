"""Lesson 11: attention at length. References in NumPy, float64; shapes as in the lesson (B, H, G, T, K)."""

ORDER = (
    "fold_block",
    "cache_bytes",
    "grouped_attention",
    "window_mask",
    "predict_stack",
    "rotate",
    "linear_attention",
)
