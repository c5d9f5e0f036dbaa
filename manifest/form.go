package manifest

// Form says what the samples are, where they are not the first bytes of whole sessions.
type Form struct {
	Name       string `json:"name"`                 // "matrix"
	Parameters string `json:"parameters,omitempty"` // those that are not at their defaults, "packets=10,header=40"
	Unit       string `json:"unit"`                 // what a sample is made of: session, flow, packet
	DType      string `json:"dtype"`                // u8, i8, i16, f32 or text
	Axes       string `json:"axes,omitempty"`       // what rows and columns are
	Units      string `json:"units,omitempty"`      // of the values
	Pad        string `json:"pad,omitempty"`        // the value where nothing is
	Start      string `json:"start,omitempty"`      // where in a packet it begins
	Selection  string `json:"selection,omitempty"`  // which packets
	Sizes      string `json:"sizes,omitempty"`      // what its sizes are
	Time       string `json:"time,omitempty"`       // what its times are
	Clip       string `json:"clip,omitempty"`       // how values are limited
	Counts     string `json:"counts,omitempty"`     // what truncated, padded and exact count: bytes or packets
}

// DType is the type of the samples' elements: "" is that of bytes.
func (m *Manifest) DType() string {
	if m.Form == nil {
		return ""
	}
	return m.Form.DType
}
