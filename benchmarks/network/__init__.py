"""A wide-area network in user space: workers in network namespaces, a router that delays.

``with open_network(workers=4, delay_ms=60) as network:`` is the way in, see ``network.py``;
``python -m benchmarks.network [--quick]`` measures how exact it is.
"""
