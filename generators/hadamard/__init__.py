"""Hadamard matrices: complete one, find another, transform one into another."""
