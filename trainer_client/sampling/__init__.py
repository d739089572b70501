"""The `sample` seam: a decode loop of our own for models of Llama's shape, faster than transformers' on a CPU."""
