package mill

import "github.com/pcapmill/pcapmill/internal/filesum"

// sumInput reads the file of a capture once more for its SHA-256, if that was asked for:
// blocks are read side by side, and SHA-256 needs them in order. Standard input, FIFOs
// and devices can be read only once and have none.
func (sc *scheduler) sumInput(j *job, x *Extraction) (err error) {
	if !sc.p.InputSHA256 || sc.p.Captures[j.i].Stream {
		return nil
	}
	x.SHA256, _, err = filesum.Of(sc.ctx, j.path)
	return err
}
