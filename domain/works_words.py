"""Words that name a kind of piece, a tempo, an instrument: said of so many works that they tell none from another."""

from __future__ import annotations

import re

from domain.names import fold

FORMS = """
    sonata sonate sonatas sonaten sonatina sonatine sonatinas concerto concert konzert concertos concerti concertino
    concertante sinfonia sinfonie symphony symphonie sinfonietta sinfonias symphonies quartet quatuor quartett
    quartetto quartets quartette quintet quintett quintette quintetto quintets trio trios terzett duo duet duett
    duetto duos duets duette sextet sextett septet septett octet oktett nonet suite suiten suites partita partitas
    partiten serenade serenata ständchen divertimento divertimenti cassation overture ouverture ouvertüre prelude
    prélude präludium preludio preludes préludes präludien fugue fuga fuge fugues fugen toccata toccaten toccatas
    fantasia fantasie fantasy fantaisie phantasie fantasien fantasias rhapsody rhapsodie rhapsodies ballade ballad
    balladen ballades nocturne nocturnes notturno impromptu impromptus etude étude études etudes studie studien
    study studies exercise capriccio caprice caprices capricen variations variationen variation theme thema air aria
    arie arien arias arioso canzona canzone canzonetta canzonet canzonets chaconne ciaccona passacaglia ricercar
    invention inventions inventionen bagatelle bagatelles bagatellen intermezzo intermezzi humoresque humoreske
    romance romanze romances romanzen romanza berceuse wiegenlied lullaby cradle barcarolle barcarola elegy élégie
    elegie elegia lament march marsch marche marches märsche waltz walzer valse waltzes valses mazurka mazurkas
    mazurken polonaise polonaisen polonaises polka tarantella bolero gavotte gavotta bourrée bourree sarabande
    saraband courante corrente allemande allemanda gigue giga jig menuet menuett minuet menuetto minuetto minuets
    loure passepied rigaudon siciliana siciliano sicilienne pavane galliard ländler ecossaise ecossaisen contredanse
    dance danse tanz dances tänze danses german deutsche scherzo scherzi scherzos rondo rondeau rondeaux finale
    cadenza introduction introduktion intrada epilogue prologue postlude interlude song songs lied lieder chanson
    chansons mélodie mélodies melodie melodies melodien gesang gesänge gedicht gedichte arietta ariette ariettes
    cantata kantate cantatas oratorio mass messe missa requiem kyrie gloria credo sanctus benedictus agnus dei
    magnificat motet motette motets motetten hymn hymne hymnus psalm psalms psalmen chorale choral choräle chorales
    anthem madrigal madrigals pastorale pastoral idylle idyll legend legende légende piece pieces pièce pièces stück
    stücke pezzo pezzi morceau morceaux album work works movement untitled encore miniature miniatures opus
"""
TEMPI = """
    grave largo larghetto lento lent langsam adagio adagietto sostenuto andante andantino moderato mässig mäßig
    modéré allegretto allegro vivace vivo vivacissimo presto prestissimo lebhaft schnell rasch vif animé animato
    agitato maestoso cantabile grazioso espressivo expressif scherzando giocoso energico risoluto tranquillo dolce
    pesante mesto marcato semplice comodo appassionato affettuoso mosso moto brio fuoco spirito anima espressione tempo
    giusto rubato primo sehr nicht etwas ziemlich bewegt ruhig feierlich innig leicht kräftig schwungvoll feurig
    assez très tres peu poco più piu meno molto assai quasi troppo tanto mai sempre alla all breve come da capo
    attacca et puis plus moins vite calme doux avec sans rit accel stretto con non ma doppio l istesso stesso trio
    coda leggiero amabile marziale furioso fast slow lively lunga mit ausdruck im zeitmass zart
"""
INSTRUMENTS = """
    violin violine violon violins violinen violino violini viola violas bratsche alto cello celli violoncello
    violoncelle violoncellos cellos bass contrabass kontrabass double piano pianoforte fortepiano klavier clavier
    harpsichord cembalo clavecin organ orgel orgue harp harfe harpe guitar gitarre guitare lute laute flute flöte
    flûte flutes recorder blockflöte oboe hautbois oboes clarinet klarinette clarinette clarinets bassoon fagott
    basson horn horns waldhorn trumpet trompete trompette trombone posaune tuba timpani percussion string strings
    streicher streichquartett cordes archi wind winds bläser brass orchestra orchester orchestre chamber kammer solo
    voice voices stimme singstimme chant canto soprano sopran tenor baritone choir chor chœur choeur unaccompanied
    accompanied continuo basso ensemble hands mains händen vierhändig saxophone mandolin viol gamba
"""
CONNECTIVES = """
    a an the of for and in on to with without from by de du des la le les el los il lo gli i l d für und mit aus von
    der die das dem den ein eine zu zur pour et sur sans en à au un une per e ed con senza y no nr op
"""
# Kinds of pieces that are published several at a time: what follows is one of them.
COLLECTIVE = """
    lieder songs mélodies melodies melodien gesänge gedichte chansons duette duets romances romanzen canzonets
    ariettes arie arias pieces pièces stücke pezzi morceaux preludes préludes études etudes studies caprices
    nocturnes waltzes valses mazurkas dances tänze danses bagatelles bagatellen impromptus miniatures intermezzi
    inventions märsche
"""
LARGE = """
    sonata sonate concerto concert konzert symphony sinfonie symphonie quartet quatuor quartett quartetto quintet
    quintett quintette trio sextet sextett septet septett octet oktett nonet requiem
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(part for word in text.split() for part in fold(word).split())


_TEMPI = _words(TEMPI)
_FORMS = _words(FORMS)
_GENERIC = _FORMS | _TEMPI | _words(INSTRUMENTS) | _words(CONNECTIVES)
_COLLECTIVE = _words(COLLECTIVE)
_LARGE = _words(LARGE)
_COUNTS = _words("two three four five six seven eight nine ten twelve zwei drei vier fünf sechs sieben acht zehn zwölf")
_COUNTS |= _words("deux trois quatre cinq six sept huit dix douze due tre quattro cinque sei")


def is_generic(text: str) -> bool:
    """Whether a title says no more than what kind of piece it is, for whom, and how many: "Sonata for Violin and
    Piano", "6 Lieder". Numbers do not count here."""
    return all(word in _GENERIC or word in _COUNTS or word.isdigit() for word in fold(text).split())


