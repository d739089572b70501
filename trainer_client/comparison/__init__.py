"""Arms held against each other fairly: `echelon-trainer compare`."""
