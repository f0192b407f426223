"""`taskmill init`: projects from templates, which are files in `templates`."""
