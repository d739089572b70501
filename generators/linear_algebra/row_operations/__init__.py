"""Row operations: written as a program, replayed exactly."""
