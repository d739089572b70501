"""Stages in order: what to sample from them, and when to move on."""
