"""What the example archive plays: the one table of its albums, scores and tempos.

The corpus often lacks composer and title, or has them wrong, so they stand here, as catalogues of works give them.
All of this music is in the public domain; the last of its composers died in 1951.
"""

from __future__ import annotations

from jobs.example import ensembles as by
from jobs.example.tracks import Score, Track, album

BACH = "Johann Sebastian Bach"
BEACH = "Amy Beach"
BEETHOVEN = "Ludwig van Beethoven"
CHOPIN = "Frédéric Chopin"
CICONIA = "Johannes Ciconia"
CLARA = "Clara Schumann"
CORELLI = "Arcangelo Corelli"
CPE_BACH = "Carl Philipp Emanuel Bach"
HANDEL = "George Frideric Handel"
HAYDN = "Joseph Haydn"
JACOPO = "Jacopo da Bologna"
JOPLIN = "Scott Joplin"
JOSQUIN = "Josquin des Prez"
LANDINI = "Francesco Landini"
LILIUOKALANI = "Liliʻuokalani"
LUSITANO = "Vicente Lusitano"
MONTEVERDI = "Claudio Monteverdi"
MOZART = "Wolfgang Amadeus Mozart"
PALESTRINA = "Giovanni Pierluigi da Palestrina"
ROBERT = "Robert Schumann"
SCHOENBERG = "Arnold Schoenberg"
SCHUBERT = "Franz Schubert"
VERDI = "Giuseppe Verdi"

_ST_MATTHEW = "St. Matthew Passion, BWV 244: "
_HAYDN_1 = "String Quartet in B-flat major, Op. 1 No. 1: "
_HAYDN_74 = "String Quartet in C major, Op. 74 No. 1: "
_HUNT = "String Quartet No. 17 in B-flat major, K. 458: "
_BEETHOVEN_18 = "String Quartet No. 1 in F major, Op. 18 No. 1: "
_BEETHOVEN_59_1 = "String Quartet No. 7 in F major, Op. 59 No. 1: "
_BEETHOVEN_59_2 = "String Quartet No. 8 in E minor, Op. 59 No. 2: "
_BEETHOVEN_59_3 = "String Quartet No. 9 in C major, Op. 59 No. 3: "
_SCHUMANN_41 = "String Quartet No. 1 in A minor, Op. 41 No. 1: "
_MARCELLUS = "Missa Papae Marcelli: "


# These are on two albums each, so that the archive holds other performances of the same work.
_JESU = Score(BACH, "bach/bwv227.1.mxl", "Jesu, meine Freude, BWV 227: I. Jesu, meine Freude", 76, 84)
_WACHET_AUF = Score(
    BACH, "bach/bwv140.7.mxl", "Wachet auf, ruft uns die Stimme, BWV 140: VII. Gloria sei dir gesungen", 68, 80
)
_PRELUDE = Score(BACH, "bach/bwv846.mxl", "Prelude No. 1 in C major, BWV 846", 56, 66)
_HUNT_MENUET = Score(MOZART, "mozart/k458/movement2.mxl", _HUNT + "II. Menuetto. Moderato", 84, 116)

