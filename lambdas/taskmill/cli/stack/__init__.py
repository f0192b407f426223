"""Commands for whole stacks: the local cloud, and deploying to AWS."""
