"""Musical facts as immutable values: pitch, interval, scale, chord, duration, meter."""
