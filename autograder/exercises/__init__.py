"""This course's exercises: a folder a lesson, a module an exercise, and the NumPy arithmetic that several share."""
