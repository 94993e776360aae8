"""A finished term in one file: `archiving` writes it, `clearing` removes from the course what is in it."""
