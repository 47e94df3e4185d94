"""What a space keeps: small models that read an aspect of the music off frozen vectors."""
