"""Everything at once for half an hour: sockets, requests and trading."""
