package mask

import "github.com/pcapmill/pcapmill/header"

// View is a masked packet with the places of its parts. Its memory is the Masker's, and
// valid until the Masker's next call.
type View struct {
	// Bytes are the link header (with MAC Remove: nothing of it), the IP header, the
	// transport header (with UDPPad), the payload, and what was captured behind the packet's
	// end. Content does not matter here.
	Bytes []byte
	// Offsets in Bytes: of the IP header, the transport header, the payload, and of what
	// stands behind the packet's end.
	IP, Transport, Payload, End int
	// Both addresses of the IP header stand at Addresses, each AddressLen bytes long; 0 where
	// they are cut out.
	Addresses, AddressLen int
	Numbers               []Number // relative ones; their offsets are in Bytes
}

// view is what a Masker keeps for View.
type view struct {
	View
	data []byte               // of the packet at hand
	mac  func(at, length int) // masks a link address; made once, so that no packet allocates
}

// View masks a packet of a link type for a form that shows its parts at places of its own.
// data are all captured bytes.
//
// With MAC other than Remove, the link header of any link type is shown, and every link
// address in it is masked: MAC addresses as MAC says, IP addresses that a link header
// repeats as IP says, those that IP removes by zeros.
func (m *Masker) View(lt header.LinkType, data []byte, l *header.Layout) *View {
	v := &m.view
	start := 0
	if m.MAC == Remove {
		start = l.Network()
	}
	v.Bytes = append(v.Bytes[:0], data[start:]...)
	v.IP, v.Transport, v.Payload, v.End = l.Network()-start, l.Transport()-start, l.Payload()-start, l.End()-start
	v.Addresses, v.AddressLen = l.Addresses()
	v.Addresses -= start
	// edit masks what stands in an Ethernet header.
	if m.MAC != Remove && !l.IsEthernet() && (m.MAC != Keep || m.IP != Keep) {
		m.editLink(lt, data)
	}
	m.edit(v.Bytes[:v.Payload], data, l, start)
	m.editPayload(v.Bytes[v.Payload:v.End], data, l)
	v.Numbers = v.Numbers[:0]
	if m.relative && !l.IsUDP() {
		v.Numbers = m.numbers(v.Numbers, data, l, start)
	}
	m.reshape(l)
	return &v.View
}

// reshape cuts out of the view and puts into it what the policy says.
func (m *Masker) reshape(l *header.Layout) {
	v := &m.view
	if m.Fields[PayloadBytes] == Remove {
		v.Bytes = append(v.Bytes[:v.Payload], v.Bytes[v.End:]...)
		v.End = v.Payload
	}
	if m.UDPPad && l.IsUDP() {
		n := len(v.Bytes)
		for range udpPad {
			v.Bytes = append(v.Bytes, 0)
		}
		copy(v.Bytes[v.Payload+udpPad:], v.Bytes[v.Payload:n])
		clear(v.Bytes[v.Payload : v.Payload+udpPad])
		v.Payload, v.End = v.Payload+udpPad, v.End+udpPad
	}
	if m.IP == Remove {
		n := 2 * v.AddressLen
		v.Bytes = append(v.Bytes[:v.Addresses], v.Bytes[v.Addresses+n:]...)
		v.AddressLen = 0
		v.Transport, v.Payload, v.End = v.Transport-n, v.Payload-n, v.End-n
		for i := range v.Numbers {
			v.Numbers[i].At -= n
		}
	}
}

// editLink masks the addresses of the link header, which stands at the beginning of the view.
func (m *Masker) editLink(lt header.LinkType, data []byte) {
	v := &m.view
	if v.mac == nil {
		v.mac = func(at, length int) {
			switch {
			case at+length > v.IP:
			case length == 6:
				m.editMAC(v.Bytes, v.data, at)
			case m.IP == Zero || m.IP == Remove:
				zero(v.Bytes, at, length)
			case m.IP != Keep:
				m.pseudonym(v.Bytes, v.data, at, length, 0)
			}
		}
	}
	v.data = data
	lt.Addresses(data, v.mac)
	v.data = nil
}
