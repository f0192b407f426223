"""`taskmill logs`: what the functions of a stack have logged about tasks."""
