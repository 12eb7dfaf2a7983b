"""Whom a provider may talk to: public addresses only, looked up once and then connected to as looked up."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from daytrader.services.data_providers.errors import NetworkError, RefusedAddressError

_NAT64: Final = IPv6Network("64:ff9b::/96")  # the last four bytes are an IPv4 address
_IPV4_BITS: Final = 0xFFFF_FFFF


def public_address(host: str, port: int) -> str:
    """
    Return an address of *host* to connect to.

    One lookup, all of whose addresses must be public: a name that is rebound between a check and the connection, or
    that also stands for an address of this network, gets nowhere.

    Raises:
        RefusedAddressError: If one is on loopback, link-local, private or otherwise not of the public network.
        NetworkError: If the name is not known.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NetworkError(f"the address of {host} is not known") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise RefusedAddressError(f"{host} is an address of a private network: nothing is asked of it")
    return addresses[0]


def is_public(address: str) -> bool:
    """Return whether *address* is one of the public network, whatever it is wrapped in."""
    found: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in _NAT64:
            inner = IPv4Address(int(found) & _IPV4_BITS)
        found = inner or found
    return found.is_global and not found.is_multicast
