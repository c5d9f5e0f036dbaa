package capture

import "io"

// Plain undoes the compression of a stream that is no capture, such as a table of flows, if
// it has one of those that captures may have: gzip, zstd, lz4, xz, bzip2, told by its first
// bytes. The name is that of the compression, or "". A stream that expands as a bomb does
// ends with an *[ExpansionError]. done frees the decoder; stream stays the caller's to close.
func Plain(stream io.Reader) (plain io.Reader, name string, done func(), err error) {
	plain, name, done, err = undo(&source{r: stream}, &expansion{memory: &memory{}})
	if done == nil {
		done = func() {}
	}
	return plain, name, done, err
}
