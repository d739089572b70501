"""Families about numbers: arithmetic and countdown."""
