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

// contribution returns the bytes that a kept packet adds to its session (SPEC 5).
func contribution(r Record, h Headers, s Settings) []byte {
	if s.Content == "payload" {
		return bytes.Clone(r.Data[h.Payload:h.End])
	}
	var out []byte
	if r.LinkType == 1 && s.MAC != "remove" {
		out = append(out, mac(r.Data[0:6], s)...)
		out = append(out, mac(r.Data[6:12], s)...)
		between := bytes.Clone(r.Data[:h.IP])
		for _, at := range innerFrames(r.Data) {
			copy(between[at:], mac(r.Data[at:at+6], s))
			copy(between[at+6:], mac(r.Data[at+6:at+12], s))
		}
		out = append(out, between[12:]...)
	}
	out = append(out, ipHeader(r.Data[h.IP:h.Transport], h, s)...)
	out = append(out, transportHeader(r.Data[h.Transport:h.Payload], h, s)...)
	if s.UDPPad && h.Protocol == 17 {
		out = append(out, make([]byte, 12)...)
	}
	return append(out, r.Data[h.Payload:h.End]...)
}

func ipHeader(header []byte, h Headers, s Settings) []byte {
	b := bytes.Clone(header)
	if h.Version == 4 && s.Checksums == "zero" {
		b[10], b[11] = 0, 0
	}
	for _, o := range optionAddresses(header, h.Version) {
		a, _ := netip.AddrFromSlice(header[o.at : o.at+o.n])
		if s.IP == "remove" {
			copy(b[o.at:], make([]byte, o.n))
		} else {
			copy(b[o.at:], address(a, o.n, s))
		}
	}
	first, n := 12, 4
	if h.Version == 6 {
		first, n = 8, 16
	}
	out := bytes.Clone(b[:first])
	out = append(out, address(h.Src, n, s)...)
	out = append(out, address(h.Dst, n, s)...)
	return append(out, b[first+2*n:]...)
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

func transportHeader(header []byte, h Headers, s Settings) []byte {
	b := bytes.Clone(header)
	if s.Ports == "zero" {
		b[0], b[1], b[2], b[3] = 0, 0, 0, 0
	}
	if s.Checksums == "zero" {
		at := 6
		if h.Protocol == 6 {
			at = 16
		}
		b[at], b[at+1] = 0, 0
	}
	return b
}
