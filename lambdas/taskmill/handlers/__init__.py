"""The Lambda handlers, one module per function; `subtasks` has those of three functions.

A handler gets the wiring of its process, makes one call and logs the outcome; it decides nothing
about tasks. May import everything but `testing`, which alone imports it.
"""

from taskmill.wiring.cold_start import hold_collection

hold_collection()  # first of all, as it also covers the imports of the handler's module
