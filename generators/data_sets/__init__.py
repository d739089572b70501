"""Problems that are rows of data sets, registered by an operator under a name."""
