"""What both readers of Python know of the language itself: plain data, causes of the unknown, who changes what.

The settings evaluator and the reader of middleware keep their own order of evaluation; what a function of the
interpreter gives, and what is left alone by a call, is said here once.
"""
