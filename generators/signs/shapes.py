"""What a completion is made of: tags in tags, code, numbers that are none, characters that are not seen."""

import re

_TAG = re.compile(r"<(/?)(think|answer)>")
_CODE = re.compile(
    r"\bdef\s+\w+\s*\(|^\s*import\s+\w+|^\s*from\s+[\w.]+\s+import\b|#include\s*[<\"]|^\s*#!|<\?php"
    r"|\b(?:public|private|protected|static)\s+(?:static\s+)?(?:class|void|int|double|float|String)\b"
    r"|\b(?:function|func|fn)\s+\w+\s*\([^)\n]*\)[^\n{]{0,40}\{|\bclass\s+\w+[^\n{:]{0,40}[{:]\s*$|=>\s*\{"
    r"|\b(?:print|printf|println!?|console\.log|System\.out\.print\w*|cout)\s*(?:\(|<<)|\blambda\s+\w+\s*:"
    r"|\bnp\.linalg\b|\bnumpy\.linalg\b|\b(?:var|const)\s+\w+\s*=|^\s*return\b[^.\n]*;?\s*$|\bexec\(|\beval\(|__\w+__"
    r"|^\s*(?:for|while|if)\s*\([^)\n]*\)\s*\{|\bSELECT\b[^\n]{1,80}\bFROM\b|<(?:script|html|body|svg)\b",
    re.MULTILINE,
)
_NOT_FINITE = re.compile(
    r"(?<![A-Za-z])(?:nan|[-+]?inf(?:inity)?)(?![A-Za-z])|\u221e|\\infty|[0-9][eE]\+?[0-9]{3,}|[0-9]{65}",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\u00b1|\\pm\b|\+/-|[0-9]\s*(?:\.\.+|\u2026)\s*[0-9]|\bbetween\b|\bor so\b")
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
_ODD_DIGIT = re.compile(r"(?![0-9])\d")


def nested_tags(text: str) -> bool:
    """Whether a tag is opened while one is open; a thought whose opening stood in the prompt is none."""
    is_open = False
    for found in _TAG.finditer(text) if "<" in text else ():
        if is_open and not found[1]:
            return True
        is_open = not found[1]
    return False


def is_code(text: str) -> bool:
    """Whether a text is a program, or a part of one, in any common language."""
    return _CODE.search(text) is not None


def not_finite(text: str) -> bool:
    """Whether a text holds NaN, infinity, or a number that is meant to overflow."""
    return _NOT_FINITE.search(text) is not None


def is_about(text: str) -> bool:
    """Whether an answer is a range of numbers."""
    return _ABOUT.search(text) is not None


def hidden_characters(text: str) -> bool:
    """Whether a text holds characters that nobody sees: of width zero, for direction, for control."""
    if text.isascii() and text.replace("\n", " ").isprintable():
        return False
    return _HIDDEN.search(text) is not None


def odd_digits(text: str) -> bool:
    """Whether a text holds digits other than 0 to 9."""
    return not text.isascii() and _ODD_DIGIT.search(text) is not None
