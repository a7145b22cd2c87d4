"""Codes in pictures that are posted to a gate; needs the extra ``pictures``."""
