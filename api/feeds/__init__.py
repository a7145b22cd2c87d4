"""What reports become for other systems; how it is delivered stands in ``hub.feeds``."""
