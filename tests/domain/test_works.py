"""What titles say of works and movements."""

from __future__ import annotations

import pytest

from domain.works import movement_key, read_title, work_key


@pytest.mark.parametrize(
    ("title", "work", "catalogue_number", "number", "movement"),
    [
        (
            "Concerto For 2 Violins And Strings, Op. 77: II. Andantino",
            "Concerto For 2 Violins And Strings",
            "Op. 77",
            2,
            "Andantino",
        ),
        (
            "String Quartet, op. 16/1: II. Allegretto Scherzando",
            "String Quartet",
            "Op. 16 No. 1",
            2,
            "Allegretto Scherzando",
        ),
        (
            "String Quartet No.18 in A major, K.464 (Op. 10, No. 5)",
            "String Quartet No.18 in A major",
            "K. 464",
            None,
            None,
        ),
        ("Winterreise, D 911: 13. Die Post", "Winterreise", "D. 911", 13, "Die Post"),
        (
            "String Quartet in C major, Hob.III6, Op.1 No.6: I. Presto assai",
            "String Quartet in C major",
            "Hob. III:6",
            1,
            "Presto assai",
        ),
        ("Partita No. 2 in D minor, BWV 1004: V. Chaconne", "Partita No. 2 in D minor", "BWV 1004", 5, "Chaconne"),
        ("Concerto in E major, Op. 8 No. 1, RV 269: I. Allegro", "Concerto in E major", "RV 269", 1, "Allegro"),
        ("Concerto TWV 51:D7: I. Vivace", "Concerto", "TWV 51:D7", 1, "Vivace"),
        ("Trio in B-flat major, WoO 39", "Trio in B-flat major", "WoO 39", None, None),
        ("Sonata in D minor, K. 9, L. 413", "Sonata in D minor", "K. 9", None, None),
        ("K. 525", "K. 525", "K. 525", None, None),
        (
            "6 Lieder, Op.13, No. 1: Ich stand in dunklen Träumen",
            "6 Lieder",
            "Op. 13",
            1,
            "Ich stand in dunklen Träumen",
        ),
        ("String Quartet, Op.18, No. 2: Allegro", "String Quartet", "Op. 18 No. 2", None, "Allegro"),
        ("La mer: Nr. 6 Larmes", "La mer", None, 6, "Larmes"),
        ("La mer - 5. En ramant", "La mer", None, 5, "En ramant"),
        ("Symphony No. 5, Op. 67 - Allegro con brio", "Symphony No. 5", "Op. 67", None, "Allegro con brio"),
        ("Suite No. 3, BWV 1068: Air", "Suite No. 3", "BWV 1068", None, "Air"),
        ("Violin Sonata in A, Op. 100: 2. Satz", "Violin Sonata in A", "Op. 100", 2, None),
        ("3. Sinfonie Es-Dur op. 55", "3. Sinfonie Es-Dur", "Op. 55", None, None),
        ("Carmen Suite No. 1: Les Toréadors", "Carmen Suite No. 1", None, None, "Les Toréadors"),
        (
            "Die Zauberflöte, K. 620: Act II: Der Hölle Rache",
            "Die Zauberflöte",
            "K. 620",
            None,
            "Act II: Der Hölle Rache",
        ),
        ("Villanelle des petits canards (Encore)", "Villanelle des petits canards", None, None, None),
        ("String Quartet in C minor, D.703 [Live]", "String Quartet in C minor", "D. 703", None, None),
        ("I will go with my father a-ploughing", "I will go with my father a-ploughing", None, None, None),
        ("Suite No. 3 in D, BWV 1068 - Air", "Suite No. 3 in D", "BWV 1068", None, "Air"),
        ("Suite, BWV 1067 – Badinerie (live)", "Suite", "BWV 1067", None, "Badinerie"),
        ("Partita No. 2, BWV 1004, Chaconne", "Partita No. 2", "BWV 1004", None, "Chaconne"),
        ("Cello Suite No. 1 BWV1007 I Prelude", "Cello Suite No. 1", "BWV 1007", 1, "Prelude"),
        ("BWV 1043 II Largo", "BWV 1043", "BWV 1043", 2, "Largo"),
        ("Sonata (Op. 10 No. 3) Largo e mesto", "Sonata", "Op. 10 No. 3", None, "Largo e mesto"),
        ("Romance, Op. 50, for violin and orchestra", "Romance, for violin and orchestra", "Op. 50", None, None),
        ('Sonata, Op. 24 "Spring"', 'Sonata "Spring"', "Op. 24", None, None),
        ("Sonata, Op. 47 - Kreutzer Sonata", "Sonata - Kreutzer Sonata", "Op. 47", None, None),
        ("Op. 59 No. 1 Quartet", "Quartet", "Op. 59 No. 1", None, None),
        ("1812", "1812", None, None, None),
        ("Track 07", None, None, None, None),
        ("07", None, None, None, None),
        ("Untitled", None, None, None, None),
        ("Titel 3: Walzer", "Titel 3", None, None, "Walzer"),
        ("II. Andante", None, None, 2, "Andante"),
        ("Allegro", None, None, None, "Allegro"),
        ("", "", None, None, None),
    ],
)
def test_titles(title: str, work: str, catalogue_number: str, number: int, movement: str) -> None:
    read = read_title(title)
    assert (read.work or "", read.catalogue_number, read.movement_number, read.movement) == (
        work or "",
        catalogue_number,
        number,
        movement,
    )


