"""Lesson 5: translation. References for splitting, counting, merging, batching, searching and scoring."""

ORDER = (
    "split_by_sentence",
    "unknown_rate",
    "byte_pairs",
    "padding_share",
    "beam_search",
    "predict_beam",
    "clipped_matches",
    "bleu",
    "sort_errors",
)
