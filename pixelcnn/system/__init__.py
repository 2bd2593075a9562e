"""Operating system: devices, memory, files, terminals."""
