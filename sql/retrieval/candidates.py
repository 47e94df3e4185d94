"""What a candidate shows, and how many of a group of candidates a list under caps can hold."""

from __future__ import annotations

from psycopg import sql

# The columns of `domain.catalogue.Track`, of a row `t`.
TRACK = (
    "t.id, t.title, t.disc, t.position, t.duration_seconds, t.album_id, t.composer_id, t.arranger,"
    " t.truncated, t.silent, t.created_at, t.work_id, t.movement_number, t.movement"
)
TRACK_COLUMNS = 14

# `found` holds track_id, distance, embedding and place. "Traditional" and "Anonymous" are nobody, so they are not among
# the people.
_DETAILS = sql.SQL("""
SELECT found.distance, {track},
       a.title, c.name, coalesce(g.top, '{{}}'), found.embedding, w.title, people.ids, people.names {plays}
FROM found
JOIN tracks t ON t.id = found.track_id
LEFT JOIN albums a ON a.id = t.album_id
LEFT JOIN composers c ON c.id = t.composer_id
LEFT JOIN works w ON w.id = t.work_id
LEFT JOIN track_tags g ON g.revision_id = %(tag_revision)s::bigint AND g.track_id = t.id
LEFT JOIN LATERAL (
    SELECT array_agg(p.id ORDER BY p.id) AS ids, array_agg(p.name ORDER BY p.id) AS names
    FROM (SELECT t.composer_id AS id UNION SELECT tc.composer_id FROM track_composers tc WHERE tc.track_id = t.id)
        AS credited
    JOIN composers p ON p.id = credited.id
    WHERE p.person
) AS people ON true
ORDER BY found.place NULLS FIRST
""")
DETAILS = _DETAILS.format(track=sql.SQL(TRACK), plays=sql.SQL(""))
# `found` holds what `domain.recommendations.Plays` says, too.
DETAILS_WITH_PLAYS = _DETAILS.format(
    track=sql.SQL(TRACK), plays=sql.SQL(", found.listeners, found.own, found.own_of_composer")
)

# Joined to tracks `t`, for `PEOPLE`.
CREDITS = sql.SQL("""
LEFT JOIN composers c ON c.id = t.composer_id
LEFT JOIN (
    SELECT tc.track_id, array_agg(tc.composer_id ORDER BY tc.composer_id) FILTER (WHERE p.person) AS people
    FROM track_composers tc JOIN composers p ON p.id = tc.composer_id
    GROUP BY tc.track_id HAVING count(*) > 1
) AS joint ON joint.track_id = t.id
""")

# Everyone who composed a track, null for nobody known.
PEOPLE = sql.SQL("coalesce(joint.people, CASE WHEN c.person THEN ARRAY[t.composer_id] END)")

# A group of tracks of one album, one work and the same composers can lose no more than its caps to a list; without a
# cap that applies to it, no more than the list is long.
WITHIN_CAPS = sql.SQL("""
place_in_group <= coalesce(
    least(CASE WHEN album_id IS NOT NULL THEN %(max_album)s::int END,
          CASE WHEN people IS NOT NULL THEN %(max_composer)s::int END,
          CASE WHEN work_id IS NOT NULL THEN %(max_work)s::int END),
    %(first)s::int)
""")
