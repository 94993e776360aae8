"""Is an answer right, and if not, what is wrong with it? Pure functions: no process, no notebook.

`check` is what students call. It takes the cases of a function from `tables` and hands them to `trial`,
which calls the student's function on each; `compare` finds the first difference of a result from what is
expected, and `diagnose` what the wrong results suggest together. Hidden tests do the same with cases of their
own, drawn from `seed`. `landscapes` are functions that both hand over, to differentiate or descend.
"""
