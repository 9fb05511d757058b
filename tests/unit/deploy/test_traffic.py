"""The network policies let through what is needed, and nothing else."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.deployment import Manifest, container_of, manifests, pod_of, workloads

NAMESPACE = "kubernetes.io/metadata.name"
HERE = "music-explore"
# Pods by name: the labels of their namespace and their own.
Pod = tuple[dict[str, str], dict[str, str]]
OTHERS: dict[str, Pod] = {
    "dns": ({NAMESPACE: "kube-system"}, {"k8s-app": "kube-dns"}),
    "api-server": ({NAMESPACE: "kube-system"}, {"component": "kube-apiserver"}),
    "ingress": ({NAMESPACE: "ingress-nginx"}, {"app.kubernetes.io/name": "ingress-nginx"}),
    "prometheus": ({NAMESPACE: "monitoring"}, {"app": "prometheus"}),
    "keda": ({NAMESPACE: "keda"}, {"app": "keda-operator"}),
    "stranger": ({NAMESPACE: "default"}, {"app.kubernetes.io/component": "web"}),
}


def _pods() -> dict[str, Pod]:
    here = {
        workload["metadata"]["name"]: ({NAMESPACE: HERE}, pod_of(workload)["metadata"]["labels"])
        for name in ("cpu", "extract-cpu")
        for workload in workloads(name)
    }
    return here | OTHERS


def _selects(selector: dict[str, Any] | None, labels: dict[str, str]) -> bool:
    if selector is None:
        return True
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return bool(selector.get("matchLabels", {}).items() <= labels.items())


def _is_peer(peer: dict[str, Any], other: Pod | str) -> bool:
    if isinstance(other, str):
        block = peer.get("ipBlock")
        address = ip_address(other)
        if block is None or address not in ip_network(block["cidr"]):
            return False
        return not any(address in ip_network(part) for part in block["except"])
    if "ipBlock" in peer:
        return False
    namespace, labels = other
    if "namespaceSelector" not in peer and namespace[NAMESPACE] != HERE:
        return False
    return _selects(peer.get("namespaceSelector"), namespace) and _selects(peer.get("podSelector"), labels)


def _named_ports() -> dict[str, int]:
    return {
        port["name"]: port["containerPort"]
        for workload in workloads("cpu")
        for port in container_of(workload).get("ports", [])
    }


def _lets(direction: str, pod: Pod, other: Pod | str, port: int, protocol: str) -> bool:
    """Tell whether the policies of one end of a connection let it be."""
    if pod[0][NAMESPACE] != HERE:
        return True  # another namespace's business
    kind, peers = {"in": ("Ingress", "from"), "out": ("Egress", "to")}[direction]
    policies: list[Manifest] = [
        policy
        for policy in manifests("cpu", "NetworkPolicy")
        if kind in policy["spec"]["policyTypes"] and _selects(policy["spec"]["podSelector"], pod[1])
    ]
    assert policies, "nothing is denied by default"
    return any(
        any(_is_peer(peer, other) for peer in rule[peers])
        and any(
            entry["protocol"] == protocol and _named_ports().get(entry["port"], entry["port"]) == port
            for entry in rule["ports"]
        )
        for policy in policies
        for rule in policy["spec"].get(kind.lower(), [])
    )


def may_talk(source: str, target: str, port: int, protocol: str = "TCP") -> bool:
    """Tell whether a pod may open a connection to another, or to an IP address."""
    pods = _pods()
    one, other = pods[source], pods.get(target, target)
    out = _lets("out", one, other, port, protocol)
    return out and (isinstance(other, str) or _lets("in", other, one, port, protocol))


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("ingress", "web", 5000),
        ("prometheus", "web", 5000),
        ("web", "postgres", 5432),
        ("web", "redis", 6379),
        ("worker", "postgres", 5432),
        ("worker", "redis", 6379),
        ("init-db", "postgres", 5432),
        ("extract", "postgres", 5432),
        ("keda", "postgres", 5432),
        ("web", "93.184.216.34", 443),
        ("worker", "93.184.216.34", 443),
        ("worker", "2606:2800:220:1::1", 443),
        ("download-models", "93.184.216.34", 443),
    ],
)
def test_what_is_needed_is_let_through(source: str, target: str, port: int) -> None:
    assert may_talk(source, target, port)


@pytest.mark.parametrize("source", ["web", "worker", "init-db", "download-models", "extract"])
@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
def test_names_are_looked_up_by_all(source: str, protocol: str) -> None:
    assert may_talk(source, "dns", 53, protocol)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("stranger", "web", 5000),
        ("stranger", "postgres", 5432),
        ("stranger", "redis", 6379),
        ("ingress", "postgres", 5432),
        ("keda", "redis", 6379),
        ("worker", "web", 5000),
        ("web", "worker", 5000),
        ("extract", "93.184.216.34", 443),
        ("extract", "redis", 6379),
        ("postgres", "93.184.216.34", 443),
        ("worker", "93.184.216.34", 22),
        ("worker", "10.0.0.1", 443),
        ("web", "10.0.0.1", 443),
        ("init-db", "93.184.216.34", 443),
        ("worker", "169.254.169.254", 443),
        ("worker", "fd00::1", 443),
        ("worker", "api-server", 443),
        ("web", "postgres", 22),
    ],
)
def test_anything_else_is_not(source: str, target: str, port: int) -> None:
    assert not may_talk(source, target, port)
