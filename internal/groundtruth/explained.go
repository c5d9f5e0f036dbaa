package groundtruth

// Reasons that several captures share.
const (
	snapCut   = "the capture is cut at 784 bytes a session, so a last packet may end inside a header: malformed by SPEC 2; the table counts it by how far its headers reach (inside Ethernet not-ip, inside TCP options tcp-control, ...)"
	fddi      = "FDDI (link type 10) is not a link type of SPEC 2: unsupported-link; tshark reads it"
	frelay    = "Frame Relay is not a link type of SPEC 2: unsupported-link; tshark reads it"
	arcnet    = "ARCNET is not a link type of SPEC 2: unsupported-link; tshark reads it"
	noTshark  = "tshark 4.0.17 does not know the link type and gives no packets; the records are there and are unsupported-link"
	custom    = "the further packets of tshark are pcapng custom blocks, which are no packets"
	between   = "between Ethernet and IP stands a header that SPEC 2 does not list, so not-ip; tshark looks behind it"
	headerCut = "the captured bytes end inside a header: malformed by SPEC 2; the table counts it by what stands before the cut"
	limit     = "the captured length is above the 16 MiB that the index takes for damage, and below the 256 MiB of SPEC 1; the record runs past the end of the file"
	swapped   = "pcap before 2.3 (in 2.3 where captured exceeds original) has the two lengths of a record swapped; the reader of the index does not swap them"
	epb       = "SPEC 1 judges what is in a block: captured length beyond the block, or an interface that the section does not have; the reader of the index only walks the blocks"
	null15    = "the first four bytes are 0f 00 08 00 (a family of 16 bits, then an EtherType): no family of either byte order; tshark looks at the EtherType"
)

