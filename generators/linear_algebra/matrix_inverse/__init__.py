"""Find the inverse of a matrix, from 1x1 over perturbed identities to n x n."""
