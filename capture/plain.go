package capture

import "io"

// Unpacked reads a stream that is no capture, such as a table of flows, without its
// compression. It is for one goroutine.
type Unpacked struct {
	Compression string // "" or that of the stream: gzip, zstd, lz4, xz, bzip2
	plain       io.Reader
	done        func()
	memory      memory
	expansion   expansion
}

// Plain undoes the compression of a stream that is no capture, if it has one of those that
// captures may have, told by its first bytes. A stream that expands as a bomb does ends with
// an *[ExpansionError], and one whose decoder would take more than most bytes for its window
// with a *[MemoryError], before they are taken; 0 is no limit. stream stays the caller's to
// close.
func Plain(stream io.Reader, most int64) (*Unpacked, error) {
	return Options{MaxMemory: most}.Plain(stream)
}

// Plain is the function Plain with the MaxMemory of these options, and with their Workers, Run
// and Spare: other goroutines decode parts of the stream, which must be a regular file.
func (o Options) Plain(stream io.Reader) (*Unpacked, error) {
	u := &Unpacked{memory: memory{most: o.MaxMemory}}
	u.expansion.memory = &u.memory
	u.expansion.workers, u.expansion.run, u.expansion.spare = o.Workers, o.Run, o.Spare
	var err error
	u.plain, u.Compression, u.done, err = undo(&source{r: stream}, &u.expansion)
	if err != nil {
		u.Close()
		return nil, err
	}
	return u, nil
}

// Read reads the stream without its compression.
func (u *Unpacked) Read(b []byte) (int, error) { return u.plain.Read(b) }

// Memory is what the decoder takes for its window so far, in bytes.
func (u *Unpacked) Memory() int64 { return u.memory.total() }

// MaxExpansion is that of Reader.
func (u *Unpacked) MaxExpansion(times int) { u.expansion.limit = times }

// Used is how many bytes of the compressed stream stand for what was read so far; 0 if it is
// not compressed.
func (u *Unpacked) Used() int64 {
	if u.Compression == "" {
		return 0
	}
	return u.expansion.used()
}

// Close frees the decoder.
func (u *Unpacked) Close() {
	if u.done != nil {
		u.done()
	}
}
