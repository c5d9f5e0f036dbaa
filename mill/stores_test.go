package mill

import (
	"testing"

	"github.com/pcapmill/pcapmill/internal/objects"
)

// TestStoresTakeMemory: what is read ahead of objects is counted, for every worker and one more.
func TestStoresTakeMemory(t *testing.T) {
	o := Default()
	o.Workers = 3
	before := o.fixedMemory()
	o.stores = true
	if more := o.fixedMemory() - before; more != 4*objects.Memory {
		t.Errorf("%d bytes more, need %d", more, 4*objects.Memory)
	}
}
