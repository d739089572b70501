"""Problem families: each problem is regenerated from its id and judged exactly."""
