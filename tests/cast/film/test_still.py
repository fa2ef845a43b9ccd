from dataclasses import replace
from io import BytesIO

from PIL import Image, ImageChops

from harness.cast.film.still import Still, still
from tests.casts import race_cast


def picture_of(shot: Still) -> Image.Image:
    return Image.open(BytesIO(shot.png)).convert("RGB")


def test_a_still_has_the_size_of_its_screen() -> None:
    cast = race_cast()
    shot = still(cast)

    assert picture_of(shot).size == (shot.width, shot.height)
    assert shot.width == 14 * cast.columns


def test_a_still_is_neither_the_first_nor_the_last_moment() -> None:
    whole = race_cast()
    unmarked = replace(whole, events=tuple(event for event in whole.events if event.code != "m"))
    moments = picture_of(still(whole)), picture_of(still(unmarked))

    assert ImageChops.difference(*moments).getbbox() is not None


def test_the_same_recording_gives_the_same_still() -> None:
    assert still(race_cast(), "run 7c21") == still(race_cast(), "run 7c21")


def test_the_remark_stands_below_the_screen() -> None:
    with_remark, without = (
        picture_of(still(race_cast(), "NOT VERIFIED")),
        picture_of(still(race_cast())),
    )
    box = ImageChops.difference(with_remark, without).getbbox()

    assert box is not None
    assert box[1] > without.height * 0.9


def test_a_recording_without_output_is_an_empty_screen() -> None:
    empty = picture_of(still(replace(race_cast(), events=())))
    screen = empty.crop((0, 0, empty.width, empty.height * 9 // 10))

    assert len(screen.getcolors() or ()) == 1
