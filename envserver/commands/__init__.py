"""What `echelon-server` does in a terminal, beside serving."""
