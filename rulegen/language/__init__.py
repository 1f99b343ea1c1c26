"""The language of style files: text in, located tree out. Knows no music."""
