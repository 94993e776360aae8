"""Tables of the visible checks, one module a problem set; `table.Check` is an entry.

`psN` holds the cases, `psN_nets` the networks they are taken from, `psN_suspects` what a wrong result may be.
`transfer` and `transfer_suspects` are those of the questions beyond the seeds, in all problem sets.

The same mistake may be named here, in `course.checking.diagnose` and in the reference's table of mistakes,
each time in other words. That is on purpose. A mistake of the reference is the solution with one thing wrong,
and students must never receive a solution. So what they do receive knows a mistake by the right result alone
(`diagnose.RELATIONS`, for every function) or by the derivative of another network (the suspects, with
`altered`), recognises fewer of them, and has hints of its own. Derivatives are measured, on the forward
passes of `course.checking.forward_passes`: no formula for one stands here.
"""
