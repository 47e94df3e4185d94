"""Taking recordings into the catalogue: walking folders, reading what tags and names say, writing it down."""
