"""What a recording is called and where it belongs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from domain.date_ranges import DateRange, Precision
from jobs.importing.metadata import describe
from sql.catalogue.album_rows import AlbumDescription
from sql.catalogue.descriptions import Description
from sql.catalogue.people_rows import Performance


def test_tags_say_everything() -> None:
    tags = {
        "title": "II. Andantino",
        "artist": "Pina Carmirelli;I Musici",
        "conductor": "NaN",
        "performer": "I Musici",
        "composer": "  Antonio  Vivaldi ",
        "arranger": "Somebody",
        "album": "Concerti",
        "album_artist": "I Musici",
        "track": "2/9",
        "disc": "1/2",
        "date": "1984",
        "genre": "Classical",
        "label": "Philips; Decca",
    }
    assert describe(Path("/music/x/07 - other.flac"), tags) == Description(
        title="II. Andantino",
        disc=1,
        position=2,
        composer="Antonio Vivaldi",
        arranger="Somebody",
        performances=(Performance("Pina Carmirelli", ""), Performance("I Musici", "ensemble")),
        album=AlbumDescription(
            "/music/x", "Concerti", "I Musici", "1984", DateRange(date(1984, 1, 1), date(1984, 12, 31), Precision.YEAR)
        ),
        genre="Classical",
        labels=("Philips", "Decca"),
    )


def test_names_say_what_tags_do_not() -> None:
    assert describe(Path("/music/Late_Quartets/CD2/03 - Cavatina.flac"), {"title": "NaN", "date": "Summer 2008"}) == (
        Description(
            title="Cavatina",
            disc=2,
            position=3,
            album=AlbumDescription("/music/Late_Quartets", "Late Quartets", date_text="Summer 2008"),
        )
    )


def test_an_artist_is_never_a_composer() -> None:
    said = describe(Path("/music/a/b.flac"), {"artist": "Johann Sebastian Bach"})
    assert said.composer is None
    assert said.performances == (Performance("Johann Sebastian Bach", ""),)


def test_a_conductor_has_a_role() -> None:
    said = describe(Path("/music/a/b.flac"), {"artist": "Orchestra", "conductor": "Marin Alsop"})
    assert said.performances == (Performance("Orchestra", "ensemble"), Performance("Marin Alsop", "conductor"))


def test_discs_of_one_album_share_its_title() -> None:
    one, two = (
        describe(Path(f"/music/Ring/CD{disc}/01.flac"), {"album": f"Der Ring (Disc {disc})", "disc": ""})
        for disc in (1, 2)
    )
    assert (one.album, one.disc, two.disc) == (two.album, 1, 2)
    assert one.album.title == "Der Ring"


def test_a_disc_in_the_title_stays_where_no_folder_says_so() -> None:
    assert describe(Path("/music/Ring/01.flac"), {"album": "Ring (Disc 1)"}).album.title == "Ring (Disc 1)"
