from desk import client, cloud, connect, desk, network, run

__all__ = ["client", "cloud", "connect", "desk", "network", "run"]
