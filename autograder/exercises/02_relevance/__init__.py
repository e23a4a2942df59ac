"""Lesson 2: relevance. One look at a target, a history of purchases, a profile; shapes as in the lesson."""

ORDER = (
    "masked_mean",
    "predict_no_axis",
    "look_up",
    "top_share",
    "features",
    "relevance_model",
    "basket",
)
