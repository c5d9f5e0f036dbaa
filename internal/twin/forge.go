package twin

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"net/netip"
	"slices"
)

// Forge returns the packet of a challenge twin (SPEC 12), but for its checksums, which stay: fields are names like "ip.ttl".
func Forge(r Record, fields []string, key []byte) []byte {
	h := Decode(r.LinkType, r.Data, int(r.OrigLen))
	if h.Reason != "" {
		return r.Data
	}
	b := bytes.Clone(r.Data)
	has := func(name string) bool { return slices.Contains(fields, name) }
	hash := func(name, x string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte("pcapmill forge\x00" + name + "\x00" + x))
		return m.Sum(nil)
	}
	n := func(name, x string, m int64) *big.Int {
		v := new(big.Int).SetBytes(hash(name, x)[:8])
		return v.Add(v.Mod(v, big.NewInt(m)), big.NewInt(1))
	}
	source := string(h.Src.AsSlice()) + string(r.Data[h.Transport:h.Transport+2])
	target := string(h.Dst.AsSlice()) + string(r.Data[h.Transport+2:h.Transport+4])
	tuple, d, other := string(rune(h.Version))+string(rune(h.Protocol))+source+target, "\x01", "\x00"
	if netip.AddrPortFrom(h.Dst, h.DstPort).Compare(netip.AddrPortFrom(h.Src, h.SrcPort)) < 0 {
		tuple, d, other = string(rune(h.Version))+string(rune(h.Protocol))+target+source, "\x00", "\x01"
	}
	turn := func(at, size int, by *big.Int) { // 1 ... all ones, round and round
		v := new(big.Int).SetBytes(b[at : at+size])
		if v.Sign() == 0 {
			return
		}
		most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*size)), big.NewInt(1))
		v.Sub(v, big.NewInt(1)).Add(v, by).Mod(v, most).Add(v, big.NewInt(1))
		v.FillBytes(b[at : at+size])
	}
	add := func(at int, by *big.Int) {
		binary.BigEndian.PutUint32(b[at:], binary.BigEndian.Uint32(b[at:])+uint32(by.Uint64()))
	}
	if has("addresses") {
		pan, link := Settings{IP: "prefix", Key: hash("addresses", "")}, Settings{MAC: "anonymize", Key: hash("mac", "")}
		if r.LinkType == 1 {
			for _, at := range append([]int{0}, innerFrames(r.Data)...) {
				copy(b[at:], mac(r.Data[at:at+6], link))
				copy(b[at+6:], mac(r.Data[at+6:at+12], link))
			}
		}
		first, size := h.IP+12, 4
		if h.Version == 6 {
			first, size = h.IP+8, 16
		}
		places := []span{{first - h.IP, size}, {first + size - h.IP, size}}
		for _, o := range append(places, optionAddresses(r.Data[h.IP:h.Transport], h.Version)...) {
			a, _ := netip.AddrFromSlice(r.Data[h.IP+o.at : h.IP+o.at+o.n])
			copy(b[h.IP+o.at:], address(a, o.n, pan))
		}
	}
	if has("ip.id") && h.Version == 4 {
		turn(h.IP+4, 2, n("ip.id", tuple, 65534))
	}
	if has("ip.ttl") {
		turn(h.IP+map[int]int{4: 8, 6: 7}[h.Version], 1, n("ip.ttl", tuple+d, 254))
	}
	if has("ports") {
		turn(h.Transport, 2, n("ports", "", 65534))
		turn(h.Transport+2, 2, n("ports", "", 65534))
	}
	if h.Protocol == 6 {
		relative := Settings{Mask: map[string]string{"tcp.seq": "relative", "tcp.ack": "relative", "tcp.timestamps": "relative"}}
		for _, x := range maskTCP(bytes.Clone(r.Data), r.Data, h, relative, func(string, int, int) {}) {
			name, from := map[string]string{"seq": "tcp.seq", "ack": "tcp.seq", "tsval": "tcp.timestamps", "tsecr": "tcp.timestamps"}[x.kind], d
			if x.kind == "ack" || x.kind == "tsecr" {
				from = other
			}
			if has(name) {
				add(x.at, n(name, tuple+from, 1<<32-1))
			}
		}
	}
	return b
}
