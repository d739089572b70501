"""What others serve, for `make bench-server`: each in a process of its own, asked by the same load generator."""
