"""The whole talk as a deck, from one results file and the agenda, in three formats.

``Deck`` is derived once from the claims; what writes it as PowerPoint or PDF places the same texts
in the same places.
"""
