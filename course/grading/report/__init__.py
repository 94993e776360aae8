"""`course report`: a graded class on one page.

`making` reads the class from the gradebook, and with `answers` the answers from the graded notebooks; `forms`
reduces them to what is compared, `normalise` above all, and `kept` keeps that for the next report. `overview`
computes what `page` shows, with `statistics`, `identical`, `similar_pairs` and `passages`.
"""
