"""``python two_nodes.py WORK PICTURES key=value ...``: unimumer build on a Ray cluster of two nodes on this machine.

When the folder WORK holds PICTURES pictures, one node is killed with all its processes. Prints, one a line: what build
says, how many pictures there were at the kill, and the ids of the processes that Ray had.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from unimumer_data.build import command


def main() -> int:
    images, enough, words = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    quick = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 500, "health_check_failure_threshold": 3}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "_system_config": quick})
    doomed = cluster.add_node(num_cpus=1)
    processes = [process for node in cluster.list_all_nodes() for process in node.live_processes()]
    counts: list[int] = []
    killer = threading.Thread(target=_kill, args=(cluster, doomed, images, enough, counts), daemon=True)
    try:
        cluster.wait_for_nodes()
        killer.start()
        status = command.main([*words, "scale=ray", f"address={cluster.address}"])
        print("pictures at the kill:", *counts)
        print("processes:", *(process.pid for _, process in processes))
    finally:
        ray.shutdown()
        cluster.shutdown()
    return status


def _kill(cluster: Cluster, node: object, images: Path, enough: int, counts: list[int]) -> None:
    while not images.is_dir() or len(list(images.iterdir())) < enough:
        time.sleep(0.05)
    cluster.remove_node(node, allow_graceful=False)
    counts.append(len(list(images.iterdir())))


if __name__ == "__main__":
    sys.exit(main())
