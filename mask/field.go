package mask

import (
	"fmt"
	"slices"
	"strings"
)

// Field is a part of a packet that --mask names, beyond the four of the options mac, ip,
// ports and checksums.
type Field uint8

// Fields of a packet. Byte 0 is the first of the header that the field stands in.
const (
	IPTos         Field = iota // IPv4 byte 1; IPv6 traffic class
	IPLength                   // IPv4 total length; IPv6 payload length
	IPID                       // IPv4 identification
	IPFragment                 // IPv4 bytes 6 and 7; IPv6 fragment header from its third byte on
	IPTTL                      // IPv4 time to live; IPv6 hop limit
	IPFlowLabel                // IPv6, 20 bits
	IPOptions                  // IPv4 options; other IPv6 extension headers from their third byte on
	TCPSeq                     // sequence number
	TCPAck                     // acknowledgement number, and the edges in SACK options
	TCPFlags                   // byte 13 and the low bit of byte 12
	TCPWindow                  // 2 bytes
	TCPUrgent                  // 2 bytes
	TCPOptions                 // all between the first 20 bytes and the payload
	TCPTimestamps              // TSval and TSecr of timestamp options
	UDPLength                  // 2 bytes
	PayloadBytes               // behind the transport header, to the packet's end
	TLSSNI                     // host names in ClientHellos
	HTTPHost                   // host names in HTTP/1 requests
	DNSNames                   // labels in DNS messages
	fieldCount
)

// fieldTable is the name of each field and the actions that it has besides keep and zero.
var fieldTable = [fieldCount]struct {
	name string
	more []Action
}{
	IPTos: {"ip.tos", nil}, IPLength: {"ip.length", nil}, IPID: {"ip.id", nil}, IPFragment: {"ip.fragment", nil}, IPTTL: {"ip.ttl", nil},
	IPFlowLabel: {"ip.flow-label", nil}, IPOptions: {"ip.options", nil},
	TCPSeq: {"tcp.seq", []Action{Relative}}, TCPAck: {"tcp.ack", []Action{Relative}}, TCPFlags: {"tcp.flags", nil},
	TCPWindow: {"tcp.window", nil}, TCPUrgent: {"tcp.urgent", nil}, TCPOptions: {"tcp.options", nil},
	TCPTimestamps: {"tcp.timestamps", []Action{Relative}}, UDPLength: {"udp.length", nil},
	PayloadBytes: {"payload", []Action{Ones, Remove}},
	TLSSNI:       {"tls.sni", nil}, HTTPHost: {"http.host", nil}, DNSNames: {"dns.names", nil},
}

// String is the field's name in --mask.
func (f Field) String() string { return fieldTable[f].name }

// Actions are the actions that the field has.
func (f Field) Actions() []Action { return append([]Action{Keep, Zero}, fieldTable[f].more...) }

// PacketFields are all fields, in the order of SPEC part 11.
func PacketFields() []Field {
	list := make([]Field, fieldCount)
	for i := range list {
		list[i] = Field(i)
	}
	return list
}

// Maskable are the names that --mask knows: the four options that are fields, and those of
// PacketFields.
func Maskable() []string {
	var names []string
	for _, o := range optionTable {
		names = append(names, o.name)
	}
	for _, f := range PacketFields() {
		names = append(names, f.String())
	}
	return names
}

// Apply changes the policy by the words of --mask: FIELD=ACTION pairs with commas between.
// Of two for the same field the last one counts. "" changes nothing. The error says which
// fields, or which actions of a field, there are; then the policy is as it was.
func (p *Policy) Apply(text string) error {
	next := *p
	for pair := range strings.SplitSeq(text, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, action, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("%q: need FIELD=ACTION, like ip.ttl=zero", pair)
		}
		name, action = strings.TrimSpace(name), strings.TrimSpace(action)
		if ok, err := next.setOption(name, action); ok {
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			continue
		}
		i := slices.IndexFunc(fieldTable[:], func(f struct {
			name string
			more []Action
		},
		) bool {
			return f.name == name
		})
		if i < 0 {
			return fmt.Errorf("no field %q to mask: have %s", name, strings.Join(Maskable(), ", "))
		}
		a, err := parseAction(action, Field(i).Actions()...)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		next.Fields[i] = a
	}
	*p = next
	return nil
}

// Masked are the fields of PacketFields that the policy does not keep, in the words of
// Apply, in the order of their names; "" for none.
func (p *Policy) Masked() string {
	var pairs []string
	for i, a := range p.Fields {
		if a != Keep {
			pairs = append(pairs, Field(i).String()+"="+a.String())
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, ",")
}
