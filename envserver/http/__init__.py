"""What stands between a request and its endpoint: who may ask, how much, how it is read, and how faults are told."""
