"""The example archive: public-domain scores played by a synthesizer, for those who have no recordings at hand.

`archive.build` is the way in; it imports the synthesizer and music21 only when something has to be made.
"""
