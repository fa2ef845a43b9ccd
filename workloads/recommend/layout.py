"""How a file of ratings is written: what separates the fields, and which column holds what.

Columns are found by the names of a header, or named by the setting ``columns``; without a header
they stand in the order user, item, rating, time.
Imports the standard library and ``workloads.documents``.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from workloads.documents.kinds import Unreadable
from workloads.documents.words import excerpt, printable_name

SEPARATORS = (",", "\t", "::", ";", "|")
FEWEST_COLUMNS = 2
MOST_COLUMNS = 4  # of a file without a header
LINES_LOOKED_AT = 1000
MOST_LISTED = 20
NAME_THEM = "say which columns hold them: --set columns=USER,ITEM or columns=USER,ITEM,RATING"
COUNT_THEM = "say where they stand, counted from 1: --set columns=1,2 or columns=1,2,3"

# Names of columns, in small letters without blanks, hyphens and underscores; the first one wins.
USER_NAMES = (
    *("userid", "user", "uid", "customerid", "customer", "reviewerid", "reviewer", "visitorid"),
    *("visitor", "memberid", "member", "accountid", "account", "clientid", "client", "buyerid"),
    *("playerid", "player", "listenerid", "readerid", "viewerid", "personid", "steamid", "msno"),
    "username",
)
ITEM_NAMES = (
    *("itemid", "item", "iid", "movieid", "movie", "productid", "product", "articleid", "article"),
    *("bookid", "book", "isbn", "asin", "parentasin", "trackid", "track", "songid", "song"),
    *("animeid", "anime", "businessid", "business", "gameid", "game", "recipeid", "recipe"),
    *("videoid", "video", "newsid", "sku", "stockcode", "restaurantid", "venueid", "beerid"),
    *("courseid", "jokeid", "artistid", "artist", "itemname", "title"),
)
RATING_NAMES = (
    *("rating", "ratings", "stars", "starrating", "score", "bookrating", "userrating", "overall"),
    *("reviewscore", "reviewrating", "weight", "plays", "playcount", "count", "listens", "clicks"),
    *("listencount", "purchases"),
    *("views", "quantity", "frequency", "strength", "relevance", "confidence", "preference"),
)


class Places(NamedTuple):
    """The columns of user, item and rating, counted from 0 (``rating`` None: there is none)."""

    user: int
    item: int
    rating: int | None = None

    @property
    def taken(self) -> tuple[int, ...]:
        """Return the columns that are read."""
        return tuple(place for place in self if place is not None)


FIRST_TWO = Places(0, 1)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How lines are written; ``header`` is the first one, with ``names`` (empty: there is none)."""

    separator: str
    columns: int
    places: Places = FIRST_TWO
    header: bytes = b""
    names: tuple[str, ...] = ()
    decimal_point: str = "."

    @property
    def can_quote(self) -> bool:
        """Return whether a field may stand in quotes: not where ``::`` separates them."""
        return len(self.separator) == 1


def find_layout(head: bytes, wanted: Sequence[str] = ()) -> Layout:
    """Return how a file is written, by its first lines; raise ``ValueError`` if that is unknown.

    ``wanted`` are the names or numbers of the columns of user, item and perhaps rating (empty: they
    are to be found).
    """
    lines = head.split(b"\n", LINES_LOOKED_AT)[:LINES_LOOKED_AT]
    separator = _find_separator(_decode(lines[0]))
    rows = [split_fields(_decode(line), separator) for line in lines]
    first, following = rows[0], next((row for row in rows[1:] if row), [])
    if wanted:
        places = find_wanted(first, wanted)
        has_header = _is_named(first, wanted) or is_header(first, following, places)
    elif is_header(first, following, _usual_places(first)) or _is_in_doubt(first):
        places, has_header = find_by_names(first), True
    else:
        places, has_header = _by_place(first, lines[0]), False
    return Layout(
        separator=separator,
        columns=len(first),
        places=places,
        header=lines[0].rstrip(b"\r ") if has_header else b"",
        names=tuple(first) if has_header else (),
        decimal_point=_decimal_point(separator, places, rows),
    )


def split_fields(line: str, separator: str) -> list[str]:
    """Return a line's fields without blanks around them; none: it is empty or a quote is wrong."""
    line = line.rstrip("\r\n ")
    try:
        row = _split(line, separator) if line else []
    except csv.Error:
        return []
    return [field.strip(" ") for field in row]


def find_by_names(names: Sequence[str]) -> Places:
    """Return the columns by the names that are known; raise ``ValueError`` if they are not."""
    plain = [_plain(name) for name in names]
    user, item = _place_of(USER_NAMES, plain), _place_of(ITEM_NAMES, plain)
    if user is None or item is None:
        whose = "the user's" if user is None else "the item's"
        raise Unreadable(
            f"has no column that is known as {whose}; its columns are {_listed(names)}", NAME_THEM
        )
    places = Places(user, item, _place_of(RATING_NAMES, plain))
    require_single(names, places.taken)
    return places


