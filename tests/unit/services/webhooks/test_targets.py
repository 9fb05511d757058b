import threading
from ipaddress import ip_address

import pytest

from app.errors import InputError
from app.services.webhooks.targets import (
    check_target,
    find_addresses,
    is_public,
    parse_target,
)
from app.settings import read_settings

SECRET = "a secret of some length"


def settings(*allowed, **more):
    return read_settings({"WEBHOOK_SECRET": SECRET, "WEBHOOK_ALLOWED_HOSTS": allowed} | more)


def leads_to(*addresses):
    return lambda _host, _port: addresses


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://Example.org", "https://example.org:443", "/"),
        ("http://example.org.:8080/a?b=c#d", "http://example.org:8080", "/a?b=c"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]:80", "/"),
        ("http://[::ffff:8.8.8.8]/", "http://8.8.8.8:80", "/"),
        ("https://xn--mller-kva.example/%C3%BC", "https://xn--mller-kva.example:443", "/%C3%BC"),
    ],
)
def test_address_is_taken_apart(url, origin, path):
    target = parse_target(url)
    assert (target.origin, target.path) == (origin, path)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.org/", "starts with https://"),
        ("file:///etc/passwd", "starts with https://"),
        ("//example.org/", "starts with https://"),
        ("https:///path", "starts with https://"),
        ("", "printable characters"),
        ("https://me:word@example.org/", "no user name"),
        ("https://@example.org/", "no user name"),
        ("https://example.org/a b", "printable characters"),
        ("https://example.org/\r\nX: y", "printable characters"),
        ("https://exämple.org/", "printable characters"),
        ("https://example.org\\@10.0.0.1/", "printable characters"),
        ("https://example.org:99999/", "cannot be read"),
        ("https://example.org:0/", "port 0"),
        ("https://[::1/", "cannot be read"),
        ("https://exam%70le.org/", "no host"),
        ("https://-a.org/", "no host"),
        ("https://example.org/" + "x" * 2000, "at most 2,000"),
    ],
)
def test_address_is_refused_when_no_webhook_can_have_it(url, reason):
    with pytest.raises(InputError, match=reason):
        check_target(settings(), url, resolve=leads_to("8.8.8.8"))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::8.8.8.8"])
def test_address_is_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "224.0.0.1",
        "233.252.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "fe80::1",
        "fec0::1",
        "fd00:ec2::254",
        "ff02::1",
        "ff0e::1",
        "64:ff9b::169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:808:808::1",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "100::1",
    ],
)
def test_address_is_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "2130706433", "0x7f.1", "localhost"],
)
def test_webhook_is_refused_when_the_host_is_this_machine_or_near(host):
    with pytest.raises(InputError, match=r"private or reserved.*WEBHOOK_ALLOWED_HOSTS"):
        check_target(settings(), f"http://{host}/")


def test_webhook_is_refused_when_one_of_several_addresses_is_private():
    with pytest.raises(InputError, match="private or reserved"):
        check_target(settings(), "http://hook.test/", resolve=leads_to("8.8.8.8", "10.0.0.1"))


def test_addresses_are_found_in_their_order():
    found = find_addresses(settings(), parse_target("http://hook.test/"), 5, leads_to("8.8.8.8", "8.8.4.4"))
    assert [str(address) for address in found] == ["8.8.8.8", "8.8.4.4"]


@pytest.mark.parametrize("allowed", ["hook.test", "HOOK.test.", "10.0.0.0/8", "10.0.0.1"])
def test_private_address_is_taken_when_the_setting_allows_it(allowed):
    check_target(settings(allowed), "http://hook.test/", resolve=leads_to("10.0.0.1"))
    check_target(settings(allowed), "http://hook.test/", resolve=leads_to("::ffff:10.0.0.1"))


@pytest.mark.parametrize("allowed", ["test", "other.test", "10.0.0.2", "10.1.0.0/16", "fd00::/8"])
def test_private_address_is_refused_when_the_setting_allows_another(allowed):
    with pytest.raises(InputError, match="private or reserved"):
        check_target(settings(allowed), "http://hook.test/", resolve=leads_to("10.0.0.1"))


def test_webhook_is_refused_when_there_is_no_secret():
    with pytest.raises(InputError, match=r"WEBHOOK_SECRET is not set.*openssl rand"):
        check_target(read_settings({}), "https://example.org/", resolve=leads_to("8.8.8.8"))


def test_webhook_is_refused_when_the_name_is_not_found():
    def resolve(_host, _port):
        raise OSError(-2, "Name or service not known")

    with pytest.raises(InputError, match=r"hook\.test, cannot be found: Name or service not known"):
        check_target(settings(), "http://hook.test/", resolve=resolve)


def test_webhook_is_refused_when_the_name_has_no_address_or_cannot_be_asked_for():
    for url, resolve in (("http://hook.test/", leads_to()), (f"http://{'a' * 70}.test/", None)):
        with pytest.raises(InputError, match="cannot be found: it has no address"):
            check_target(settings(), url, resolve=resolve)


def test_webhook_is_refused_when_no_name_server_answers():
    answered = threading.Event()

    def resolve(_host, _port):
        answered.wait()
        return ["8.8.8.8"]

    with pytest.raises(InputError, match=r"no name server has answered within 0\.1 s"):
        check_target(settings(WEBHOOK_TIMEOUT_SECONDS=0.1), "http://hook.test/", resolve=resolve)
    answered.set()
