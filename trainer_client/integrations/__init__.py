"""For people who train with a script of their own: parts that TRL and verl take, each an HTTP client of the server."""
