"""What one submission may use."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
OVERHEAD_BYTES = 256 * MIB
"""What a kernel's threads and buffers may take on top of `memory_bytes`; mostly reserved, unused."""


@dataclass(frozen=True)
class Limits:
    """Caps on one submission. The kernel room enforces all but the last two.

    memory_bytes: private memory of all processes of the submission together, on top of what
        the warm parent had already loaded and of OVERHEAD_BYTES. One process that asks for more
        gets `MemoryError`; several that exceed it together are killed.
    processes: processes and threads alive at once. TensorFlow alone starts about ten threads on
        two cores, more on more.
    cpu_seconds: processor time of all processes together.
    wall_seconds: life of the kernel from its start.
    scratch_bytes: files in the scratch folder, /tmp and /dev/shm together; also the largest file.
    traffic_bytes: all that the kernel sends to its client in its life, answers and figures too.
    output_bytes: output of one submission; the caller truncates.
    cell_seconds: wall time of one cell; the caller interrupts.
    """

    memory_bytes: int = 2048 * MIB
    processes: int = 256
    cpu_seconds: float = 240.0
    wall_seconds: float = 300.0
    scratch_bytes: int = 64 * MIB
    traffic_bytes: int = 64 * MIB
    output_bytes: int = 1 * MIB
    cell_seconds: float = 60.0
