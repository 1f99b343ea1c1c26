"""Sound: MIDI through a sound font into samples, and samples into files. Knows no scores."""
