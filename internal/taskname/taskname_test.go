package taskname_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/taskname"
)

// TestCheck: what is a column's name of its own, and what is not.
func TestCheck(t *testing.T) {
	for _, name := range []string{"app", "vpn_2", "A", strings.Repeat("a", 64)} {
		if err := taskname.Check(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "_", "1a", "a-b", "a b", "ä", "a\x00", "a\"", strings.Repeat("a", 65), "label", "Label", "IMAGE", "fold", "start_ns"} {
		if taskname.Check(name) == nil {
			t.Errorf("%q is a name", name)
		}
	}
}

// TestCheckAll: how many, and none twice in any case.
func TestCheckAll(t *testing.T) {
	var many []string
	for i := range taskname.Max {
		many = append(many, fmt.Sprint("t", i))
	}
	if err := taskname.CheckAll(many); err != nil {
		t.Error(err)
	}
	if taskname.CheckAll(append(many, "more")) == nil || taskname.CheckAll([]string{"app", "App"}) == nil || taskname.CheckAll([]string{"app", "class"}) == nil {
		t.Error("too many, twice, or another column's: nil")
	}
}
