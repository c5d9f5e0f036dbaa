#!/usr/bin/env python3
"""The reference script's logic on a Python library, to compare pcapmill with.

    loop.py --with scapy|scapy-build|dpkt IN OUT

IN is one capture, pcap or pcapng, of Ethernet with IPv4 or IPv6 and no
extension headers or tunnels, packets captured whole. The loop reads packet
after packet, drops what pcapmill drops by default (DNS, background services,
TCP segments without payload), adds up sessions by five-tuple, masks addresses,
ports and checksums, keeps the first 784 bytes of each, drops equal samples, and
writes the IDX pair to the directory OUT, byte by byte what pcapmill writes;
dev/bench/peers_test.go proves it.

scapy and dpkt are kinder than the script they stand for: they stream, keep
prefixes only, mask bytes in place instead of letting the library build the
packet anew, and do not mask packets whose session is full. scapy-build streams
too, but does as the script does with every kept packet: it sets the fields of
scapy's layers and lets scapy build the packet.

Prints one line of JSON: packets, used, sessions, samples.
"""

import argparse
import functools
import hashlib
import json
import os
import struct

SAMPLE = 784
TCP, UDP = 6, 17
BACKGROUND = {67, 68, 123, 137, 138, 546, 547, 1900, 3702, 5353, 5355}


def scapy_packets(path, build=False):
    """Yields what the loop needs of each packet, None if it is no TCP or UDP.

    The last two are the length from the IP header to the end of the payload,
    and a function that gives these bytes.
    """
    from scapy.layers.inet import IP
    from scapy.layers.inet import TCP as Tcp
    from scapy.layers.inet import UDP as Udp
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether  # noqa: F401 # tells scapy what Ethernet is
    from scapy.utils import PcapReader

    with PcapReader(path) as reader:
        for packet in reader:
            ip = packet.getlayer(IP) or packet.getlayer(IPv6)
            if ip is None:
                yield None
                continue
            transport, proto = ip.getlayer(Tcp), TCP
            if transport is None:
                transport, proto = ip.getlayer(Udp), UDP
            if transport is None:
                yield None
                continue
            header = 4 * transport.dataofs if proto == TCP else 8
            version = ip.version
            start, length = (4 * ip.ihl, ip.len) if version == 4 else (40, 40 + ip.plen)
            give = functools.partial(bytes, ip)
            if build:
                give = functools.partial(built, ip, transport)
            yield version, proto, ip.src, transport.sport, ip.dst, transport.dport, start, header, length, give


def built(ip, transport):
    """Masks by fields, as the script does."""
    ip.src = ip.dst = "0.0.0.0" if ip.version == 4 else "::"
    if ip.version == 4:
        ip.chksum = 0
    transport.sport = transport.dport = transport.chksum = 0
    return bytes(ip)


def dpkt_packets(path):
    """The same on dpkt."""
    import dpkt

    with open(path, "rb") as file:
        for _, frame in dpkt.pcap.UniversalReader(file):
            ethernet = dpkt.ethernet.Ethernet(frame)
            ip = ethernet.data
            if not isinstance(ip, (dpkt.ip.IP, dpkt.ip6.IP6)) or not isinstance(ip.data, (dpkt.tcp.TCP, dpkt.udp.UDP)):
                yield None
                continue
            transport = ip.data
            proto, header = (TCP, 4 * transport.off) if isinstance(transport, dpkt.tcp.TCP) else (UDP, 8)
            at = 14 + 4 * len(getattr(ethernet, "vlan_tags", ()))
            version = ip.v
            start, length = (4 * ip.hl, ip.len) if version == 4 else (40, 40 + ip.plen)
            yield version, proto, ip.src, transport.sport, ip.dst, transport.dport, start, header, length, functools.partial(frame.__getitem__, slice(at, None))


def dropped(proto, sport, dport, payload):
    if sport == 53 or dport == 53:
        return True
    if proto == TCP:
        return payload == 0
    return sport in BACKGROUND or dport in BACKGROUND


def masked(version, proto, start, data):
    """data begins at the IP header, start is where TCP or UDP begins."""
    data = bytearray(data)
    if version == 4:
        data[10:20] = bytes(10)  # checksum, addresses
    else:
        data[8:40] = bytes(32)
    data[start : start + 4] = bytes(4)
    checksum = start + (16 if proto == TCP else 6)
    data[checksum : checksum + 2] = bytes(2)
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--with", dest="library", choices=["scapy", "scapy-build", "dpkt"], required=True)
    parser.add_argument("capture", metavar="IN")
    parser.add_argument("out", metavar="OUT")
    args = parser.parse_args()

    sessions = {}  # five-tuple -> prefix, in the order of first kept packets
    packets = used = 0
    build = args.library == "scapy-build"
    found_in = dpkt_packets(args.capture) if args.library == "dpkt" else scapy_packets(args.capture, build)
    for found in found_in:
        packets += 1
        if found is None:
            continue
        version, proto, src, sport, dst, dport, start, header, length, give = found
        if dropped(proto, sport, dport, length - start - header):
            continue
        used += 1
        low, high = sorted(((src, sport), (dst, dport)))
        prefix = sessions.setdefault((version, proto, low, high), bytearray())
        if build or len(prefix) < SAMPLE:
            prefix += masked(version, proto, start, give()[:length])[: SAMPLE - len(prefix)]

    os.makedirs(args.out, exist_ok=True)
    seen = set()
    with open(os.path.join(args.out, "session_output.idx3"), "wb") as images:
        images.write(struct.pack(">IIII", 0x0803, 0, 28, 28))
        for prefix in sessions.values():
            sample = bytes(prefix).ljust(SAMPLE, b"\0")
            digest = hashlib.sha256(sample).digest()
            if digest not in seen:
                seen.add(digest)
                images.write(sample)
        images.seek(4)
        images.write(struct.pack(">I", len(seen)))
    with open(os.path.join(args.out, "label_output.idx1"), "wb") as labels:
        labels.write(struct.pack(">II", 0x0801, len(seen)) + b"\xff" * len(seen))
    print(json.dumps({"packets": packets, "used": used, "sessions": len(sessions), "samples": len(seen)}))


if __name__ == "__main__":
    main()
