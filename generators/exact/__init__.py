"""Exact mathematics of integers and rationals; no floats, nothing about problems."""
