"""`make faults`: what is done to a server and its store here, and what must still be true behind it."""
