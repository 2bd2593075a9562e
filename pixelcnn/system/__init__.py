"""What the operating system is asked: devices, memory, files, terminals."""
