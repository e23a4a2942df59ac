"""Lesson 7: self-attention. References in NumPy, float64; T is the length, D the width, H the heads, K a head's width."""

ORDER = (
    "self_attention",
    "predict_shuffled",
    "positions",
    "split_heads",
    "merge_heads",
    "multi_head_attention",
    "causal_mask",
    "future_leak",
    "CausalSelfAttention",
    "attention_cost",
)
