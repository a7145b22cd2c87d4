"""People at the gates of a province: who they are, what they show, over which lines, and what is true."""
