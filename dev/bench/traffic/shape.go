package traffic

// style is how a session behaves.
type style uint8

const (
	download   style = iota // TCP, full segments from the server, an ACK for every two
	upload                  // TCP, the same from the client
	talk                    // TCP, both sides in turn, small and middle segments
	stream                  // UDP, large datagrams from the server
	voice                   // UDP, 172 bytes from either side in turn
	lookup                  // DNS: question and answer
	background              // NTP, mDNS, SSDP and the like
	tiny                    // TCP or UDP with a few bytes a packet; some are scans
	transfer                // TCP, full segments that do not end
)

// shape says what a capture looks like. Chances are of 65,536.
type shape struct {
	open      int // sessions at once
	opening   int // chance that a step opens a session while fewer are open
	all       int // sessions in the whole capture; 0 = as many as it gives
	styles    []weighted
	least     int  // packets of the shortest session
	longer    int  // chance that a session is twice as long, see random.pareto
	doublings int  // at most
	train     int  // packets that a session sends in one go, at most
	v6        int  // chance that a session is IPv6
	noise     int  // chance that a packet is ARP or ICMP
	real      bool // payload is TLS records, text and repeats; else noise and words
}

type weighted struct {
	style  style
	chance int // of 65,536, together
}

// shapeOf gives the shapes their numbers. Those of mixed and storm were set by
// trying until a file of the size named in the package comment had what it says
// (TestNumbers). That so many are open at once takes opening sessions faster than
// they end: 4,300 for mixed, as it was once, is balanced at 56.
func shapeOf(name string) (shape, bool) {
	mixed := shape{
		open: 1500, opening: 8000,
		styles: []weighted{
			{download, 16700},
			{upload, 3200},
			{talk, 22000},
			{stream, 8200},
			{voice, 8736},
			{lookup, 4600},
			{background, 2100},
		},
		least: 6, longer: 27600, doublings: 9, train: 6, v6: 6500, noise: 330,
	}
	switch name {
	case "mixed":
		return mixed, true
	case "real":
		mixed.real = true
		return mixed, true
	case "many":
		mixed.open, mixed.opening, mixed.longer = 60, 4300, 26500
		return mixed, true
	case "bulk":
		return shape{
			open: 24, opening: 65536, all: 24, styles: []weighted{{transfer, 65536}},
			least: 1 << 30, train: 16,
		}, true
	case "storm":
		return shape{
			open: 140_000, opening: 30000, styles: []weighted{{tiny, 65536}},
			least: 1, longer: 33400, doublings: 9, train: 1, v6: 3300,
		}, true
	}
	return shape{}, false
}

func (s *shape) pick(r *random) style {
	n := int(r.next() >> 48)
	for _, w := range s.styles {
		if n < w.chance {
			return w.style
		}
		n -= w.chance
	}
	return s.styles[0].style
}
