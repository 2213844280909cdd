"""`python -m noisyweights`: the same as the command `noisyweights`."""

from noisyweights.command_line import main

main(prog_name="noisyweights")
