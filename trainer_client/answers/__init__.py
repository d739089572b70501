"""Answering problems with a model or an endpoint, and what the answers come to."""
