package sessions_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// BenchmarkTableMemory fills a table with sessions of 784 bytes and reports what it holds a session: the heap after a
// collection, and all that was allocated on the way there (maps and slices that grow are copied).
//
//	go test ./internal/sessions -run '^$' -bench TableMemory -benchtime 1x
func BenchmarkTableMemory(b *testing.B) {
	const many = 1_400_000
	for _, version := range []int{4, 6} {
		for _, prints := range []bool{false, true} {
			b.Run(fmt.Sprintf("IPv%d/prints=%t", version, prints), func(b *testing.B) {
				var ip testcap.Layer = testcap.IPv4{}
				if version == 6 {
					ip = testcap.IPv6{}
				}
				data := testcap.Build(ip, testcap.TCP{DstPort: 443}, testcap.Payload(make([]byte, 784)))
				var s header.Stack
				header.Decode(header.LinkTypeRaw, data, uint32(len(data)), &s)
				source := data[s.Network+12:][:4]
				if version == 6 {
					source = data[s.Network+20:][:4]
				}
				for b.Loop() {
					var before, after runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&before)
					t := sessions.NewTable(784, prints, seed)
					for i := range uint32(many) {
						binary.BigEndian.PutUint32(source, i)
						id := t.Note(data, &s, uint64(i)+1, 0)
						n := copy(t.Room(id, 784), data[s.Payload:])
						t.Contribute(id, n, data[s.Payload:])
					}
					runtime.GC()
					runtime.ReadMemStats(&after)
					if t.Len() != many {
						b.Fatalf("%d sessions", t.Len())
					}
					b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/many, "heap-B/session")
					b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/many, "allocated-B/session")
				}
			})
		}
	}
}
