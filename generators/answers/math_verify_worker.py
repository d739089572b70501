"""math-verify in a process of its own: it parses text with sympy, slowly and without a bound.

Run by `generators.workers`; asked {"gold": ..., "given": ...}, answers true or false.
"""

import logging
from functools import lru_cache
from typing import Any

from generators.workers import serve


def main() -> None:
    """Answer until the parent is gone."""
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify
    from sympy import Basic, N

    logging.disable(logging.CRITICAL)
    configurations = (LatexExtractionConfig(), ExprExtractionConfig())

    @lru_cache(maxsize=1_024)
    def parsed(text: str) -> tuple[Any, ...]:
        return tuple(parse(f"${text}$", extraction_config=configurations, parsing_timeout=None))

    def handle(request: dict[str, Any]) -> bool:
        try:
            gold, given = parsed(request["gold"]), parsed(request["given"])
            if not gold or not given or apart(gold[0], given[0]):
                return False
            return bool(verify(list(gold), list(given), float_rounding=12, numeric_precision=30, timeout_seconds=None))
        except Exception:  # of a parser that a text has broken: no fault of ours, and no way out
            return False

    def apart(a: Any, b: Any) -> bool:
        """Whether two numbers differ: math-verify rounds to decimals, and takes 2^-99 for 2^-98."""
        if not (isinstance(a, Basic) and isinstance(b, Basic)) or a.free_symbols or b.free_symbols:
            return False
        try:
            x, y = complex(N(a, 30)), complex(N(b, 30))
        except (TypeError, ValueError, AttributeError):
            return False
        return abs(x - y) > 1e-12 * max(abs(x), abs(y))

    serve(handle)


if __name__ == "__main__":
    main()
