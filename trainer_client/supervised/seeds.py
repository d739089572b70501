"""What is added to a run's seed for problems that are not to be those that it trains on.

Train problems are drawn by seed, stage and slot: other seeds draw others.
"""

WARMSTART = 2**40
PROMPT_BASE, PROMPT_HELPER, PROMPT_ASKED = 2**41, 2**42, 2**43
DISTILL = 2**44
