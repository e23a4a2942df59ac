"""What a person reads of graded work: a page for each learner, tables and pictures of the class."""
