"""The console: NiceGUI pages over the same reader and access as the API. Vietnamese first, English second."""