@pytest.mark.parametrize(
    "titles",
    [
        ["Eine kleine Nachtmusik, KV 525", "Serenade, K.525: I. Allegro", "K 525"],
        ["String Quartet, Op. 18 No. 2: I. Allegro", "String Quartet, op.18/2", "Quartet No. 2, Op.18, No.2: IV"],
        ["LA DÉLAISSÉE (live)", "La delaissee"],
        ["Symphony No.5: I. Allegro", "Symphony Nr. 5: II"],
        ["Symphony in E-flat major: I", "Symphony in Eb major: IV. Finale"],
        ["Sonate Es-Dur op. 7", "Sonate in E-flat major, Op. 7"],
    ],
)
def test_titles_of_one_work_share_a_key(titles: list[str]) -> None:
    assert len({read_title(title).work_key for title in titles}) == 1
    assert read_title(titles[0]).work_key is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sonata, Op. 2 No. 1", "Sonata, Op. 2 No. 2"),
        ("String Quartet No. 2, Op. 18", "String Quartet No. 3, Op. 18"),
        ("Sonata in G, Op. 5: I. Grave", "Sonata in D, Op. 5: I. Grave"),
        ("12 Gesänge, Op.3", "12 Gesänge"),
        ("Sonata in C major", "Sonata in C minor"),
        ("Symphony No. 1", "Symphony No. 10"),
        ("BWV 1001", "BWV 1001a"),
        ("Songs: 2. There is a lady", "Songs: 12. Sweet Content"),
    ],
)
def test_titles_of_different_works_do_not(one: str, other: str) -> None:
    assert read_title(one).work_key != read_title(other).work_key


@pytest.mark.parametrize(
    "title",
    [
        "Sonata",
        "Prelude",
        "Sonata: I. Allegro",
        "6 Lieder",
        "Sonata for Violin and Piano",
        "Allegro",
        "Walzer",
        "Mazurka in A minor",
        "Songs: 13. Lullaby",
    ],
)
def test_a_title_that_only_names_the_kind_has_no_key(title: str) -> None:
    assert read_title(title).work_key is None


def test_long_titles_have_short_keys_that_differ() -> None:
    one, other = read_title("x" * 499 + "a").work_key, read_title("x" * 499 + "b").work_key
    assert one is not None
    assert other is not None
    assert one != other
    assert len(one) == len(other) == 200


def test_what_a_person_says_is_read_the_same_way() -> None:
    assert work_key("Symphony No. 5", "Op. 67") == work_key("Symphony No. 5, op.67", None) == "op 67 no 5"
    assert work_key("Sonata", None) == "t sonata"
    assert movement_key("Die Post", None) == "die post"
    assert movement_key("Andante", None) is None
    assert movement_key("Andante", 2) == "andante"
