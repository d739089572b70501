"""Rewards without a verifier: how much likelier a text makes the known answer, by a model that does not change."""
