package mill_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/verify"
)

// TestLabelsFromComments: a session has the class of the comment of its first kept packet; different classes in one session
// are a conflict; whatever the byte order, the memory and the other comments and options of packets. Compared with a walk
// through all packets.
func TestLabelsFromComments(t *testing.T) {
	classes, err := label.Parse("mine", []byte("web: [browse]\nmail: []\n"))
	if err != nil {
		t.Fatal(err)
	}
	draw.Check(t, func(rt *rapid.T) {
		dir, remove := tempDir(t)
		defer remove()
		ng := testcap.NG{BigEndian: rapid.Bool().Draw(rt, "big")}
		ng.Section()
		ng.Interface(testcap.Interface{LinkType: testcap.Raw})
		type seen struct{ first, labels []uint16 }
		sessions := map[uint16]*seen{}
		var order []uint16
		of := map[string]uint16{"1,web": 0, "s=7,mail": 1, "3,Browse": 0, "4,other": 255, "": 255, "a note, really": 255}
		texts := []string{"1,web", "s=7,mail", "3,Browse", "4,other", "", "a note, really"}
		for i := range rapid.IntRange(1, 40).Draw(rt, "packets") {
			port := rapid.Uint16Range(1, 5).Draw(rt, "port")
			text := rapid.SampledFrom(texts).Draw(rt, "comment")
			p := udp(100+int64(i), port, fmt.Sprint("payload ", i))
			left := rapid.IntRange(0, 5).Draw(rt, "left out") == 0
			if left { // a packet that is left out says nothing
				p.Data = testcap.Build(testcap.IPv4{Src: addr(1), Dst: addr(2)}, testcap.TCP{SrcPort: port, DstPort: 9})
			}
			options := []testcap.Option{{Code: 2, Value: []byte{1, 2, 3, 4}}, {Code: 1, Value: []byte("no class here")}}
			if text != "" {
				options = append(options, testcap.Option{Code: 1, Value: []byte(text)})
			}
			ng.Enhanced(0, p, options...)
			if left {
				continue
			}
			s := sessions[port]
			if s == nil {
				s = &seen{first: []uint16{of[text]}}
				sessions[port] = s
				order = append(order, port)
			}
			if label.FromComment([]byte(text)) != nil {
				s.labels = append(s.labels, of[text])
			}
		}
		path := filepath.Join(dir, "a.pcapng")
		if err := os.WriteFile(path, ng.Bytes(), 0o600); err != nil {
			rt.Fatal(err)
		}
		var want []uint16
		conflicts := int64(0)
		for _, port := range order {
			s := sessions[port]
			id := s.first[0]
			slices.Sort(s.labels)
			if len(slices.Compact(s.labels)) > 1 {
				id = 255
				conflicts++
			}
			want = append(want, id)
		}
		o := mill.Default()
		o.Labels, o.LabelFrom, o.TableConflict, o.Dedup = classes, mill.FromComment, mill.UnknownConflicts, 0
		o.Dedup = mill.Default().Dedup
		out := filepath.Join(dir, "out")
		for k, o := range []mill.Options{o, mill.Tight(o, 1)} {
			out := fmt.Sprint(out, k)
			r, err := attempt(t, []string{path}, out, o)
			if err != nil {
				rt.Fatal(err)
			}
			if got := labelsOf(t, out); len(want) > 0 && got != fmt.Sprint(want) {
				rt.Fatalf("labels %s, want %v", got, want)
			}
			if c := r.Manifest.Captures[0]; c.LabelConflicts != conflicts || c.Class != "by session" {
				rt.Fatalf("%d conflicts, want %d: %+v", c.LabelConflicts, conflicts, c)
			}
			if _, err := verify.Verify(out); len(want) > 0 && err != nil {
				rt.Fatal(err)
			}
		}
		o.TableConflict = mill.RefuseConflicts
		_, err := attempt(t, []string{path}, out, o)
		var all *mill.ConflictsError
		if conflicts > 0 && (!errors.As(err, &all) || all.Sessions != conflicts || !strings.Contains(err.Error(), "its packets have comments of two classes: ")) || conflicts == 0 && err != nil {
			rt.Fatalf("%d conflicts: %v", conflicts, err)
		}
	})
}

// TestClassesOfComments: without a class table the classes are those that occur, in byte-wise order, of all captures; a stream
// needs a table, and captures without such comments are refused.
func TestClassesOfComments(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, texts ...string) string {
		ng := testcap.NG{}
		ng.Section()
		ng.Interface(testcap.Interface{LinkType: testcap.Raw})
		for i, text := range texts {
			ng.Enhanced(0, udp(100, uint16(i+1), fmt.Sprint(name, i)), testcap.Option{Code: 1, Value: []byte(text)})
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, ng.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a, b, none := put("a", "1,web", "2,mail"), put("b", "1,chat", "2,web", "nothing"), put("none", "hello")
	o := mill.Default()
	o.Labels, o.LabelFrom = nil, mill.FromComment
	out := filepath.Join(dir, "out")
	r, err := attempt(t, []string{a, b, none}, out, o)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range r.Manifest.Classes {
		names = append(names, c.Name)
	}
	if got := labelsOf(t, out); got != "[2 1 0 2 255 255]" || fmt.Sprint(names) != "[chat mail web unknown]" {
		t.Errorf("labels %s of %v", got, names)
	}
	if _, err := mill.Prepare([]string{none}, out, o); err == nil || !strings.Contains(err.Error(), "no packet has a comment that gives a class") {
		t.Errorf("without comments: %v", err)
	}
	if _, err := mill.Prepare([]string{"-"}, out, o); err == nil || !strings.Contains(err.Error(), "name the classes (--labels FILE)") {
		t.Errorf("a stream: %v", err)
	}
	p, err := mill.Prepare([]string{a, b}, out, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Divide(1<<20, 2); err == nil || !strings.Contains(err.Error(), "only convert reads them") {
		t.Errorf("divided: %v", err)
	}
	q := decoded(t, encoded(t, p))
	q.Out = filepath.Join(dir, "again")
	run(t, q)
	if got := labelsOf(t, q.Out); got != "[2 1 0 2 255]" {
		t.Errorf("of a plan that was read back: %s", got)
	}
}
