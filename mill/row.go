package mill

import "github.com/pcapmill/pcapmill/dataset"

// rowOf is what the table says about session i of a capture, but for the place of
// the capture in the dataset.
func rowOf(x *Extraction, i int) dataset.Row {
	return dataset.Row{
		Session:  uint64(i),
		Original: x.Sessions.At(i).Bytes,
		Digest:   x.digests[i],
	}
}
