"""A whole archive out of one database and into another, by COPY: it needs no program beside the server."""
