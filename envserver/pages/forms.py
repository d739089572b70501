"""What a form sends: fields by name, read without a library for uploads, which no page has."""

from urllib.parse import parse_qs

from starlette.requests import Request

from envserver.errors import Invalid
from envserver.http.hosts import of_another_site
from envserver.http.limits import BODY

_MOST = 64  # fields


def refuse_others(request: Request) -> None:
    """Raise `Invalid` for a form that a page of another site has somebody's browser send."""
    if of_another_site(request.headers):
        raise Invalid("a form of another site is not taken")


def fields(request: Request) -> dict[str, str]:
    """Return the fields of a form of ours that was sent, the last of each name; raises `Invalid`."""
    refuse_others(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Invalid("a form is sent as application/x-www-form-urlencoded")
    try:
        text = request.scope[BODY].decode()
        found = parse_qs(text, keep_blank_values=True, max_num_fields=_MOST, errors="strict")
    except ValueError:
        raise Invalid("the form cannot be read") from None
    # Browsers write ends of lines as HTTP has them.
    return {name: values[-1].replace("\r\n", "\n") for name, values in found.items()}
