"""Reading answers: small grammars over model text, linear in its length. Never `eval`."""
