"""A million subtasks by plan: the planner's own output held against every limit of AWS."""