// Explained returns every difference between the tables and SPEC, capture by capture in the order of the paths. Where a reason
// names docs/decoding.md, the SPEC is silent and the decision stands there.
func Explained() []Explanation {
	return []Explanation{
		{
			"iscx/first784/chat.first784.pcap",
			"acc_malformed 14>23, acc_not_ip 5>0, acc_not_tcp_udp 3>0, acc_tcp_control 161>160",
			snapCut,
		},
		{
			"iscx/first784/email.first784.pcap",
			"acc_malformed 7>10, acc_not_ip 1>0, acc_not_tcp_udp 2>0",
			snapCut,
		},
		{
			"iscx/first784/file.first784.pcap",
			"acc_malformed 14>48, acc_not_ip 11>0, acc_not_tcp_udp 22>0, acc_used 132>131",
			snapCut,
		},
		{
			"iscx/first784/p2p.first784.pcap",
			"acc_malformed 24>35, acc_not_ip 11>0",
			snapCut,
		},
		{
			"iscx/first784/streaming.first784.pcap",
			"acc_malformed 19>153, acc_not_ip 129>0, acc_tcp_control 2930>2926, acc_used 533>532",
			snapCut,
		},
		{
			"iscx/first784/voip.first784.pcap",
			"acc_malformed 19>50, acc_not_ip 3>0, acc_not_tcp_udp 26>0, acc_tcp_control 163>162, acc_used 119>118",
			snapCut,
		},
		{
			"iscx/first784/vpn_chat.first784.pcap",
			"acc_malformed 5>7, acc_used 128>126",
			snapCut,
		},
		{
			"iscx/first784/vpn_file.first784.pcap",
			"acc_malformed 55>110, acc_not_ip 16>0, acc_tcp_control 1179>1167, acc_used 2320>2293",
			snapCut,
		},
		{
			"iscx/first784/vpn_p2p.first784.pcap",
			"acc_malformed 7>23, acc_tcp_control 849>847, acc_used 687>673",
			snapCut,
		},
		{
			"iscx/first784/vpn_streaming.first784.pcap",
			"acc_malformed 9>17, acc_not_ip 6>0, acc_tcp_control 1873>1872, acc_used 451>450",
			snapCut,
		},
		{
			"iscx/first784/vpn_voip.eth.first784.pcap",
			"acc_malformed 0>1, acc_used 28>27",
			snapCut,
		},
		{
			"iscx/first784/vpn_voip.raw.first784.pcap",
			"acc_malformed 8>18, acc_not_ip 7>0, acc_tcp_control 439>438, acc_used 348>346",
			snapCut,
		},
		{
			"labelled/attack/maliciousTraffic.pcap",
			"acc_malformed 0>6, acc_not_ip 10>4",
			"six IPv4 packets behind EtherType 86dd: the version contradicts the EtherType, malformed (docs/decoding.md 3); the table calls them not-ip",
		},
		{
			"labelled/file/nfs.pcap",
			"acc_not_ip 0>2, acc_used 2>0, sessions_all 1>0, sessions_default 1>0, sessions_outer 1>0",
			fddi,
		},
		{
			"labelled/p2p/gnutella.pcap",
			"acc_malformed 0>1, acc_not_ip 23>22",
			headerCut,
		},
		{
			"links/LINKTYPE_IPV4_invalid.pcap",
			"acc_dns 0>1, acc_malformed 1>0, sessions_all 0>1, sessions_outer 0>1",
			"an IPv6 packet (DNS) in a capture of link type 228: raw IP goes by the version nibble (docs/decoding.md 3); tshark reads 228 as IPv4 only",
		},
		{
			"links/LINKTYPE_PKTAP.pcap",
			"sessions_outer 1>0",
			"PKTAP (258) is not a link type of SPEC 2: unsupported-link; tshark reads it",
		},
		{
			"links/NullLoopback.pcap",
			"acc_dns 1>0, acc_not_ip 0>1, sessions_all 3>2, sessions_outer 3>2",
			null15,
		},
		{
			"links/OSPFv3_NBMA_adjacencies.pcap",
			"acc_not_ip 0>86, acc_not_tcp_udp 86>0",
			frelay,
		},
		{
			"links/arcnet-rfc1051-arp-icmp-http.pcap",
			"sessions_outer 2>0",
			arcnet,
		},
		{
			"links/arcnet-rfc1201-arp-icmp-http.pcap",
			"sessions_outer 2>0",
			arcnet,
		},
		{
			"links/brcm-tag-prepend.pcap",
			"acc_not_ip 0>15, packets 0>15",
			noTshark,
		},
		{
			"links/brcm-tag-stp.pcap",
			"acc_not_ip 0>4, packets 0>4",
			noTshark,
		},
		{
			"links/brcm-tag.pcap",
			"acc_not_ip 0>23, packets 0>23",
			noTshark,
		},
		{
			"links/clusterfuzz-testcase-minimized-FuzzTarget-6223613626941440",
			"acc_malformed 0>1, acc_not_ip 1>0",
			"family 24 (big endian) announces IPv6 and the version nibble is 2: malformed; the table calls it not-ip",
		},
		{
			"links/decode-etag-02_input.pcap",
			"sessions_outer 1>0",
			between,
		},
		{
			"links/decode-nsh-type2_input.pcap",
			"sessions_outer 1>0",
			between,
		},
		{
			"links/dns-inverse-query.pcap",
			"acc_dns 11>0, acc_not_ip 0>11, sessions_all 1>0, sessions_outer 1>0",
			fddi,
		},
		{
			"links/dsa-high-vid.pcap",
			"acc_not_ip 0>4, packets 0>4",
			noTshark,
		},
		{
			"links/dsa.pcap",
			"acc_not_ip 0>8, packets 0>8",
			noTshark,
		},
		{
			"links/edsa-high-vid.pcap",
			"acc_not_ip 0>4, packets 0>4",
			noTshark,
		},
		{
			"links/edsa.pcap",
			"acc_not_ip 0>10, packets 0>10",
			noTshark,
		},
		{
			"links/frag-ip-tcp-syn.pcap",
			"sessions_outer 1>0",
			"the first fragment holds 8 bytes of the TCP header, which does not fit: malformed by SPEC 2; sessions_outer counts its ports, sessions_all does not",
		},
		{
			"links/fuzz-2006-06-26-2594.pcap",
			"acc_tcp_control 24>23, acc_used 138>139, sessions_default 52>53, sessions_outer 245>244",
			"packet 83 is a SYN whose IP total length announces 74 bytes of payload: used by SPEC 3 (judged by the header lengths), control in the table; sessions_outer counts a malformed packet's ports, sessions_all does not",
		},
		{
			"links/fuzz-2006-09-29-28586.pcap",
			"sessions_outer 37>36",
			"sessions_outer counts the ports of a malformed packet, sessions_all does not",
		},
		{
			"links/hoobr_rt6_print.pcap",
			"acc_malformed 3>1, acc_not_ip 0>2",
			"two packets of link type 228 begin with nibble 3: not-ip (docs/decoding.md 3); tshark reads 228 as IPv4 only",
		},
		{
			"links/icmp-frame-relay.pcap",
			"acc_not_ip 0>10, acc_not_tcp_udp 10>0",
			frelay,
		},
		{
			"links/invalid_or_unsupported.pcap",
			"acc_dns 5>4, acc_malformed 2>3, sessions_all 5>4, sessions_outer 5>4",
			"packet 6 ends in the middle of the UDP header, behind the ports: malformed by SPEC 2; the table has its ports",
		},
		{
			"links/ipv6-next-header-oobr-1.pcap",
			"acc_malformed 0>1, acc_not_tcp_udp 1>0",
			"an IPv6 extension header reaches beyond the captured bytes: malformed by SPEC 2; the table takes the number of the next header",
		},
		{
			"links/ipv6-next-header-oobr-2.pcap",
			"acc_malformed 0>1, acc_not_tcp_udp 1>0",
			"an IPv6 extension header reaches beyond the captured bytes: malformed by SPEC 2; the table takes the number of the next header",
		},
		{
			"links/ipv6-rthdr-oobr.pcap",
			"acc_malformed 0>1, acc_not_tcp_udp 1>0",
			"an IPv6 extension header reaches beyond the captured bytes: malformed by SPEC 2; the table takes the number of the next header",
		},
		{
			"links/ipv6_39_byte_header.pcap",
			"acc_malformed 0>1, acc_not_tcp_udp 1>0",
			headerCut,
		},
		{
			"links/ipv6_invalid_length.pcap",
			"acc_malformed 0>1, acc_not_tcp_udp 1>0",
			headerCut,
		},
		{
			"links/ipv6hdr-heapoverflow.pcap",
			"acc_malformed 0>1, acc_not_tcp_udp 1>0",
			"an IPv6 extension header reaches beyond the captured bytes: malformed by SPEC 2; the table takes the number of the next header",
		},
		{
			"links/kday6.pcap",
			"acc_not_ip 0>1, packets 0>1",
			noTshark,
		},
		{
			"links/libpcap__arcnet-rfc1051-arp-icmp-http.pcap",
			"sessions_outer 2>0",
			arcnet,
		},
		{
			"links/libpcap__arcnet-rfc1201-arp-icmp-http.pcap",
			"sessions_outer 2>0",
			arcnet,
		},
		{
			"links/libpcap__brcm-tag.pcap",
			"acc_not_ip 0>15, packets 0>15",
			noTshark,
		},
		{
			"links/llc.pcap",
			"acc_not_ip 0>1333, acc_tcp_control 1333>0, sessions_all 1>0, sessions_outer 1>0",
			fddi,
		},
		{
			"links/macsec-short-longer.pcap",
			"sessions_outer 1>0",
			between,
		},
		{
			"links/macsec-short-shorter.pcap",
			"sessions_outer 1>0",
			between,
		},
		{
			"links/macsec-short-valid.pcap",
			"sessions_outer 1>0",
			between,
		},
		{
			"links/nsh.pcap",
			"sessions_outer 1>0",
			between,
		},
		{
			"links/null_loopback.pcap",
			"acc_dns 1>0, acc_not_ip 0>1, sessions_all 3>2, sessions_outer 3>2",
			null15,
		},
		{
			"links/pbb-recursive-frames.pcapng",
			"sessions_outer 1>0",
			between,
		},
		{
			"links/pbb.pcap",
			"sessions_outer 1>0",
			between,
		},
		{
			"links/pcap-invalid-version-1.pcap",
			"acc_used 0>1, packets 0>1, sessions_all 0>1, sessions_default 0>1, sessions_outer 0>1",
			"version 1.4: tshark refuses the file, the records are whole",
		},
		{
			"links/test.rewrite_l7fuzzing",
			"acc_malformed 1>7, acc_not_ip 18>13, acc_not_tcp_udp 20>19",
			headerCut,
		},
		{
			"links/test017.pcapng",
			"acc_not_ip 4>0, packets 4>0",
			custom,
		},
		{
			"links/test018.pcapng",
			"acc_not_ip 4>0, packets 8>4",
			custom,
		},
		{
			"links/test102.pcapng",
			"acc_not_ip 3>0, packets 8>5",
			custom,
		},
		{
			"links/test2.rewrite_l7fuzzing",
			"acc_malformed 1>7, acc_not_ip 18>13, acc_not_tcp_udp 20>19",
			headerCut,
		},
		{
			"links/trunc_ip6-trunc.pcap",
			"acc_malformed 0>1, acc_not_tcp_udp 1>0",
			headerCut,
		},
		{
			"links/trunc_trunc-hdr.pcap",
			"acc_malformed 0>1, acc_not_ip 1>0",
			headerCut,
		},
		{
			"malformed/bad_ack_code.dmp",
			"container malformed>ok, records 1>40",
			swapped,
		},
		{
			"malformed/clusterfuzz-testcase-minimized-FuzzTarget-5755755617189888",
			"container malformed>truncated",
			limit,
		},
		{
			"malformed/clusterfuzz-testcase-minimized-FuzzTarget-5758569646653440",
			"container malformed>truncated",
			limit,
		},
		{
			"malformed/clusterfuzz-testcase-minimized-FuzzTarget-5766899836387328",
			"container malformed>ok, records 0>1",
			swapped,
		},
		{
			"malformed/clusterfuzz-testcase-minimized-FuzzTarget-6604968558198784",
			"container malformed>ok, records 0>1",
			swapped,
		},
		{
			"malformed/crash-exception-cast-constructed-record",
			"container malformed>truncated",
			limit,
		},
		{
			"malformed/derived/bigendian.garbage-tail.pcap",
			"container malformed>truncated",
			limit,
		},
		{
			"malformed/derived/dhcp-nanosecond.garbage-tail.pcap",
			"container malformed>truncated",
			limit,
		},
		{
			"malformed/derived/dhcp.epb-caplen-too-big.pcapng",
			"container ok>malformed, records 4>2",
			epb,
		},
		{
			"malformed/derived/dhcp.epb-ifid-9999.pcapng",
			"container ok>malformed, records 4>2",
			epb,
		},
		{
			"malformed/derived/dhcp.no-idb.pcapng",
			"container ok>malformed, records 4>0",
			epb,
		},
		{
			"malformed/derived/dns53.garbage-tail.pcap",
			"container malformed>truncated",
			limit,
		},
		{
			"malformed/derived/get.garbage-tail.pcap",
			"container malformed>truncated",
			limit,
		},
		{
			"malformed/derived/http-brotli.epb-caplen-too-big.pcapng",
			"container ok>malformed, records 10>5",
			epb,
		},
		{
			"malformed/derived/tls12-dsb.epb-caplen-too-big.pcapng",
			"container ok>malformed, records 17>8",
			epb,
		},
		{
			"malformed/fuzz-2021-10-13.pcap",
			"records 0>1",
			swapped,
		},
		{
			"ustc/first784/Gmail.first784.pcap",
			"acc_malformed 13>17, acc_not_ip 4>0",
			snapCut,
		},
		{
			"ustc/first784/Htbot.first784.pcap",
			"acc_malformed 12>21, acc_not_ip 9>0",
			snapCut,
		},
		{
			"ustc/first784/Neris.first784.pcap",
			"acc_dns 162>161, acc_malformed 57>77, acc_not_ip 7>0, acc_tcp_control 1164>1152",
			snapCut,
		},
		{
			"ustc/first784/Nsis-ay.first784.pcap",
			"acc_malformed 6>13, acc_not_ip 6>0, acc_used 909>908",
			snapCut,
		},
		{
			"ustc/first784/Skype.first784.pcap",
			"acc_malformed 137>199, acc_tcp_control 110>48",
			snapCut,
		},
		{
			"ustc/first784/Virut.first784.pcap",
			"acc_malformed 73>85, acc_not_ip 12>0",
			snapCut,
		},
		{
			"ustc/first784/WorldOfWarcraft.first784.pcap",
			"acc_malformed 0>259, acc_tcp_control 1296>1037",
			snapCut,
		},
		{
			"ustc/first784/Zeus.first784.pcap",
			"acc_malformed 0>8, acc_not_ip 7>0, acc_used 37>36",
			snapCut,
		},
	}
}
