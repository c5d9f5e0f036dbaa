package wds

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/pcapmill/pcapmill/dataset"
)

// always is what every row says.
type always struct {
	Index   int64  `json:"index"`
	Label   int    `json:"label"`
	Class   string `json:"class"`
	Split   string `json:"split"`
	Capture string `json:"capture"`
}

// full is a row of a dataset with a table of samples.
type full struct {
	always
	Session         uint64 `json:"session"`
	Start           int64  `json:"start_ns"`
	Duration        int64  `json:"duration_ns"`
	PacketsForward  uint64 `json:"packets_forward"`
	PacketsBackward uint64 `json:"packets_backward"`
	BytesForward    uint64 `json:"bytes_forward"`
	BytesBackward   uint64 `json:"bytes_backward"`
	Original        uint64 `json:"original_length"`
	Protocol        string `json:"protocol"`
	Digest          string `json:"digest"`
	Host            string `json:"host,omitempty"`
}

// row is what stands in KEY.json: one line.
func (x *exporter) row(s dataset.Side, e *dataset.Entry) ([]byte, error) {
	a := always{Index: e.Index, Label: e.Label, Class: dataset.ClassName(x.view, e.Label), Split: s.String()}
	if captures := x.view.Captures(); int64(e.Row.Capture) < int64(len(captures)) {
		a.Capture = captures[e.Row.Capture]
	}
	var row any = a
	if e.HasRow() {
		row = fullRow(a, &e.Row)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(row)
	return b.Bytes(), err
}

func fullRow(a always, r *dataset.Row) full {
	f := full{
		always: a, Session: r.Session, Start: r.Start, Duration: r.Duration,
		PacketsForward: r.Packets[0], PacketsBackward: r.Packets[1], BytesForward: r.Bytes[0], BytesBackward: r.Bytes[1],
		Original: r.Original, Protocol: strconv.Itoa(int(r.Proto)), Digest: hex.EncodeToString(r.Digest[:]),
	}
	switch r.Proto {
	case 6:
		f.Protocol = "tcp"
	case 17:
		f.Protocol = "udp"
	}
	if r.Host != [8]byte{} {
		f.Host = hex.EncodeToString(r.Host[:])
	}
	return f
}
