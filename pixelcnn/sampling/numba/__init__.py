"""The fast engine: the lowered program, compiled by numba."""
