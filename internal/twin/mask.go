package twin

import (
	"bytes"
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strings"
)

// part is what a kept packet adds to its session: bytes, and the relative numbers in them, which are zeros still.
type part struct {
	bytes   []byte
	numbers []number
	headers Headers // of the packet as captured
	layout  [4]int  // bytes of it: link header, IP header, transport header, payload
}

// contribution returns what a kept packet adds to its session (SPEC 5 and 11).
func contribution(r Record, h Headers, s Settings) (p part) {
	shown, gone, numbers := masked(r, h, s)
	from := h.IP
	if r.LinkType == 1 && s.MAC != "remove" {
		from = 0
	}
	if s.Content == "payload" {
		from, numbers = h.Payload, nil
	}
	p.headers = h
	for at := from; at <= h.End; at++ {
		if at == h.Payload && s.Content != "payload" && s.UDPPad && h.Protocol == 17 {
			p.bytes = append(p.bytes, make([]byte, 12)...)
			p.layout[2] += 12
		}
		for _, n := range numbers {
			if n.at == at {
				n.at = len(p.bytes)
				p.numbers = append(p.numbers, n)
			}
		}
		if at < h.End && !gone[at] {
			p.bytes = append(p.bytes, shown[at])
			switch {
			case at < h.IP:
				p.layout[0]++
			case at < h.Transport:
				p.layout[1]++
			case at < h.Payload:
				p.layout[2]++
			default:
				p.layout[3]++
			}
		}
	}
	return p
}

// masked returns the packet's bytes with everything masked in place, which of them are cut out, and where its relative numbers
// stand, which are zeros.
func masked(r Record, h Headers, s Settings) (b []byte, gone []bool, numbers []number) {
	b, gone = bytes.Clone(r.Data), make([]bool, len(r.Data))
	if s.Content == "payload" { // then the others have nothing to act on
		s.MAC, s.IP = "keep", "keep"
	}
	if r.LinkType == 1 && s.MAC != "remove" {
		for _, at := range append([]int{0}, innerFrames(r.Data)...) {
			copy(b[at:], mac(r.Data[at:at+6], s))
			copy(b[at+6:], mac(r.Data[at+6:at+12], s))
		}
	}
	first, n := h.IP+12, 4
	if h.Version == 6 {
		first, n = h.IP+8, 16
	}
	for i := range 2 * n {
		gone[first+i] = s.IP == "remove"
	}
	copy(b[first:], address(h.Src, n, s))
	copy(b[first+n:], address(h.Dst, n, s))
	for _, o := range optionAddresses(r.Data[h.IP:h.Transport], h.Version) {
		a, _ := netip.AddrFromSlice(r.Data[h.IP+o.at : h.IP+o.at+o.n])
		if s.IP == "remove" {
			copy(b[h.IP+o.at:], make([]byte, o.n))
		} else {
			copy(b[h.IP+o.at:], address(a, o.n, s))
		}
	}
	zero := func(at, n int) { copy(b[at:], make([]byte, n)) }
	if s.Ports == "zero" {
		zero(h.Transport, 4)
	}
	if s.Checksums == "zero" {
		if h.Version == 4 {
			zero(h.IP+10, 2)
		}
		if h.Protocol == 6 {
			zero(h.Transport+16, 2)
		} else {
			zero(h.Transport+6, 2)
		}
	}
	numbers = maskFields(b, r.Data, h, s)
	for at := h.Payload; at < h.End; at++ {
		gone[at] = s.Mask["payload"] == "remove"
	}
	return b, gone, numbers
}

func address(a netip.Addr, n int, s Settings) []byte {
	switch s.IP {
	case "remove":
		return nil
	case "zero":
		return make([]byte, n)
	case "anonymize":
		return digest(a.String(), s.Key)[:n]
	case "prefix":
		return cryptoPAn(a, s.Key)
	}
	return a.AsSlice()
}

// cryptoPAn is the pseudonym of Xu, Fan, Ammar and Moon, bit by bit in text: the bit at place i is flipped by the first bit of the
// encryption of the address's first i bits followed by the pad's others.
func cryptoPAn(a netip.Addr, key []byte) []byte {
	cipher, err := aes.NewCipher(key[:16])
	if err != nil {
		panic(err)
	}
	encrypt := func(bits string) string {
		in := new(big.Int)
		in.SetString(bits, 2)
		out := make([]byte, 16)
		cipher.Encrypt(out, in.FillBytes(make([]byte, 16)))
		return bitText(out)
	}
	pad := encrypt(bitText(key[16:]))
	address := bitText(a.AsSlice())
	out := new(big.Int)
	for i := range address {
		bit := uint(address[i]-'0') ^ uint(encrypt(address[:i] + pad[i:])[0]-'0')
		out.SetBit(out, len(address)-1-i, bit)
	}
	return out.FillBytes(make([]byte, len(address)/8))
}

func bitText(b []byte) string {
	var t strings.Builder
	for _, c := range b {
		fmt.Fprintf(&t, "%08b", c)
	}
	return t.String()
}

func mac(b []byte, s Settings) []byte {
	switch s.MAC {
	case "zero":
		return make([]byte, 6)
	case "anonymize":
		d := digest(net.HardwareAddr(b).String(), s.Key)[:6]
		d[0] |= 2  // locally administered
		d[0] &^= 1 // not multicast
		return d
	}
	return b
}

func digest(text string, key []byte) []byte {
	if key == nil {
		d := sha256.Sum256([]byte(text))
		return d[:]
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}
