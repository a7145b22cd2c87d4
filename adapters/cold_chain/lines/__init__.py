"""What probes write to a line or into a file of the kernel: text with a number in it. Pure."""
