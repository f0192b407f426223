"""What a type checker sees of task functions: `TaskFunction[In, Out]`, and how `@task` makes one.

For type checkers only: no process imports these modules. May import the other modules of
`functions`, and names of `work` for annotations.
"""
