"""Keyframes into pictures and scores, in worker processes: the edge itself decodes nothing of a camera's."""
