from . import end_to_end, references, parts, latency, queue, enqueue, growth  # noqa: F401
