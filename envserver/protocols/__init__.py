"""What other projects' trainers speak, on top of the same service; whatever they ask, `/score`'s judge judges."""
