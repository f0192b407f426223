"""The inputs of fan-outs: files of several formats, and the buffer they are sent from."""
