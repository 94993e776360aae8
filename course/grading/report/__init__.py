"""`course report`: a graded class on one page.

`making` reads the class from the gradebook and its `answers` from the graded notebooks. `overview` computes
what the page shows, with `statistics`, `normalise` and `similar_pairs`; `page` writes it as HTML.
"""
