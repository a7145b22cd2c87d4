"""Routes of what only an edge has; a hub apart answers with the edge's address and never fetches."""
