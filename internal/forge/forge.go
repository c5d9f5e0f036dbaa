// Package forge makes challenge twins: packets that say the same and look as if they came
// from elsewhere. Addresses, ports, identification, TTL, and the numbers of TCP connections
// are rewritten under a key, each by a rule that keeps what the packets of a session have
// to do with each other; a model that learned them fails on the twin.
//
// H(name, x) is HMAC-SHA-256 under the key over "pcapmill forge", a zero byte, the name, a
// zero byte, and x; n(name, x, m) is 1 + (its first 8 bytes, big-endian) mod m. S is the
// five-tuple: IP version and protocol (a byte each), then address and port (big-endian) of
// the lower endpoint and of the higher one. d is a byte: 1 for packets from the lower
// endpoint, else 0.
//
//	addresses       IP: Crypto-PAn under H("addresses", ""), in options and extension headers
//	                too; link addresses: pseudonyms under H("mac", "")
//	ports           p becomes (p - 1 + n("ports", "", 65534)) mod 65535 + 1
//	ip.id           the same with n("ip.id", S, 65534); IPv4 only
//	ip.ttl          t becomes (t - 1 + n("ip.ttl", S d, 254)) mod 255 + 1
//	tcp.seq         sequence number + n("tcp.seq", S d, 2^32 - 1); acknowledgement number
//	                (with the ACK flag) and edges of SACK options + n("tcp.seq", S 1-d, 2^32 - 1)
//	tcp.timestamps  TSval + n("tcp.timestamps", S d, 2^32 - 1), TSecr (with the ACK flag) +
//	                n("tcp.timestamps", S 1-d, 2^32 - 1)
//
// A port, an identification and a TTL of zero stay zero. Checksums are put right by their
// difference (RFC 1624): a wrong one stays wrong, a UDP checksum of zero stays zero. Lengths
// and payload are not touched.
package forge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"net/netip"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mask"
)

// Fields is a set of what is rewritten.
type Fields uint8

// Fields of a packet.
const (
	Addresses Fields = 1 << iota
	Ports
	ID
	TTL
	Seq
	Timestamps

	All = Addresses | Ports | ID | TTL | Seq | Timestamps
)

var fieldNames = []string{"addresses", "ports", "ip.id", "ip.ttl", "tcp.seq", "tcp.timestamps"}

// Parse reads names with commas between, "all", or "none".
func Parse(text string) (f Fields, err error) {
	if text == "none" {
		return 0, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		i := slices.Index(fieldNames, name)
		switch {
		case name == "all":
			f |= All
		case i >= 0:
			f |= 1 << i
		default:
			return 0, fmt.Errorf("no field %q to forge: have none, all, %s", name, strings.Join(fieldNames, ", "))
		}
	}
	return f, nil
}

