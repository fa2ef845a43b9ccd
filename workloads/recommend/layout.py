"""How a file of ratings is written: what separates the fields, and which column holds what.

Columns are found by the names of a header, else by place: user, item, rating, time.
Imports the standard library and ``line_blocks``.
"""

import csv
import re
from dataclasses import dataclass, replace

from workloads.recommend.line_blocks import excerpt

SEPARATORS = (",", "\t", "::", ";")
FEWEST_COLUMNS = 2
MOST_COLUMNS = 4
LINES_LOOKED_AT = 1000

# Names of columns, in small letters without blanks, hyphens and underscores.
USER_NAMES = {
    *("user", "userid", "uid", "username", "customer", "customerid", "reviewer", "reviewerid"),
    *("visitor", "visitorid", "member", "memberid", "account", "accountid"),
}
ITEM_NAMES = {
    *("item", "itemid", "movie", "movieid", "product", "productid", "article", "articleid"),
    *("book", "bookid", "isbn", "asin", "track", "trackid", "song", "songid", "artist"),
    *("artistid", "anime", "animeid", "business", "businessid", "game", "gameid", "recipeid"),
}
RATING_NAMES = {"rating", "stars", "score", "bookrating", "overall", "weight", "plays", "playcount"}
TIME_NAMES = {"timestamp", "time", "date", "datetime", "unixtime", "createdat"}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How lines are written: columns are counted from 0; ``rating`` None: each line counts as 1."""

    separator: str
    columns: int
    user: int = 0
    item: int = 1
    rating: int | None = None
    has_header: bool = False
    decimal_point: str = "."

    @property
    def can_quote(self) -> bool:
        """Return whether a field may stand in quotes: not where ``::`` separates them."""
        return len(self.separator) == 1


def find_layout(head: bytes) -> Layout:
    """Return how a file is written, by its first lines; raise ``ValueError`` if line 1 has none."""
    lines = head.split(b"\n", LINES_LOOKED_AT)[:LINES_LOOKED_AT]
    separator = _find_separator(_decode(lines[0]))
    rows = [split_fields(_decode(line), separator) for line in lines]
    following = next((row for row in rows[1:] if row), [])
    try:
        layout = _by_names(rows[0], separator) or _by_place(rows[0], following, separator)
    except ValueError as error:
        raise ValueError(f"line 1 {error}: {excerpt(lines[0])}") from None
    return replace(layout, decimal_point=_decimal_point(layout, rows))


def split_fields(line: str, separator: str) -> list[str]:
    """Return a line's fields without blanks around them; none: it is empty or a quote is wrong."""
    line = line.rstrip("\r\n ")
    try:
        row = _split(line, separator) if line else []
    except csv.Error:
        return []
    return [field.strip(" ") for field in row]


def _split(line: str, separator: str) -> list[str]:
    if len(separator) > 1:
        return line.split(separator)
    return next(csv.reader([line], delimiter=separator, strict=True))


def _decode(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _find_separator(line: str) -> str:
    """Return the first separator that makes enough columns, or a semicolon that makes more."""
    counts = {separator: len(split_fields(line, separator)) for separator in SEPARATORS}
    if counts[";"] > counts[","]:
        return ";"
    return next((mark for mark in SEPARATORS if counts[mark] >= FEWEST_COLUMNS), ",")


def _by_names(fields: list[str], separator: str) -> Layout | None:
    """Return the layout by a header that names user and item (None: there is no such header)."""
    names = [_plain(field) for field in fields]
    user = _place_of(USER_NAMES, names)
    item = _place_of(ITEM_NAMES, names)
    if user is None or item is None:
        return None
    return Layout(
        separator=separator,
        columns=len(names),
        user=user,
        item=item,
        rating=_rating_place(names, user, item),
        has_header=True,
    )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _place_of(known: set[str], names: list[str]) -> int | None:
    return next((place for place, name in enumerate(names) if name in known), None)


def _rating_place(names: list[str], user: int, item: int) -> int | None:
    """Return the column named as a rating, else the third of a few unless it is a time."""
    place = _place_of(RATING_NAMES, names)
    by_place = (user, item) == (0, 1) and FEWEST_COLUMNS < len(names) <= MOST_COLUMNS
    if place is None and by_place and names[2] not in TIME_NAMES:
        return 2
    return place


def _by_place(fields: list[str], following: list[str], separator: str) -> Layout:
    """Return the layout of user, item, rating, time; raise ``ValueError`` where it is another."""
    if not FEWEST_COLUMNS <= len(fields) <= MOST_COLUMNS:
        raise ValueError(
            "is not user,item with a comma, a tab, a semicolon or :: between them, "
            "and names no columns that are known"
        )
    first = _plain(fields[0])
    is_header = first in USER_NAMES or _has_words_over_numbers(fields, following)
    in_doubt = first in ITEM_NAMES or len(fields) == FEWEST_COLUMNS
    if is_header and in_doubt and first not in USER_NAMES:
        raise ValueError("names no column that is known as the user's")
    return Layout(
        separator=separator,
        columns=len(fields),
        rating=2 if len(fields) > FEWEST_COLUMNS else None,
        has_header=is_header,
    )


def _has_words_over_numbers(fields: list[str], following: list[str]) -> bool:
    """Return whether line 1 has words where line 2 has a rating, else numbers for user and item."""
    if len(following) != len(fields):
        return False
    places = (2,) if len(fields) > FEWEST_COLUMNS else (0, 1)
    return all(_is_word(fields[place]) and _is_number(following[place]) for place in places)


def _is_word(field: str) -> bool:
    return bool(field) and not any(character in "0123456789" for character in field)


def _is_number(field: str) -> bool:
    try:
        float(field.replace(",", "."))
    except ValueError:
        return False
    return not _is_word(field)  # nan is one


def _decimal_point(layout: Layout, rows: list[list[str]]) -> str:
    """Return the mark before decimals: a comma where ratings between semicolons hold one."""
    place = layout.rating
    if layout.separator != ";" or place is None:
        return "."
    return "," if any("," in row[place] for row in rows if len(row) > place) else "."
