"""The commands of the command line beside ``analyze``, and what they share: where outputs go, how errors are told."""
