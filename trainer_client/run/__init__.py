"""A run: its settings in TRL's words, what is refused before it, its folder, what is told of it."""
