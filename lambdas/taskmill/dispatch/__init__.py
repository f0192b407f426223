"""The dispatcher: turns changes from the table's stream into messages, executions, notifications.

`reactions` decides what to do, without AWS; `emitters` does it. Also handles dead letters. May
import `fanout` and everything below, not `service`.
"""
