"""How things are kept and sent: a package or module per AWS service, behind small classes.

The only place that speaks to AWS, with clients that it is given. May import `model`; decides
nothing about tasks.
"""
