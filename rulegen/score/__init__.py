"""Finished music, independent of any notation library: its events and a short text notation."""
