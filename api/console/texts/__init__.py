"""Texts of the console, one file a language, the same keys in each."""
