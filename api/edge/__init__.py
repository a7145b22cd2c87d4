"""What an edge has and nobody else: its spool, its captures, its quarantine; routes and pages of them."""
