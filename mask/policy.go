// Package mask decides which bytes of a packet a model may see.
//
// A kept packet contributes its bytes from the start that the policy says (the
// IP header, or the first byte of an Ethernet frame, or the transport payload)
// to its end by the IP length. Header fields that identify the participants
// are cut out, zeroed, or replaced by pseudonyms, each at its header offset:
//
//	field      values                         default  length
//	mac        remove zero anonymize keep     remove   remove cuts all before the IP header
//	ip         remove zero anonymize prefix keep  zero  remove cuts 8 (IPv4) or 32 (IPv6) bytes
//	ports      zero keep                      zero     unchanged
//	checksums  zero keep                      zero     unchanged
//	udp-pad    on off                         off      12 zero bytes behind the UDP header
//
// Addresses in IPv4 options and IPv6 extension headers (see
// header.Layout.OptionAddresses) go as ip says; remove zeroes them in place. The
// MAC addresses of an inner frame between an Ethernet header and IP (PBB) go as mac
// says.
//
// Nothing else changes. Checksums are a field of their own because, left alone,
// they give back the addresses that they cover. Payload is content and stays as
// it is, addresses written in it included, those of the inner headers of a tunnel
// over UDP or TCP too.
//
// The key of the session must be taken before: afterwards it is gone.
package mask

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/header"
)

// Action is what happens to a field.
type Action uint8

// Actions.
const (
	Keep      Action = iota // the bytes as captured
	Zero                    // zeros in place
	Anonymize               // a pseudonym of the same length
	Remove                  // cut out
	Prefix                  // a pseudonym of the same length that keeps prefixes: IP only
	Ones                    // 0xff in place
	Relative                // the difference to the first value of its direction, see Number
)

var actionNames = []string{"keep", "zero", "anonymize", "remove", "prefix", "ones", "relative"}

func (a Action) String() string { return actionNames[a] }

// MarshalText makes actions readable in manifests.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (a *Action) UnmarshalText(text []byte) (err error) {
	*a, err = parseAction(string(text), Keep, Zero, Anonymize, Remove, Prefix, Ones, Relative)
	return err
}

func parseAction(text string, allowed ...Action) (Action, error) {
	var names []string
	for _, a := range allowed {
		if a.String() == text {
			return a, nil
		}
		names = append(names, a.String())
	}
	slices.Sort(names)
	return 0, fmt.Errorf("no action %q here: have %s", text, strings.Join(names, ", "))
}

// Content is which part of a packet contributes.
type Content uint8

// Contents.
const (
	Packet  Content = iota // headers and payload
	Payload                // only what stands behind the TCP or UDP header
)

var contentNames = []string{"packet", "payload"}

func (c Content) String() string { return contentNames[c] }

// Policy says what happens to each field. The zero value keeps everything; see
// Default. With Content Payload the other fields have nothing to act on.
type Policy struct {
	MAC       Action // any but Prefix
	IP        Action // any
	Ports     Action // Keep or Zero
	Checksums Action // Keep or Zero: IPv4 header, TCP, UDP
	UDPPad    bool   // 12 zero bytes behind the UDP header, so that it is as long as TCP's
	Content   Content
	Fields    [fieldCount]Action // of the other fields, by Field
}

// Default is SPEC part 5: no link header, no address, no port, no checksum.
func Default() Policy {
	return Policy{MAC: Remove, IP: Zero, Ports: Zero, Checksums: Zero}
}

// Check reports an action that a field does not support.
func (p Policy) Check() error {
	switch {
	case p.MAC > Remove || p.IP > Prefix:
		return fmt.Errorf("action %d for MAC, %d for IP: need 0 to %d for MAC, to %d for IP", p.MAC, p.IP, Remove, Prefix)
	case p.Ports > Zero || p.Checksums > Zero:
		return fmt.Errorf("action %d for ports, %d for checksums: need Keep or Zero", p.Ports, p.Checksums)
	case p.Content > Payload:
		return fmt.Errorf("content %d: need Packet or Payload", p.Content)
	case p.Content == Payload && p.Fields[PayloadBytes] == Remove:
		return errors.New("payload=remove with --content payload leaves nothing of a packet: choose --content packet, or payload=zero")
	}
	for f, a := range p.Fields {
		if !slices.Contains(Field(f).Actions(), a) {
			return fmt.Errorf("action %d for %s: need one of %v", a, Field(f), Field(f).Actions())
		}
	}
	return nil
}

// CheckKey reports a key that does not fit the policy: Prefix needs one of
// PrefixKeyLen bytes; the others take any key, or none (nil).
func (p Policy) CheckKey(key []byte) error {
	if p.KeepsPrefixes() {
		return CheckPrefixKey(key)
	}
	return nil
}

// Pseudonyms reports whether the policy makes any.
func (p Policy) Pseudonyms() bool {
	return p.Content == Packet && (p.MAC == Anonymize || p.IP == Anonymize) || p.KeepsPrefixes()
}

// KeepsPrefixes reports whether the policy makes pseudonyms that keep prefixes.
func (p Policy) KeepsPrefixes() bool { return p.Content == Packet && p.IP == Prefix }

// udpPad is how many bytes UDPPad inserts: TCP's 20 less UDP's 8.
const udpPad = 12

// Start is the offset of the first byte that a packet contributes.
func (p *Policy) Start(l *header.Layout) int {
	switch {
	case p.Content == Payload:
		return l.Payload()
	case p.MAC != Remove && l.IsEthernet():
		return 0
	}
	return l.Network()
}

// end is the offset of the first byte behind those that a packet contributes.
func (p *Policy) end(l *header.Layout) int {
	if p.Fields[PayloadBytes] == Remove {
		return l.Payload()
	}
	return l.End()
}

// HidesLengths reports whether a walk from packet to packet over the bytes that packets
// contribute cannot find where each ends, because the lengths that it needs are masked.
func (p *Policy) HidesLengths() bool {
	return p.Content == Packet && p.Fields[IPLength] != Keep && p.Fields[PayloadBytes] != Remove
}

// NoShorter reports whether every packet contributes at least as many bytes under p as under o.
func (p *Policy) NoShorter(o *Policy) bool {
	return (p.MAC != Remove || o.MAC == Remove) && (p.IP != Remove || o.IP == Remove) && (p.UDPPad || !o.UDPPad) &&
		p.Content == o.Content && (p.Fields[PayloadBytes] != Remove || o.Fields[PayloadBytes] == Remove)
}

// Len is the number of bytes that a packet contributes.
func (p *Policy) Len(l *header.Layout) int {
	n := p.end(l) - p.Start(l)
	if p.Content == Payload {
		return n
	}
	if p.IP == Remove {
		_, length := l.Addresses()
		n -= 2 * length
	}
	if p.UDPPad && l.IsUDP() {
		n += udpPad
	}
	return n
}
