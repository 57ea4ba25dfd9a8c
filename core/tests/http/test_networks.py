"""The judge of addresses, against tables of its own."""

import re
import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral.errors import FetchError
from gestral.http import PUBLIC, NetworkPolicy
from gestral.http.addresses import parse
from gestral.http.failures import LONGEST_SHOWN, shown

# From the forms that attackers use, not from the table that is under test; one a line.
ATTACKS = Path(__file__).with_name("attacks.txt").read_text(encoding="utf-8").split()

ODD = [
    "",
    "post.html",
    "//example.org/",
    "http:///etc/passwd",
    "http://",
    "http:example.org",
    "https:/example.org",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "data:text/html,hello",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "http://user:secret@example.org/",
    "http://user@example.org/",
    "http://@example.org/",
    "http://example.org@127.0.0.1/",
    "http://127.0.0.1\\@example.org/",
    "http://example.org\\@127.0.0.1/",
    "http://exa mple.org/",
    "http://example.org/\r\nHost: internal",
    "http://example.org\t.evil/",
    "http://example.org\x00.evil/",
    "http://a..b/",
    "http://.example.org/",
    "http://-example.org/",
    f"http://{'a' * 64}.org/",
    f"http://{'a.' * 130}org/",
    f"http://example.org/{'a' * 5000}",
    "http://example.org:99999/",
    "http://example.org:port/",
    "http://[::1/",
    "http://[::1]:80:80/",
    "http://exam[ple.org/",
]

V4 = st.ip_addresses(v=4)


@pytest.mark.parametrize("address", ATTACKS)
def test_an_address_that_leads_inside_is_refused_in_every_spelling(address):
    with pytest.raises(FetchError) as refused:
        parse(address, PUBLIC)
    assert refused.value.code in {"address-private", "address-invalid"}


def numeric(address: str) -> str:
    """Return the IP address that the C library reads an address's host as, or "" for a name."""
    host = re.match(r"http://(\[[^]]*\]|[^/:]*)", address)[1].strip("[]").rstrip(".")
    with suppress(OSError, UnicodeError):
        return socket.getaddrinfo(host, 80, flags=socket.AI_NUMERICHOST)[0][4][0]
    return ""


def test_should_a_spelling_slip_through_its_socket_is_refused_all_the_same():
    read = {address: ip for address in ATTACKS if (ip := numeric(address))}
    assert len(read) > 100
    assert [address for address, ip in read.items() if not PUBLIC.refusal(ip)] == []


@pytest.mark.parametrize("address", ODD)
def test_an_address_that_two_readers_could_read_differently_is_refused(address):
    with pytest.raises(FetchError) as refused:
        parse(address, PUBLIC)
    assert refused.value.code == "address-invalid"
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("http://example.org", "http://example.org"),
        ("  https://Example.ORG./a b".replace(" b", "%20b"), "https://example.org/a%20b"),
        ("https://example.org:443/?q=ü#part", "https://example.org/?q=%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("https://[2606:2800:21F:0:0:0:0:1]/", "https://[2606:2800:21f::1]/"),
        ("https://my_blog.example.org/", "https://my_blog.example.org/"),
        ("https://example.org/@user/post", "https://example.org/@user/post"),
        ("https://example.org?mail=a@b", "https://example.org/?mail=a@b"),
    ],
)
def test_an_ordinary_address_is_read(address, read):
    assert str(parse(address, PUBLIC)) == read


@given(st.text(max_size=300))
def test_a_message_shows_no_password_and_no_query(address):
    text = shown(f"http://me:hush@{address}?key=hush")
    assert "hush" not in text or "hush" in address
    assert text.isprintable()
    assert len(text) <= LONGEST_SHOWN + 3


@pytest.mark.parametrize("port", [0, 22, 25, 6379, 8080, 65535])
def test_a_port_that_is_not_the_webs_is_refused(port):
    with pytest.raises(FetchError) as refused:
        parse(f"http://example.org:{port}/", PUBLIC)
    assert refused.value.code == "port-refused"


NETWORKS = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "::/16",
        "100::/8",
        "2001::/23",
        "2002::/16",
        "4000::/2",
        "8000::/1",
    )
]


# What nobody outside should be led to, as the IANA's registries of special addresses have it, and
# Azure's own. Written down from there, in the registries' order, without a look at the table.
SPECIAL_V4 = [
    *map(ip_network, ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8")),
    *map(ip_network, ("169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24")),
    *map(ip_network, ("192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24")),
    *map(ip_network, ("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32")),
]
SPECIAL_V6 = [  # within 2000::/3
    *map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
]
EDGES_V4 = [
    IPv4Address(edge)
    for network in SPECIAL_V4
    for edge in (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1)
    if 0 <= edge < 2**32
]


@given(V4 | st.sampled_from(EDGES_V4))
def test_an_ipv4_address_is_refused_if_and_only_if_it_is_special(ip):
    assert bool(PUBLIC.refusal(str(ip))) is any(ip in network for network in SPECIAL_V4)


@given(st.ip_addresses(network="2000::/3") | st.ip_addresses(network="2001::/22"))
def test_a_global_ipv6_address_is_refused_if_and_only_if_it_is_special(ip):
    assert bool(PUBLIC.refusal(str(ip))) is any(ip in network for network in SPECIAL_V6)


@given(st.sampled_from(NETWORKS).flatmap(lambda network: st.ip_addresses(network=network)))
def test_every_address_of_a_forbidden_network_is_refused(ip):
    assert PUBLIC.refusal(str(ip))


@given(V4, st.sampled_from(["::ffff:0:0", "64:ff9b::"]))
def test_an_ipv4_address_inside_an_ipv6_address_is_judged_as_itself(ip, prefix):
    carrier = IPv6Address(int(IPv6Address(prefix)) + int(ip))
    assert PUBLIC.refusal(str(carrier)) == PUBLIC.refusal(str(ip))
    assert PUBLIC.refusal(carrier.exploded) == PUBLIC.refusal(str(ip))


@given(V4)
def test_only_the_dotted_spelling_of_an_ipv4_address_is_read(ip):
    value = int(ip)
    a, b, c, d = ip.packed
    for spelling in (f"{value}", f"{value:#x}", f"0{value:o}", f"{a}.{value & 0xFFFFFF}"):
        with pytest.raises(FetchError):
            parse(f"http://{spelling}/", PUBLIC)
    for spelling in (f"{a:#x}.{b}.{c}.{d}", f"0{a:o}.{b}.{c}.{d}", f"{a}.{b}.{c << 8 | d}"):
        with pytest.raises(FetchError):
            parse(f"http://{spelling}/", PUBLIC)


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_either_an_address_or_a_clear_refusal(host, path):
    with suppress(FetchError):
        url = parse(f"http://{host}/{path}", PUBLIC)
        assert url.user is None
        assert url.port in {80, 443}


def test_the_operator_can_open_a_network_and_close_another():
    policy = NetworkPolicy(
        allow_networks=(ip_network("10.0.0.0/8"),), deny_networks=(ip_network("10.9.0.0/16"),)
    )
    assert not policy.refusal("10.0.0.1")
    assert not policy.refuses_port("10.0.0.1", 8080)
    assert policy.refusal("10.9.0.1")
    assert policy.refusal(str(IPv4Address("192.168.0.1")))
    assert policy.refuses_port("8.8.8.8", 8080)
