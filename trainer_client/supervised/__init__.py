"""Learning from worked examples: warm starts, distillation, and the seeds that keep them apart from training."""
