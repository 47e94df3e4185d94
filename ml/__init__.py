"""How Segue hears: decoding, audio backends, and what is learned from them."""
