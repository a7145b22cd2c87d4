"""How a camera stands: timed events in, standing and changes out. Pure: no clock, no I/O.

Every time is Unix time in ms. Events come in the order of time; one that is late counts as of the latest.
"""
