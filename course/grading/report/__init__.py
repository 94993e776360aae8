"""`course report`: a graded class on one page.

What the gradebook and the recorded gradings hold (`gather`) and the answers in the graded notebooks
(`answers`) become numbers (`statistics`) and similar pairs (`reading`, `pairs`); `overview` joins them, and
`page` writes them as HTML. `making` is the whole way.
"""
