"""Templates to replies. All that is shown is escaped and can be seen, and no script runs but our own files.

What a form is to send back as it came is written `|e`: it is escaped, and nothing of it is written out.
"""

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from envserver.pages.matrices import shown

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Control and format characters, which reorder or hide text, ends of lines that are none, halves, unassigned ones; and
# letters and marks that are drawn as nothing.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(at) for at in range(0xFE00, 0xFE10)}


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a rendered template."""
    text = _environment.get_template(template).render(**values)
    # What a terminal or a broken client has sent as half a character is shown as a question mark.
    body = text.encode("utf-8", "replace")
    # With less of a referrer a browser would not say of which site a form is.
    return HTMLResponse(body, status, {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"})


def visible(text: str) -> str:
    """Return a text with what cannot be seen in it written out: `\\u202e` for an override of the direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join([_written(letter) for letter in text])


def _written(letter: str) -> str:
    seen = letter in "\n\t" or (unicodedata.category(letter) not in _UNSEEN and letter not in _BLANK)
    return letter if seen else f"\\u{ord(letter):04x}"


def _when(seconds: float) -> Markup:
    at = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{0}">{1}</time>').format(at.isoformat(), at.strftime("%Y-%m-%d %H:%M:%S"))


def _number(value: object, digits: int = 3) -> str:
    if not isinstance(value, float):
        return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") or "0"


def _setting(value: object) -> str:
    """Return a value as a configuration has it: 1e-7 and 3e-7 are not the same."""
    return "-" if value is None else value if isinstance(value, str) else json.dumps(value)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.0f} %"


def _query(known: Mapping[str, Any], **changed: Any) -> str:
    """Return a query with some of its values changed, and those that are None left out."""
    return urlencode({key: value for key, value in {**known, **changed}.items() if value not in (None, "")})


def _finished(value: object) -> object:
    """Return what an expression of a template puts on the page; what is markup already is ours."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_environment = Environment(
    loader=PackageLoader("envserver.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    finalize=_finished,
)
_environment.filters |= {
    "when": _when,
    "number": _number,
    "setting": _setting,
    "percent": _percent,
    "visible": visible,
    "matrices": shown,
    "pretty": lambda value: json.dumps(value, indent=1, ensure_ascii=False, default=str),
}
_environment.globals |= {"query": _query}
