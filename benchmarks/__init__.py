"""Side by side in one run, with ratios: these machines differ, the ratios less so."""
