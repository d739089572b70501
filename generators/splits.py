"""The content of a problem decides its split, so no problem can be in two."""

from hashlib import sha256

from generators.ids import Split

# Published with every id; another salt would move every problem to another split.
_SALT = b"echelon/split/1:"


def split_of(content: str) -> Split:
    """Return the one split a canonical content belongs to: 80 % train, 10 % dev, 10 % test."""
    bucket = int.from_bytes(sha256(_SALT + content.encode()).digest()[:8], "big") % 10
    return "train" if bucket < 8 else "dev" if bucket == 8 else "test"


def plain_text(text: str) -> str:
    """Return a text but for case and white space, which make no other problem of a question."""
    return " ".join(text.casefold().split())


def text_digest(*texts: str) -> str:
    """Return the content of a question that is known by its words only: the same for the same plain texts."""
    plain = "\0".join(map(plain_text, texts))
    return sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]
