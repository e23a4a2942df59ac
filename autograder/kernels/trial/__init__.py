"""Each wall tried by an attack, before anything is graded."""
