"""What users write and hold: `@task` functions, their types, contexts, events and handles.

May import `aws` and `model`. It neither runs attempts (`work`) nor knows how to reach a task
service (`wiring.connecting` tells it).
"""
