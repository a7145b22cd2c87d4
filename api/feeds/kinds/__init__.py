"""Kinds of destinations that are sent reports (hub/feeds/kinds: those that are sent events)."""
