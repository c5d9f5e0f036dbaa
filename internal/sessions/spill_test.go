package sessions_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/session"
)

// digest stands for any function of the bytes.
func digest(prefix []byte) (d [16]byte) {
	copy(d[:], fmt.Sprintf("%d %x", len(prefix), bytes.TrimRight(prefix, "\x00")))
	return d
}

// TestSpillingIsTheSame: packets dealt out to tables, each of which is spilled at any moment and merged back in any number of
// passes, give the sessions of the naive fold, in the order of their first packets.
func TestSpillingIsTheSame(t *testing.T) {
	dir := t.TempDir()
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 2))
		list := packets(r)
		limit := []int{1, 20, 784, 70000}[r.IntN(4)]
		prints := r.IntN(2) == 0
		keys, partials := fold(list, limit, prints)

		tables := 1 << r.IntN(4)
		run := sessions.Run{}
		table, spill := make([]*sessions.Table, tables), make([]*sessions.Spill, tables)
		for k := range table {
			table[k], spill[k] = sessions.NewTable(limit, prints, seed), sessions.NewSpill(dir)
		}
		every := 1 + r.IntN(2*len(list)+1)
		for i := range list {
			p := &list[i]
			run.Reset(tables)
			run.Add(&seed, p.data, &p.stack, 0, 0, p.time)
			for k, one := range run.Packets {
				if len(one) == 0 {
					continue
				}
				table[k].Touch(one)
				id := table[k].Add(&one[0], run.Tuples(k), p.number)
				copy(table[k].Room(id, len(p.bytes)), p.bytes)
				table[k].Contribute(id, len(p.bytes), p.bytes)
				if r.IntN(every) == 0 {
					if err := spill[k].Put(table[k]); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		l := sessions.NewList()
		for k := range table {
			if !spill[k].Used() {
				table[k].Seal(digest)
				l.AddTable(table[k])
				continue
			}
			if err := spill[k].Put(table[k]); err != nil {
				t.Fatal(err)
			}
			if err := spill[k].Finish(table[k], 1+r.Int64N(3000), digest, l); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // it can be read twice
			sameList(t, l, 1+r.IntN(5), prints, keys, partials)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("temporary files are left: %v, %v", left, err)
		}
	})
}

func sameList(t *rapid.T, l *sessions.List, batch int, prints bool, keys []session.FiveTuple, partials map[session.FiveTuple]session.Partial) {
	if l.Len() != len(keys) {
		t.Fatalf("%d sessions, want %d", l.Len(), len(keys))
	}
	seen := 0
	err := l.Batches(batch, func(first int, batch []sessions.Session) error {
		for i, s := range batch {
			want := partials[keys[first+i]]
			if s.Key != keys[first+i] || !equal(s.Partial, want) {
				t.Fatalf("session %d is %v %+v, want %v %+v", first+i, s.Key, s.Partial, keys[first+i], want)
			}
			d := digest(want.Prefix)
			if prints {
				d = want.Print.Bytes()
			}
			if s.Digest != d {
				t.Fatalf("session %d has digest %q, want %q", first+i, s.Digest, d)
			}
			seen++
		}
		return nil
	})
	if err != nil || seen != len(keys) {
		t.Fatalf("%d of %d sessions read, %v", seen, len(keys), err)
	}
}

// TestSpillSaysWhereItFailed: a directory that is not there is named, and nothing is lost silently.
func TestSpillSaysWhereItFailed(t *testing.T) {
	table := sessions.NewTable(10, false, seed)
	list := packets(rand.New(rand.NewPCG(1, 1)))
	for i := range list {
		add(table, &list[i])
	}
	n := table.Len()
	err := sessions.NewSpill(t.TempDir() + "/none").Put(table)
	if !errors.Is(err, fs.ErrNotExist) || table.Len() != n {
		t.Fatalf("%v, %d sessions of %d", err, table.Len(), n)
	}
}
