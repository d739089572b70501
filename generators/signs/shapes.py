"""What a completion is made of: tags in tags, code, numbers that are none, characters that are not seen."""

import re

_TAG = re.compile(r"<(/?)(think|answer)>")
# Every repetition is bounded or possessive, and none crosses a line: a text of nothing but newlines takes no time.
_CODE = re.compile(
    r"\bdef[ \t]{1,9}\w{1,40}[ \t]*+\(|^[ \t]*+import[ \t]{1,9}[\w.]{1,40}(?:[ \t]+as[ \t]+\w{1,40})?[ \t]*+;?$"
    r"|^[ \t]*+from[ \t]{1,9}[\w.]{1,40}[ \t]{1,9}import\b|#include[ \t]*+[<\"]|^#!|<\?php"
    r"|\b(?:public|private|protected|static)[ \t]{1,9}(?:static[ \t]{1,9})?"
    r"(?:class[ \t]{1,9}\w{1,40}[ \t]*+\{|(?:void|int|double|float|String)(?:\[\])?[ \t]{1,9}\w{1,40}[ \t]*+[(=;])"
    r"|\b(?:function|func|fn)[ \t]{1,9}\w{1,40}[ \t]*+\([^)\n]{0,80}\)[^\n{]{0,40}\{"
    r"|\bclass[ \t]{1,9}\w{1,40}(?:\([^)\n]{0,40}\))?:$"
    r"|=>[ \t]*+\{|\blambda[ \t]{1,9}\w{1,40}[ \t]*+:|\b(?:var|const)[ \t]{1,9}\w{1,40}[ \t]*+="
    r"|\b(?:print|printf|println!?|puts|echo|console\.log|System\.out\.print\w{0,9}|cout)[ \t]*+(?:\(|<<|[\"'$])"
    r"|\b(?:np|numpy|scipy|torch)\.\w{1,20}\.?\w{0,20}\(|\blinalg\.\w{1,20}\(|\.inv\("
    r"|\b(?:exec|eval|sum|Inverse|inv)[ \t]?[(\[]"
    r"|^[ \t]*+return[ \t]{1,9}[^\s.][^\n.]{0,80};$|^[ \t]*+return[ \t]{1,9}[\w\[(]{1,40}$|__[a-z]{2,20}__"
    r"|^[ \t]*+(?:for|while|if)[ \t]*+\([^)\n]{0,80}\)[ \t]*+\{|\bSELECT\b[^\n]{1,80}\bFROM\b"
    r"|<(?:script|html|body|svg)\b",
    re.MULTILINE,
)
_NOT_FINITE = re.compile(
    r"(?<![A-Za-z])(?:nan|NaN|NAN|[-+]?(?:inf|Inf|INF|[Ii]nfinity|INFINITY))(?![A-Za-z])|\u221e|\\infty"
    r"|[0-9][eE]\+?[0-9]{3,}|(?<![0-9.])[0-9]{65}"
)
_ABOUT = re.compile(r"\u00b1|\\pm\b|\+/-|[0-9] ?(?:\.\.|\u2026) ?[0-9]|\bbetween\b|\bor so\b|\bplus or minus\b")
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060"
    "\u2065-\u2069\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_ODD_DIGIT = re.compile(r"(?![0-9])\d")
_MATHEMATICAL = range(0x1D7CE, 0x1D800)  # bold, double-struck and other digits, which are at home in mathematics


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
    return _HIDDEN.search(text.removeprefix("\ufeff")) is not None


def odd_digits(text: str) -> bool:
    """Whether a text holds digits other than 0 to 9."""
    return not text.isascii() and any(ord(found) not in _MATHEMATICAL for found in _ODD_DIGIT.findall(text))
