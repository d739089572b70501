"""Families about matrices: exact inverses, echelon forms, row operations, determinants, products, systems."""