// String is what Parse reads: "none", "all", or names in their fixed order.
func (f Fields) String() string {
	switch f {
	case 0:
		return "none"
	case All:
		return "all"
	}
	var names []string
	for i, name := range fieldNames {
		if f>>i&1 != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// DefaultKey is the key where the user gives none: then everyone can undo what Forger does.
func DefaultKey() []byte { return []byte("pcapmill") }

// Forger rewrites packets. It keeps the numbers of some sessions and pseudonyms of
// addresses, and is not safe for concurrent use.
type Forger struct {
	fields Fields
	mac    hash.Hash // under the key
	ip     *mask.Pseudonymizer
	link   *mask.Pseudonymizer
	port   uint64
	cache  []line // of sessions
	bare   bool   // link headers are shown nowhere
	blank  bool   // checksums are shown nowhere
	hidden bool   // nor are IP addresses but those of link headers

	input, sum []byte
	out        []byte // of the packet at hand
	visit      func(at, length int)
}

// New returns a Forger of the fields under a key of any length.
func New(fields Fields, key []byte) *Forger {
	f := &Forger{fields: fields, mac: hmac.New(sha256.New, key)}
	var err error
	if f.ip, err = mask.NewPrefixPseudonymizer(slices.Clone(f.digest("addresses", nil))); err != nil {
		panic(err) // it has the length that this key needs
	}
	f.link = mask.NewPseudonymizer(slices.Clone(f.digest("mac", nil)))
	f.port = f.n("ports", nil, 65534)
	f.visit = f.linkAddress
	return f
}

// Under leaves as it is what no packet shows that is masked by p afterwards: the packets that
// Packet returns are right only under p.
func (f *Forger) Under(p *mask.Policy) {
	f.bare = p.MAC == mask.Remove
	if p.Checksums != mask.Zero {
		return // the others are in them
	}
	f.blank = true
	f.hidden = p.IP == mask.Zero || p.IP == mask.Remove
	for _, x := range []struct {
		fields Fields
		hidden bool
	}{
		{Ports, p.Ports == mask.Zero},
		{ID, p.Fields[mask.IPID] == mask.Zero},
		{TTL, p.Fields[mask.IPTTL] == mask.Zero},
		{Timestamps, p.Fields[mask.TCPOptions] == mask.Zero || p.Fields[mask.TCPTimestamps] == mask.Zero},
	} {
		if x.hidden {
			f.fields &^= x.fields
		}
	}
}

// digest is H. It is valid until the next call.
func (f *Forger) digest(name string, x []byte) []byte {
	f.input = append(f.input[:0], "pcapmill forge\x00"...)
	f.input = append(append(f.input, name...), 0)
	f.input = append(f.input, x...)
	f.mac.Reset()
	_, _ = f.mac.Write(f.input) // never fails
	f.sum = f.mac.Sum(f.sum[:0])
	return f.sum
}

func (f *Forger) n(name string, x []byte, m uint64) uint64 {
	return 1 + binary.BigEndian.Uint64(f.digest(name, x))%m
}

// Packet returns the packet with its fields rewritten. data are its captured bytes, l is
// what Decode made of them; both stay as they are, and l is right for the result too. The
// result is valid until the next call.
func (f *Forger) Packet(lt header.LinkType, data []byte, l *header.Layout) []byte {
	f.out = append(f.out[:0], data...)
	x, d := f.lineOf(data, l), 0
	if l.FromLower() {
		d = 1
	}
	if f.fields&Addresses != 0 {
		if !f.bare {
			f.linkAddresses(x, lt, data, l, d)
		}
		if !f.hidden {
			f.addresses(x, l, d)
			if l.HasOptions() {
				_, length := l.Addresses()
				l.OptionAddresses(data, func(at int) { f.address(at, length) })
			}
		}
	}
	f.network(x, data, l, d)
	if at := l.Transport(); f.fields&Ports != 0 {
		turn16(f.out[at:], f.port)
		turn16(f.out[at+2:], f.port)
	}
	if !l.IsUDP() && f.fields&(Seq|Timestamps) != 0 {
		f.tcp(x, data, l, d)
	}
	if !f.blank {
		f.checksums(data, l)
	}
	return f.out
}

func (f *Forger) network(x *line, data []byte, l *header.Layout, d int) {
	ip := f.out[l.Network():]
	ttl := 8
	if l.IsIPv6() {
		ttl = 7
	}
	if f.fields&ID != 0 && !l.IsIPv6() && binary.BigEndian.Uint16(ip[4:]) != 0 {
		turn16(ip[4:], f.id(x, data, l))
	}
	if t := ip[ttl]; f.fields&TTL != 0 && t != 0 {
		ip[ttl] = byte((uint64(t)-1+f.ttl(x, data, l, d))%255 + 1)
	}
}

func (f *Forger) tcp(x *line, data []byte, l *header.Layout, d int) {
	const flagAck = 0x10
	at := l.Transport()
	acks := data[at+13]&flagAck != 0
	if f.fields&Seq != 0 {
		add32(f.out[at+4:], f.seq(x, data, l, d))
		if acks {
			add32(f.out[at+8:], f.seq(x, data, l, 1-d))
		}
	}
	if l.Payload() == at+20 {
		return
	}
	l.TCPOptions(data, func(kind uint8, at, length int) {
		switch {
		case kind == header.OptionSACK && f.fields&Seq != 0:
			for edge := at + 2; edge+4 <= at+length; edge += 4 {
				add32(f.out[edge:], f.seq(x, data, l, 1-d))
			}
		case kind == header.OptionTimestamps && length == 10 && f.fields&Timestamps != 0:
			add32(f.out[at+2:], f.stamp(x, data, l, d))
			if acks {
				add32(f.out[at+6:], f.stamp(x, data, l, 1-d))
			}
		}
	})
}

// linkAddresses rewrites the addresses of the link header. Those of Ethernet take no memory.
func (f *Forger) linkAddresses(x *line, lt header.LinkType, data []byte, l *header.Layout, d int) {
	if !l.IsEthernet() {
		lt.Addresses(data[:l.Network()], f.visit)
		return
	}
	f.ethernet(x, d)
	l.InnerMACs(data, func(at int) { f.linkAddress(at, 6) })
}

// linkAddress rewrites an address of the link header.
func (f *Forger) linkAddress(at, length int) {
	if length != 6 {
		f.address(at, length)
		return
	}
	a := f.link.MAC([6]byte(f.out[at : at+6]))
	copy(f.out[at:], a[:])
}

// address rewrites an IP address.
func (f *Forger) address(at, length int) {
	if length == 4 {
		a := f.ip.IP(netip.AddrFrom4([4]byte(f.out[at : at+4]))).As4()
		copy(f.out[at:], a[:])
		return
	}
	a := f.ip.IP(netip.AddrFrom16([16]byte(f.out[at : at+16]))).As16()
	copy(f.out[at:], a[:])
}

// turn16 moves a number from 1 to 65535 by n, round and round; zero stays.
func turn16(b []byte, n uint64) {
	if v := binary.BigEndian.Uint16(b); v != 0 {
		binary.BigEndian.PutUint16(b, uint16((uint64(v)-1+n)%65535+1))
	}
}

func add32(b []byte, n uint32) { binary.BigEndian.PutUint32(b, binary.BigEndian.Uint32(b)+n) }
