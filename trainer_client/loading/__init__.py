"""Models and tokenizers, and what they are made of."""
