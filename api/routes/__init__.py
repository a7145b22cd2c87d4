"""One file a resource, found by folder. Each exports ``router``; every route names its role.

``AT`` names the roles of the process that serve it, by default those with a store.
"""
