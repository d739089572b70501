"""Rows as people bullet, number and label them."""

import re

_BULLET = re.compile(r"\s*[-*\u2022]\s+(?=\S)")
_NUMBERED = re.compile(r"\s*([0-9]{1,2})[.)]\s+(?=[\[(])")
_LABELLED = re.compile(r"\s*(?:[Rr]ow ?|R_?)([0-9]{1,2}) ?[:=]\s*")


def plain_rows(text: str) -> str:
    """Return rows without the bullets, numbers or `Row 1:` before every one of them; numbers must count from 1."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2:
        return text
    for pattern in (_BULLET, _NUMBERED, _LABELLED):
        found = [pattern.match(line) for line in lines]
        if all(found):
            counted = [int(match.group(1)) for match in found if match and match.groups()]
            if counted in ([], list(range(1, len(lines) + 1))):
                return "\n".join(line[match.end() :] for line, match in zip(lines, found, strict=True) if match)
    return text
