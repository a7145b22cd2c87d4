"""One file a resource, found by folder. Each exports ``router``; every route names its role."""
