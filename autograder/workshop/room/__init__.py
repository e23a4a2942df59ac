"""The room, live: who is at which exercise, what has passed, which misconceptions are frequent, who is stuck."""
