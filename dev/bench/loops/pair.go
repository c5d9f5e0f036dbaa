package loops

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
)

// pair writes session_output.idx3 and label_output.idx1, each sample once.
type pair struct {
	images, labels *os.File
	buffer         *bufio.Writer
	seen           map[[sha256.Size]byte]struct{}
	count          int
}

func newPair(dir string) (*pair, error) {
	images, err := os.Create(filepath.Join(dir, "session_output.idx3"))
	if err != nil {
		return nil, err
	}
	labels, err := os.Create(filepath.Join(dir, "label_output.idx1"))
	if err != nil {
		return nil, errors.Join(err, images.Close())
	}
	p := &pair{
		images: images, labels: labels,
		buffer: bufio.NewWriterSize(images, 1<<20), seen: map[[sha256.Size]byte]struct{}{},
	}
	_, err = p.buffer.Write(header(0x0803, 0, 28, 28))
	return p, err
}

func header(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// add writes a sample unless it has been written. Errors show in close.
func (p *pair) add(sample []byte) {
	sum := sha256.Sum256(sample)
	if _, ok := p.seen[sum]; ok {
		return
	}
	p.seen[sum] = struct{}{}
	_, _ = p.buffer.Write(sample) // a bufio.Writer keeps its error for Flush
	p.count++
}

// close puts the count into the header and writes the labels, all unknown.
func (p *pair) close() error {
	err := p.buffer.Flush()
	_, err1 := p.images.WriteAt(header(uint32(p.count)), 4)
	labels := header(0x0801, uint32(p.count))
	for range p.count {
		labels = append(labels, 255)
	}
	_, err2 := p.labels.Write(labels)
	return errors.Join(err, err1, err2, p.images.Close(), p.labels.Close())
}
