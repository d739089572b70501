"""Tests of `generators/programs`."""
