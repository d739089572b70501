"""Signs of gaming that any completion can show, whatever it was asked: cheap, and without a list of words."""
