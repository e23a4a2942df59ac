"""The warm parent, the keeper of each kernel, and the forked child."""
