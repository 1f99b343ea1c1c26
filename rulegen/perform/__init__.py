"""How a finished score is played: when, how long and how loud each note sounds. The score stays as it is."""
