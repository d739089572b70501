"""Rewards: what is measured of a completion, and how it becomes the one number that trains."""
