package mill_test

import (
	"testing"

	product "github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/rows"
)

// row is what a test looks at of a row of the table.
type row struct {
	capture        uint32
	session        uint64
	packets, bytes uint64
	digest         [16]byte
}

// rowsOf reads the table of samples.
func rowsOf(t *testing.T, dir string, n int64) (all []row) {
	t.Helper()
	table, err := rows.NewReader(dir, n)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	for range n {
		var r product.Row
		if err := table.Next(&r); err != nil {
			t.Fatal(err)
		}
		all = append(all, row{r.Capture, r.Session, r.Packets[0] + r.Packets[1], r.Original, r.Digest})
	}
	return all
}
