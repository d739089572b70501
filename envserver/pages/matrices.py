"""Texts with their matrices as matrices, in MathML, which browsers draw and screen readers speak."""

import re

from markupsafe import Markup, escape

# Every part has a bound, and no blank may belong to two of them: a hostile text is looked through in one go.
_ENTRY = r" ?[-+0-9a-zA-Z./^*()][-+0-9a-zA-Z./^*() ]{0,31}"
_ROW = rf"\[{_ENTRY}(?:,{_ENTRY}){{0,63}}\]"
_NESTED = re.compile(rf"\[\s{{0,8}}{_ROW}(?:\s{{0,8}},\s{{0,8}}{_ROW}){{0,63}}\s{{0,8}}\]")
_NUMBER = r"-?[0-9]{1,12}(?:[./][0-9]{1,12})?"
_LINE = rf"{_NUMBER}(?:,{_NUMBER}){{0,63}}"
_COMPACT = re.compile(rf"(?<![\w./,;-]){_LINE}(?:;{_LINE}){{1,63}}(?![\w./,;-])")
_MOST, _MATRICES = 20_000, 50  # characters that are looked through, and matrices that are drawn


def shown(text: str) -> Markup:
    """Return a text, escaped, with `[[1, 2], [3, 4]]` and `1,2;3,4` drawn as matrices; rows of one length only."""
    parts, at = [], 0
    head = text[:_MOST]
    for found in _found(head):
        rows = _rows(found[0])
        if rows is None:
            continue
        parts += [escape(text[at : found.start()]), _drawn(rows)]
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])


def _found(text: str) -> list[re.Match[str]]:
    """Return what may be a matrix, in order, none within another."""
    every = sorted([*_NESTED.finditer(text), *_COMPACT.finditer(text)], key=lambda one: one.start())
    kept: list[re.Match[str]] = []
    for one in every:
        if len(kept) == _MATRICES:
            break
        if not kept or one.start() >= kept[-1].end():
            kept.append(one)
    return kept


def _rows(text: str) -> list[list[str]] | None:
    if text.startswith("["):
        rows = [[entry.strip() for entry in row.split(",")] for row in re.findall(r"\[([^\[\]]*)\]", text)]
    else:
        rows = [row.split(",") for row in text.split(";")]
    return rows if len({len(row) for row in rows}) == 1 else None


def _drawn(rows: list[list[str]]) -> Markup:
    cells = (
        Markup("<mtr>{}</mtr>").format(Markup("").join(Markup("<mtd>{}</mtd>").format(_entry(x)) for x in row))
        for row in rows
    )
    # Its brackets are borders: few machines have a font whose brackets grow.
    table = Markup("<mtable>{}</mtable>").format(Markup("").join(cells))
    return Markup('<math display="inline">{}</math>').format(table)


def _entry(text: str) -> Markup:
    over = re.fullmatch(r"(-?)([0-9]+)/([0-9]+)", text)
    if over:
        sign = Markup("<mo>-</mo>") if over[1] else Markup("")
        return Markup("<mrow>{}<mfrac><mn>{}</mn><mn>{}</mn></mfrac></mrow>").format(sign, over[2], over[3])
    return Markup("<mn>{}</mn>" if re.fullmatch(r"-?[0-9.]+", text) else "<mtext>{}</mtext>").format(text)