def require_single(names: Sequence[str], places: Iterable[int]) -> None:
    """Raise ``ValueError`` if another column has the name of one of these."""
    for name in (names[place] for place in places):
        if names.count(name) > 1:
            raise Unreadable(
                f"has two columns called {printable_name(name)}: give each its own name"
            )


def find_wanted(names: Sequence[str], wanted: Sequence[str]) -> Places:
    """Return the columns of these names, or of these numbers, which count from 1.

    Raises ``ValueError`` for one that is not there.
    """
    return Places(*(_place_of_wanted(names, word) for word in wanted))


def reading_of_columns(names: Sequence[str], places: Places) -> str:
    """Return which columns are read, in words."""
    known = [printable_name(names[place]) if names else str(place + 1) for place in places.taken]
    *most, last = known
    return f"columns {', '.join(most)} and {last}{'' if names else ' (no header)'}"


def is_header(fields: Sequence[str], following: Sequence[str], places: Places) -> bool:
    """Return whether a first line names user and item, or has words over the second's numbers."""
    if _known(fields) == (True, True):
        return True
    if len(following) != len(fields) or len(fields) <= max(places.taken):
        return False
    if places.rating is not None and _is_word(fields[places.rating]):
        return _is_number(following[places.rating])
    return all(
        _is_word(fields[place]) and _has_digit(following[place])
        for place in (places.user, places.item)
    )


def _known(fields: Sequence[str]) -> tuple[bool, bool]:
    """Return whether a user's column is named, and whether an item's is."""
    plain = {_plain(field) for field in fields}
    return not plain.isdisjoint(USER_NAMES), not plain.isdisjoint(ITEM_NAMES)


def _is_in_doubt(fields: Sequence[str]) -> bool:
    """Return whether a line has one known name and no digit: a header, or two odd names."""
    return any(_known(fields)) and not any(map(_has_digit, fields))


def _usual_places(fields: Sequence[str]) -> Places:
    return Places(0, 1, 2 if len(fields) > FEWEST_COLUMNS else None)


def _by_place(fields: Sequence[str], line: bytes) -> Places:
    """Return the places of user, item, rating, time; raise ``ValueError`` for more fields."""
    if len(fields) < FEWEST_COLUMNS:
        raise Unreadable(
            "line 1 is not user,item with a comma, a tab, a semicolon, a bar or :: between them, "
            f"and names no columns: {excerpt(line)}"
        )
    if len(fields) > MOST_COLUMNS:
        raise Unreadable(
            f"line 1 has {len(fields)} fields, and names no columns: {excerpt(line)}", COUNT_THEM
        )
    return _usual_places(fields)


def _place_of_wanted(names: Sequence[str], word: str) -> int:
    plain = [_plain(name) for name in names]
    if word in names:
        return list(names).index(word)
    if _plain(word) and plain.count(_plain(word)) == 1:
        return plain.index(_plain(word))
    if word.isdecimal() and 1 <= int(word) <= len(names):
        return int(word) - 1
    if word.isdecimal():
        raise Unreadable(f"has no column {word}; it has {len(names)}")
    raise Unreadable(f"has no column {printable_name(word)}; its columns are {_listed(names)}")


def _is_named(names: Sequence[str], wanted: Sequence[str]) -> bool:
    """Return whether a column was asked for by its name."""
    return any(not word.isdecimal() for word in wanted) or any(word in names for word in wanted)


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


def _plain(name: str) -> str:
    """Return a name as it is known; RecBole writes a type behind it, such as ``user_id:token``."""
    return re.sub(r"[\W_]", "", name.partition(":")[0]).lower()


def _place_of(known: Sequence[str], names: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _listed(names: Sequence[str]) -> str:
    listed = [printable_name(name) or "''" for name in names[:MOST_LISTED]]
    return ", ".join([*listed, "…"] if len(names) > MOST_LISTED else listed)


def _is_word(field: str) -> bool:
    return bool(field) and not _has_digit(field)


def _has_digit(field: str) -> bool:
    return any(character in "0123456789" for character in field)


def _is_number(field: str) -> bool:
    try:
        float(field.replace(",", "."))
    except ValueError:
        return False
    return _has_digit(field)  # nan has none


def _decimal_point(separator: str, places: Places, rows: Sequence[Sequence[str]]) -> str:
    """Return the mark before decimals: a comma where ratings between semicolons hold one."""
    place = places.rating
    if separator != ";" or place is None:
        return "."
    return "," if any("," in row[place] for row in rows if len(row) > place) else "."
