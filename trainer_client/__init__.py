"""GRPO with few weights against an environment server: train, evaluate, resume."""
