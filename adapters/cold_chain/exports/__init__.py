"""What loggers write for people to carry: Berlinger's text export, and tables by a mapping. Pure."""