TRACKS: tuple[Track, ...] = (
    *album(
        "Bach - Chorales for Organ",
        by.ORGAN,
        _JESU,
        _WACHET_AUF,
        Score(BACH, "bach/bwv244.54.mxl", _ST_MATTHEW + "No. 54, O Haupt voll Blut und Wunden", 48, 66),
        Score(BACH, "bach/bwv386.mxl", "Nun danket alle Gott, BWV 386", 48, 80),
        Score(BACH, "bach/bwv371.mxl", "Kyrie, Gott Vater in Ewigkeit, BWV 371", 64, 72),
    ),
    *album(
        "Bach - Chorales for Choir",
        by.CHOIR,
        _JESU,
        Score(BACH, "bach/bwv244.3.mxl", _ST_MATTHEW + "No. 3, Herzliebster Jesu", 44, 62),
        Score(BACH, "bach/bwv248.5.mxl", "Christmas Oratorio, BWV 248: No. 5, Wie soll ich dich empfangen", 48, 66),
        Score(BACH, "bach/bwv60.5.mxl", "O Ewigkeit, du Donnerwort, BWV 60: V. Es ist genug", 80, 90),
        Score(BACH, "bach/bwv78.7.mxl", "Jesu, der du meine Seele, BWV 78: VII. Herr, ich glaube", 64, 76),
    ),
    *album(
        "Bach - Chorales for Brass",
        by.BRASS_QUARTET,
        _WACHET_AUF,
        Score(BACH, "bach/bwv303.mxl", "Ein feste Burg ist unser Gott, BWV 303", 44, 72),
        Score(BACH, "bach/bwv368.mxl", "In dulci jubilo, BWV 368", 97, 138),
    ),
    *album(
        "Haydn - String Quartets",
        by.STRING_QUARTET,
        Score(HAYDN, "haydn/opus1no1/movement1.mxl", _HAYDN_1 + "I. Presto", 132, 156),
        Score(HAYDN, "haydn/opus1no1/movement2.mxl", _HAYDN_1 + "II. Menuetto", 96, 126),
        Score(HAYDN, "haydn/opus74no1/movement1.mxl", _HAYDN_74 + "I. Allegro moderato", 88, 126),
        Score(HAYDN, "haydn/opus74no1/movement3.mxl", _HAYDN_74 + "III. Menuetto. Allegro", 120, 160),
    ),
    *album(
        "Mozart - String Quartets",
        by.STRING_QUARTET,
        Score(MOZART, "mozart/k458/movement1.mxl", _HUNT + "I. Allegro vivace assai", 120, 150),
        _HUNT_MENUET,
        Score(MOZART, "mozart/k458/movement3.mxl", _HUNT + "III. Adagio", 40, 44),
        Score(MOZART, "mozart/k458/movement4.mxl", _HUNT + "IV. Allegro assai", 96, 138),
    ),
    *album(
        "Mozart - Quartets for Winds",
        by.WIND_QUARTET,
        Score(MOZART, "mozart/k155/movement1.mxl", "String Quartet No. 2 in D major, K. 155: I. Allegro", 92, 126),
        Score(MOZART, "mozart/k155/movement2.mxl", "String Quartet No. 2 in D major, K. 155: II. Andante", 48, 72),
        Score(MOZART, "mozart/k156/movement1.mxl", "String Quartet No. 3 in G major, K. 156: I. Presto", 108, 132),
        _HUNT_MENUET,
    ),
    *album(
        "Beethoven - String Quartets",
        by.STRING_QUARTET,
        Score(BEETHOVEN, "beethoven/opus18no1/movement1.mxl", _BEETHOVEN_18 + "I. Allegro con brio", 114, 150),
        Score(BEETHOVEN, "beethoven/opus59no1/movement1.mxl", _BEETHOVEN_59_1 + "I. Allegro", 112, 144),
        Score(BEETHOVEN, "beethoven/opus59no1/movement3.mxl", _BEETHOVEN_59_1 + "III. Adagio molto e mesto", 26, 40),
        Score(BEETHOVEN, "beethoven/opus59no2/movement3.mxl", _BEETHOVEN_59_2 + "III. Allegretto", 126, 190),
        Score(BEETHOVEN, "beethoven/opus59no3/movement3.mxl", _BEETHOVEN_59_3 + "III. Menuetto. Grazioso", 84, 108),
    ),
    *album(
        "Clara and Robert Schumann - Chamber Music",
        (by.PIANO_TRIO, by.STRING_QUARTET, by.STRING_QUARTET, by.STRING_QUARTET),
        Score(CLARA, "schumann_clara/opus17/movement3.xml", "Piano Trio in G minor, Op. 17: III. Andante", 45, 56),
        Score(ROBERT, "schumann_robert/opus41no1/movement2.mxl", _SCHUMANN_41 + "II. Scherzo. Presto", 126, 198),
        Score(ROBERT, "schumann_robert/opus41no1/movement4.mxl", _SCHUMANN_41 + "III. Adagio", 48, 56),
        Score(ROBERT, "schumann_robert/opus41no1/movement5.mxl", _SCHUMANN_41 + "IV. Presto", 200, 270),
    ),
    *album(
        "A Piano Recital",
        by.PIANO,
        _PRELUDE,
        Score(CHOPIN, "chopin/mazurka06-2.krn", "Mazurka in C-sharp minor, Op. 6 No. 2", 132, 168),
        Score(CLARA, "schumann_clara/polonaise_op1n1.mxl", "Polonaise in E-flat major, Op. 1 No. 1", 60, 92),
        Score(CLARA, "schumann_clara/polonaise_op1n2.mxl", "Polonaise in C major, Op. 1 No. 2", 66, 88),
        Score(CLARA, "schumann_clara/polonaise_op1n3.mxl", "Polonaise in D major, Op. 1 No. 3", 72, 92),
        Score(JOPLIN, "joplin/maple_leaf_rag.mxl", "Maple Leaf Rag", 68, 92),
        Score(
            SCHOENBERG,
            "schoenberg/opus19/movement2.mxl",
            "Six Little Piano Pieces, Op. 19: II. Langsam",
            36,
            52,
        ),
    ),
    *album(
        "Baroque Chamber Music",
        (by.TRIO_SONATA, by.OBOE_AND_HARPSICHORD, by.HARPSICHORD, by.HARPSICHORD),
        Score(CORELLI, "corelli/opus3no1/1grave.xml", "Trio Sonata in F major, Op. 3 No. 1: I. Grave", 48, 56),
        Score(HANDEL, "handel/rinaldo/Lascia_chio_pianga.mxl", "Rinaldo, HWV 7: Lascia ch'io pianga", 54, 72, 48),
        Score(CPE_BACH, "cpebach/h186.mxl", "Sonata in A major, H. 186: II. Poco adagio", 28, 42),
        _PRELUDE,
    ),
    *album(
        "Songs of the Trecento",
        (by.HARP, by.RECORDERS, by.HARP, by.RECORDERS),
        Score(LANDINI, "trecento/PMFC_04-Cara mi donna.xml", "Cara mi donna", 90, 120),
        Score(LANDINI, "trecento/PMFC_04-Si dolce non sono.xml", "Sì dolce non sonò", 60, 84),
        Score(JACOPO, "trecento/PMFC_06-Jacopo-01-Aquila-Altera.xml", "Aquila altera", 72, 92),
        Score(CICONIA, "trecento/PMFC_24_15-O virum omnimoda.xml", "O virum omnimoda", 84, 108),
    ),
    *album(
        "Josquin - Chansons for Guitars",
        by.GUITARS,
        Score(JOSQUIN, "josquin/milleRegrets.abc", "Mille regretz", 144, 176),
        Score(JOSQUIN, "josquin/adieuMesAmours.abc", "Adieu mes amours", 160, 240),
        Score(JOSQUIN, "josquin/petiteCamusette.abc", "Petite camusette", 152, 208),
    ),
    *album(
        "Palestrina - Masses for Choir",
        by.CHOIR,
        Score(PALESTRINA, "palestrina/Kyrie_103.krn", _MARCELLUS + "Kyrie", 120, 144),
        Score(PALESTRINA, "palestrina/Agnus_I_80.krn", _MARCELLUS + "Agnus Dei I", 112, 136),
        Score(PALESTRINA, "palestrina/Kyrie_02.krn", "Missa Aeterna Christi munera: Kyrie", 96, 144),
    ),
    *album(
        "Italian Madrigals for Choir",
        by.CHOIR,
        Score(MONTEVERDI, "monteverdi/madrigal.3.11.mxl", "Madrigals, Book 3: O primavera, gioventù de l'anno", 80, 96),
        Score(MONTEVERDI, "monteverdi/madrigal.4.12.mxl", "Madrigals, Book 4: Ohimè, se tanto amate", 64, 84),
        Score(MONTEVERDI, "monteverdi/madrigal.4.14.mxl", "Madrigals, Book 4: Quell'augellin che canta", 80, 112),
        Score(LUSITANO, "lusitano/allor_che_ignuda.mxl", "Allor che ignuda d'herb'et fior la terra", 72, 96),
    ),
    *album(
        "Songs and Airs without Words",
        (by.CELLO_AND_PIANO, by.OBOE_AND_PIANO, by.CLARINET_AND_PIANO, by.CHOIR_AND_PIANO, by.SOLO_CHOIR_AND_PIANO),
        Score(SCHUBERT, "schubert/Lindenbaum.xml", "Winterreise, D. 911: V. Der Lindenbaum", 48, 63, 18),
        Score(ROBERT, "schumann_robert/opus48no2.mxl", "Dichterliebe, Op. 48: II. Aus meinen Tränen sprießen", 34, 54),
        Score(VERDI, "verdi/laDonnaEMobile.mxl", "Rigoletto: La donna è mobile", 53, 69),
        Score(BEACH, "beach/prayer_of_a_tired_child.musicxml", "Prayer of a Tired Child, Op. 75 No. 4", 52, 72),
        Score(LILIUOKALANI, "liliuokalani/aloha_oe.mxl", "Aloha ʻOe", 65, 84, 16),
    ),
)
