"""What the handlers add to the AWS calls that they make."""
