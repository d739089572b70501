"""Row reduction turn by turn: one operation, one look at the matrix, the next operation."""
