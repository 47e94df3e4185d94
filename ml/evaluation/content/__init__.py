"""What can be measured before anybody has listened: whether neighbours share what a catalogue knows of them."""
