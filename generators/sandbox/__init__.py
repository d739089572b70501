"""Running programs that a model wrote: every one in a process of its own that can compute and do nothing else."""
