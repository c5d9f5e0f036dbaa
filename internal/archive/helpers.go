package archive

import "github.com/pcapmill/pcapmill/capture"

// Helpers decode parts of an archive that is compressed as one stream, for whoever reads it: see
// capture.Options. The zero value is nobody. What is read does not depend on them.
type Helpers struct {
	Workers int // each takes HelperMemory bytes
	Run     func(task func())
	Spare   func(total int64) bool
}

// HelperMemory is what each of Helpers.Workers takes, in bytes, beyond what Spare grants.
const HelperMemory = 24 << 20

// LeastHelped is the size in bytes of the archives from which Helpers pay.
const LeastHelped = 8 << 20

// options are those with which the stream of the archive is read.
func (h Helpers) options(memory int64) capture.Options {
	return capture.Options{MaxMemory: memory, Workers: h.Workers, Run: h.Run, Spare: h.Spare}
}

// Divisible is how many bytes of the archive can be decoded by several goroutines for this
// member alone (see capture.Source): those of one that is deflated in a ZIP archive. 0: none.
func (m *Member) Divisible() int64 {
	if m.Kind != ZIP || m.Method != methodFlate {
		return 0
	}
	return m.Packed
}
