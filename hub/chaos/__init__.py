"""A TCP proxy that behaves like a bad line, for tests and for rehearsals (``epihub chaos``)."""
