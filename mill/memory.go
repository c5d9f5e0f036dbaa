package mill

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// MinMemory is the least that a run can be asked to take, in bytes: 128 MiB.
const MinMemory = 128 << 20

// spillError says that temporary files failed: the run ends, because sessions
// would be lost.
type spillError struct{ err error }

func (e *spillError) Error() string {
	return e.err.Error() + "; --tmp names another directory for temporary files, --memory takes more memory"
}

func (e *spillError) Unwrap() error { return e.err }

func spilling(err error) error {
	if err == nil {
		return nil
	}
	return &spillError{err}
}

// memory is what the run may take in bytes.
func (o *Options) memory() int64 {
	if o.Memory > 0 {
		return o.Memory
	}
	return max(machineMemory("/")/2, MinMemory)
}

// MemoryLimit is what the run may take in bytes, Memory or what stands for 0.
func (o *Options) MemoryLimit() int64 { return o.memory() }

// fixedMemory is what a run takes besides tables and the set of digests: the
// program, the table of flows, what is read ahead of objects in stores, blocks that are read ahead of two captures with what is
// decoded of them, and samples that wait for a commit.
func (o *Options) fixedMemory() int64 {
	const perBlock = 3 * capture.BlockLen
	fixed := 40<<20 + int64(o.workers()+2)*2*perBlock
	if o.Flows != nil {
		fixed += o.Flows.Size()
	}
	if o.stores {
		fixed += int64(o.workers()+1) * objects.Memory
	}
	return fixed
}

// FlowMemory is what a table of flows may take of the run's memory, in bytes: all but what the
// rest needs at least.
func (o *Options) FlowMemory() int64 {
	return max(o.memory()-o.fixedMemory()-leastTables, leastTables)
}

// leastTables is the least that tables of sessions may take before they are spilled.
const leastTables = 16 << 20

// tableBudget is the part of the memory that tables of sessions may take before they are
// spilled, in bytes. memory is that of the run; taken is what the set of digests and the
// captures that are open hold; the table of flows is in fixedMemory. Four tenths of the rest
// are a reserve for tables that are growing, and for garbage.
func (o *Options) tableBudget(memory, taken int64) int64 {
	if o.budget > 0 {
		return o.budget
	}
	return max((memory-o.fixedMemory()-taken)*6/10, leastTables)
}

// SmallTables makes a run spill tables of more than so many bytes, whatever its memory: for
// tests of what spills.
func (o *Options) SmallTables(bytes int64) { o.budget = bytes }

// machineMemory is the memory in bytes that this process can have: that of the machine, or
// the limit of its control group (v2 or v1) where that is lower, or 4 GiB where neither is
// known. root is "/" but in tests.
func machineMemory(root string) int64 {
	least := int64(math.MaxInt64)
	if text, err := os.ReadFile(filepath.Join(root, "proc/meminfo")); err == nil {
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "MemTotal:" {
				if kib, err := strconv.ParseInt(f[1], 10, 64); err == nil {
					least = kib << 10
				}
			}
		}
	}
	for _, path := range controlGroups(root) {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
			least = min(least, n)
		}
	}
	if least == math.MaxInt64 {
		return 4 << 30
	}
	return least
}

// controlGroups are the files that may hold a memory limit of this process: of
// its group and of all above it.
func controlGroups(root string) (files []string) {
	text, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		top, name := "/sys/fs/cgroup", "memory.max"
		if f[1] != "" {
			if !strings.Contains(","+f[1]+",", ",memory,") {
				continue
			}
			top, name = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		for group := f[2]; ; group = group[:strings.LastIndexByte(group, '/')] {
			group = strings.TrimSuffix(group, "/")
			files = append(files, top+group+"/"+name)
			if group == "" {
				break
			}
		}
	}
	return files
}
