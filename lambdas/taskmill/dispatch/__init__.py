"""What follows from a row change: reactions, and the emitters that send them.

`reactions` decides, without AWS; `emitters` acts. May import `fanout` and everything below, not
`service`.
"""