def is_tempo(text: str) -> bool:
    """Whether a movement's title only says how it is played, or what kind it is: "Allegro ma non troppo", "Rondo"."""
    return is_generic(re.sub(r"[=\d♩♪]+", " ", text))


def is_movement(text: str) -> bool:
    """Whether a text is generic and names a tempo or a kind of piece, and not only instruments."""
    return is_tempo(text) and any(word in _TEMPI or word in _FORMS for word in fold(text).split())


def is_tempo_marking(text: str) -> bool:
    """Whether a text begins with a word of tempo and is generic: what may stand after a dash as a movement."""
    words = fold(text).split()
    return bool(words) and words[0] in _TEMPI and is_tempo(text)


def is_large(text: str) -> bool:
    """Whether a title names a kind of piece of which a composer seldom wrote two in one key."""
    return any(word in _LARGE for word in fold(text).split())


def is_form(word: str) -> bool:
    return fold(word) in _FORMS


def is_collection(text: str) -> bool:
    """Whether a title names several pieces at once, or nothing that a number could belong to but a piece of it:
    "6 Lieder", "Les nuits d'été"."""
    words = fold(text).split()
    if not words:
        return True
    if words[-1] in _FORMS - _COLLECTIVE and not (words[0].isdigit() or words[0] in _COUNTS):
        return False
    return (
        words[0].isdigit() or words[0] in _COUNTS or any(word in _COLLECTIVE for word in words) or not is_generic(text)
    )
