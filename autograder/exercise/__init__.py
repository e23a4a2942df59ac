"""What an exercise is, and how a verdict on an answer to it is found."""
