package mill_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/mill"
)

// TestMachineMemory: the machine's memory, or the lowest limit of the process's control group and of those above it.
func TestMachineMemory(t *testing.T) {
	const meminfo = "MemTotal:       16777216 kB\nMemFree:        1 kB\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing can be told", nil, 4 << 30},
		{"no groups", map[string]string{"proc/meminfo": meminfo}, 16 << 30},
		{"version 2, own limit", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "1073741824\n", "sys/fs/cgroup/a/memory.max": "max\n",
		}, 1 << 30},
		{"version 2, a limit above", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "2147483648\n",
		}, 2 << 30},
		{"version 2, at the root", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "536870912\n",
		}, 512 << 20},
		{"version 1", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu,memory:/job\n4:cpuset:/other\n",
			"sys/fs/cgroup/memory/job/memory.limit_in_bytes": "3221225472\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 3 << 30},
		{"a limit above the machine's", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "99999999999999\n",
		}, 16 << 30},
	} {
		root := t.TempDir()
		for name, text := range c.files {
			p := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if have := mill.MachineMemoryBelow(root); have != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, have, c.want)
		}
	}
}

// TestTableBudget: what else a run holds counts against what tables may take: the set of digests and open captures, and the
// table of flows. With all of it they stay within the memory of the run, and there is always some for tables.
func TestTableBudget(t *testing.T) {
	o := mill.Default()
	o.Workers, o.Memory = 2, 512<<20
	free := mill.TableBudget(o, 0)
	if free < 200<<20 || free > o.Memory*6/10 {
		t.Errorf("%d bytes of %d for tables", free, o.Memory)
	}
	if less := mill.TableBudget(o, 100<<20); less != free-60<<20 {
		t.Errorf("with 100 MiB taken %d bytes, want %d", less, free-60<<20)
	}
	o.Flows = flowTable(t, "1,10,1,Good", "2,10,1,Bad")
	if size := o.Flows.Size(); size == 0 || mill.TableBudget(o, 0) != free-size*6/10 && mill.TableBudget(o, 0) != free-(size*6+9)/10 {
		t.Errorf("with a table of flows of %d bytes %d bytes, without %d", size, mill.TableBudget(o, 0), free)
	}
	if least := mill.TableBudget(o, 1<<40); least != 16<<20 {
		t.Errorf("with everything taken %d bytes", least)
	}
}
