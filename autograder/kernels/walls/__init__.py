"""What a learner's process cannot reach, and how."""
