package audit

import (
	"context"
	"encoding/binary"
	"math/bits"

	"github.com/pcapmill/pcapmill/internal/parallel"
)

const (
	neighbours = 5
	mostKnown  = 10000 // training rows of k-NN
	mostAsked  = 2000  // its test rows
)

// words are rows as 64-bit words, of n words each, filled up with zeros.
type words struct {
	data []uint64
	n    int
}

func (w words) row(i int) []uint64 { return w.data[i*w.n : (i+1)*w.n] }

// words reads rows, as an input shows them.
func (a *auditor) words(ctx context.Context, rows []uint32, in input) (words, error) {
	out := words{n: (a.d.size() + 7) / 8}
	out.data = make([]uint64, len(rows)*out.n)
	w := walker{rules: a.rules}
	full := make([]byte, out.n*8)
	err := a.d.some(ctx, rows, func(i int, x []byte) error {
		a.show(&w, int(rows[i]), x, in)
		copy(full, x)
		for j := range out.n {
			out.data[i*out.n+j] = binary.LittleEndian.Uint64(full[j*8:])
		}
		return nil
	})
	return out, err
}

// distance is in how many bytes two rows differ; once it is above bound it is only known to
// be that.
func distance(x, y []uint64, bound int) (n int) {
	const low = 0x7f7f7f7f7f7f7f7f
	y = y[:len(x)]
	for i := 0; i < len(x); {
		for end := min(i+16, len(x)); i < end; i++ {
			z := x[i] ^ y[i]
			n += bits.OnesCount64((z&low + low | z) &^ low) // a bit for every byte that is not zero
		}
		if n > bound {
			return n
		}
	}
	return n
}

// knn scores the nearest neighbours by Hamming distance over bytes.
func (a *auditor) knn(ctx context.Context, in input) (*tally, error) {
	classes := len(a.d.classes)
	t := newTally(classes)
	for _, f := range a.e.folds {
		known, asked := spaced(f.train, mostKnown), spaced(f.test, mostAsked)
		x, err := a.words(ctx, known, in)
		if err != nil {
			return nil, err
		}
		y, err := a.words(ctx, asked, in)
		if err != nil {
			return nil, err
		}
		says := make([]int, len(asked))
		err = parallel.Each(ctx, a.workers, len(asked), func(_, i int) error {
			says[i] = a.vote(x, known, y.row(i))
			return nil
		})
		if err != nil {
			return nil, err
		}
		for i, row := range asked {
			t.add(says[i], int(a.d.class[row]), 1)
		}
	}
	return t, nil
}

// vote is the class of most of the nearest known rows; of equally near ones the earlier count,
// of classes with as many votes the lower.
func (a *auditor) vote(x words, known []uint32, y []uint64) int {
	type near struct {
		distance int
		class    uint16
	}
	var best []near
	bound := 1 << 30
	for i, row := range known {
		n := distance(x.row(i), y, bound)
		if len(best) == neighbours && n >= best[neighbours-1].distance {
			continue
		}
		at := len(best)
		for at > 0 && best[at-1].distance > n {
			at--
		}
		if len(best) < neighbours {
			best = append(best, near{})
		}
		copy(best[at+1:], best[at:])
		best[at] = near{n, a.d.class[row]}
		if len(best) == neighbours {
			bound = best[neighbours-1].distance
		}
	}
	says, votes := 0, 0
	for _, b := range best {
		n := 0
		for _, o := range best {
			if o.class == b.class {
				n++
			}
		}
		if n > votes || n == votes && int(b.class) < says {
			says, votes = int(b.class), n
		}
	}
	return says
}
