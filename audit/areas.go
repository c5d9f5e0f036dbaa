package audit

import (
	"encoding/binary"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
)

// cellsOf says what stands in the cells of the samples of a manifest.
func cellsOf(m *manifest.Manifest) (represent.Cells, error) {
	s := m.Settings
	p := mask.Policy{}
	if s.Get("mac") == "remove" {
		p.MAC = mask.Remove
	}
	if s.Get("ip") == "remove" {
		p.IP = mask.Remove
	}
	if s.Get("content") == "payload" {
		p.Content = mask.Payload
	}
	form := m.Form.Name
	if m.Form.Parameters != "" {
		form += ":" + m.Form.Parameters
	}
	return represent.CellsOf(form, p)
}

// formed enters into the rules how the samples of a form are built.
func (r *rules) formed(m *manifest.Manifest) {
	r.form = m.Form.Name
	c, err := cellsOf(m)
	if err != nil { // of a version that we do not know
		r.layout = layoutUnknown
		return
	}
	r.room = c.Room
	r.layout, r.areas = layoutForm, c.Areas
	if t, err := dataset.ParseType(m.DType()); err == nil {
		r.size = t.Size()
	}
	if len(c.Areas) == 0 { // text
		r.layout = layoutUnknown
		return
	}
	switch c.Areas[0].Holds {
	case represent.CaptureFile:
		r.layout = layoutPcap
	case represent.Payloads:
		if len(c.Areas) == 1 && r.size == 1 {
			r.layout = layoutPayload
		}
	case represent.ShortHeaders:
		r.noIP, r.noPorts, r.blind = true, true, true
	case represent.Headers, represent.OnePacket:
		r.blind = true
	}
}

// name is what a report calls the layout.
func (r *rules) name() string {
	if r.form != "" {
		return r.form
	}
	return r.layout.String()
}

// static reports whether each cell has one field, whatever the sample.
func (r *rules) static() bool {
	return r.layout == layoutForm && r.areas[0].Holds == represent.Named
}

// staticFields are the fields of cells of which each has one.
func (r *rules) staticFields() (names []string) {
	for _, a := range r.areas {
		for range a.Cells {
			names = append(names, a.Field)
		}
	}
	return names
}

// walks reports whether headers of packets stand in the samples as bytes.
func (r *rules) walks() bool {
	return r.layout == layoutPcap || r.layout == layoutPackets || r.layout == layoutForm && !r.static()
}

// told reports whether a walk tells headers from payload, and both stand in the samples.
func (r *rules) told() bool {
	if r.layout != layoutForm {
		return r.layout == layoutPcap || r.layout == layoutPackets
	}
	headers, payloads := false, false
	for _, a := range r.areas {
		headers = headers || a.Holds == represent.Headers || a.Holds == represent.OnePacket
		payloads = payloads || a.Holds == represent.PayloadOf || a.Holds == represent.OnePacket
	}
	return headers && payloads && r.size == 1
}

// form names the fields of a sample of a form, of which counted packets or bytes are content.
func (w *walker) formSample(x []byte, counted int) {
	cells := len(x) / max(1, w.size)
	if w.static() {
		w.put(unknown, 0, cells, cells)
		return
	}
	b, at := w.low(x), 0
	rest := -1 // bytes of payload of the packet whose headers were named last; below zero: not known
	for _, a := range w.areas {
		end := min(at+a.Cells, len(b))
		limit := w.content(x, at, end)
		if a.Holds == represent.OnePacket {
			limit = min(limit, at+counted)
		} else if a.Packet >= counted {
			limit = at
		}
		w.well = true
		switch a.Holds {
		case represent.Headers, represent.ShortHeaders, represent.OnePacket:
			at, rest = w.headersOf(b, at, limit, a)
		case represent.PayloadOf:
			if a.Behind > 0 && rest >= 0 {
				limit = min(limit, at+rest)
			}
			at = w.put(payload, at, limit-at, end)
		default:
			at = w.put(payload, at, limit-at, end)
		}
		w.put(padding, at, end-at, end)
		at = end
	}
}

// headersOf names the headers of a packet that stand alone, and the payload behind them where
// it stands there too. rest is how many bytes of payload the packet has.
func (w *walker) headersOf(b []byte, at, limit int, a represent.Area) (next, rest int) {
	if at >= limit {
		return at, 0
	}
	h, ok := w.network(b, at, limit)
	if !ok {
		return w.put(unknown, at, limit-at, limit), -1
	}
	w.n++
	next, rest = w.name(b, at, limit, a.Packet, h), -1
	if w.noPayload {
		rest = 0
	} else if h.length > 0 {
		rest = max(0, h.length-h.ip-h.transport)
	}
	if a.Holds == represent.OnePacket {
		end := limit
		if rest >= 0 {
			end = min(limit, at+h.ip+h.transport+rest)
		}
		next = w.put(payload, next, end-next, limit)
	}
	return next, rest
}

// low is the sample's cells as bytes.
func (w *walker) low(x []byte) []byte {
	if w.size == 1 {
		return x
	}
	w.bytes = w.bytes[:0]
	for i := w.size - 1; i < len(x); i += w.size {
		w.bytes = append(w.bytes, x[i])
	}
	return w.bytes
}

// content is where the cells of an area end that are bytes, and padding begins.
func (w *walker) content(x []byte, at, end int) int {
	if w.size != 2 {
		return end
	}
	for i := at; i < end; i++ {
		if binary.BigEndian.Uint16(x[2*i:]) > 0xff {
			return i
		}
	}
	return end
}

// behaviour are names of cells that tell what packets do: sizes, times and directions. That is
// what a form with such cells is about, as payload is for bytes.
func behaviour(name string) bool {
	switch bare(name) {
	case "ipt", "time", "dir", "size", "signed-size", "ip-size":
		return true
	}
	return strings.HasPrefix(name, "size.")
}
