"""A program that tries every function of the students' package, and of the lectures, as an answer.

It runs in a process and an empty folder of its own, with a copy of the package first on its path, since it
calls functions with arguments that are not meant for them. There it is called `tried`.
"""
