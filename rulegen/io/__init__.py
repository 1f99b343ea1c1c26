"""Scores in and out: MusicXML and MIDI. The only part of the house that knows music21 and pretty_midi."""
