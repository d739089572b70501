"""The families of reasoning-gym under our ids, splits and verdicts: `rg.chain_sum@1` and a hundred more."""
