"""Tables of the visible checks, one module a problem set."""
