"""`taskmill explain CODE`: what an error means, its cause, and what to do.

The pages are in `pages/`, one for each code, in Markdown; the documentation site has them, too.
"""
