"""The stages in which a piece is decided, a file each."""
