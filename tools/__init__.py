"""The parts of ``./dev``. Only the standard library: they run before anything is installed."""
