"""What is in a learner's process: it carries out questions, and knows no secret."""
