package parquet

import (
	"bytes"
	"image"
	stdpng "image/png"

	"github.com/pcapmill/pcapmill/dataset"
)

// encoder writes grey PNG without compression and keeps its buffers.
type encoder struct {
	out    bytes.Buffer
	buffer *stdpng.EncoderBuffer
}

// Get and Put make it a pool of one, which image/png asks for its buffers.
func (e *encoder) Get() *stdpng.EncoderBuffer  { return e.buffer }
func (e *encoder) Put(b *stdpng.EncoderBuffer) { e.buffer = b }

// png is the picture of a sample; it is valid until the next call.
func (e *encoder) png(data []byte, spec dataset.Spec) ([]byte, error) {
	picture := image.Gray{Pix: data, Stride: spec.Cols, Rect: image.Rect(0, 0, spec.Cols, spec.Rows)}
	e.out.Reset()
	to := stdpng.Encoder{CompressionLevel: stdpng.NoCompression, BufferPool: e}
	if err := to.Encode(&e.out, &picture); err != nil {
		return nil, err
	}
	return e.out.Bytes(), nil
}
