package mill_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/mill"
)

// tiny is a capture of one packet that differs from those of other numbers.
func tiny(n byte) []byte {
	return testcap.Pcap{LinkType: testcap.Raw}.File(testcap.Packet{LinkType: testcap.Raw, Data: testcap.Build(
		testcap.IPv4{Src: addr(1), Dst: addr(2)}, testcap.TCP{SrcPort: 1024, DstPort: 443}, testcap.Payload{n})})
}

// lay makes files below dir, directories as needed.
func lay(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, b := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o777), os.WriteFile(p, b, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
}

func names(p *mill.Plan) (names []string) {
	for _, c := range p.Captures {
		names = append(names, c.Name)
	}
	return names
}

func skips(p *mill.Plan, dir string) (lines []string) {
	for _, s := range p.Skipped {
		lines = append(lines, strings.TrimPrefix(s.Path, dir+"/")+" "+string(s.Reason))
	}
	slices.Sort(lines)
	return lines
}

// TestOrderOfADirectory: byte-wise by the slash-separated relative path, at whatever depth; what is no capture is skipped.
func TestOrderOfADirectory(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{
		"b.pcap": tiny(1), "a/z.pcap": tiny(2), "a.pcap": tiny(3), "a/b/c": tiny(4), "a-b/x": tiny(5), "B.pcap": tiny(6), "é": tiny(7),
		".hidden": testcap.Gzip(tiny(8)), "notes.txt": []byte("text"), "empty.pcap": nil,
	})
	if err := os.Symlink(filepath.Join(dir, "b.pcap"), filepath.Join(dir, "c.pcap")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	p, err := mill.Prepare([]string{dir}, "out", mill.Default())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{".hidden", "B.pcap", "a-b/x", "a.pcap", "a/b/c", "a/z.pcap", "b.pcap", "é"}; !slices.Equal(names(p), want) {
		t.Errorf("captures %q, want %q", names(p), want)
	}
	want := []string{"c.pcap same-file", "empty.pcap not-a-capture", "loop symlink-to-directory", "notes.txt not-a-capture"}
	if have := skips(p, dir); !slices.Equal(have, want) || len(p.Problems) > 0 {
		t.Errorf("skipped %q, want %q; problems %v", have, want, p.Problems)
	}

	link := filepath.Join(t.TempDir(), "link") // named as an argument, it is read
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	q, err := mill.Prepare([]string{link}, "out", mill.Default())
	if err != nil || !slices.Equal(names(q), names(p)) {
		t.Errorf("through a link: %q, %v", names(q), err)
	}
}

// TestOrderOfArguments: as given; what is reached twice is read once; what cannot be looked at is a problem that names it.
func TestOrderOfArguments(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{"x/b": tiny(1), "x/a": tiny(2), "y": tiny(3), "text": []byte("no capture")})
	in := func(name string) string { return filepath.Join(dir, name) }
	p, err := mill.Prepare([]string{in("y"), in("x/b"), in("x"), in("y"), in("gone"), in("text"), "-", "-"}, "out", mill.Default())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"y", "b", "a", "stdin"}; !slices.Equal(names(p), want) {
		t.Errorf("captures %q, want %q", names(p), want)
	}
	if want := []string{"- same-file", "x/b same-file", "y same-file"}; !slices.Equal(skips(p, dir), want) {
		t.Errorf("skipped %q, want %q", skips(p, dir), want)
	}
	if len(p.Problems) != 2 || !strings.Contains(p.Problems[0].Error(), in("gone")) || !strings.Contains(p.Problems[1].Error(), in("text")) {
		t.Errorf("problems %v", p.Problems)
	}
	if n := p.Bytes(); n != int64(len(tiny(1))+len(tiny(2))+len(tiny(3))) {
		t.Errorf("%d bytes", n)
	}
}

// TestLabelsOfAPlan: keep, skip and error for captures without a class, and ties always.
func TestLabelsOfAPlan(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{"one.pcap": tiny(1), "odd.pcap": tiny(2)})
	o := mill.Default()
	o.Labels = &label.Table{Name: "test", Classes: []label.Class{{ID: 0, Name: "One", Keywords: []string{"one"}}, {ID: 1, Name: "Two", Keywords: []string{"two"}}}}
	for choice, want := range map[mill.Unknown]string{mill.KeepUnknown: "odd.pcap 255 unknown, one.pcap 0 One", mill.SkipUnknown: "one.pcap 0 One"} {
		o.Unknown = choice
		p, err := mill.Prepare([]string{dir}, "out", o)
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, c := range p.Captures {
			have = append(have, fmt.Sprint(c.Name, " ", c.Label, " ", c.Class))
		}
		if strings.Join(have, ", ") != want || len(p.Skipped) != 2-len(p.Captures) {
			t.Errorf("unknown %s: %q, skipped %v", choice, have, p.Skipped)
		}
	}
	var labels *mill.LabelError
	o.Unknown = mill.RefuseUnknown
	if _, err := mill.Prepare([]string{dir}, "out", o); !errors.As(err, &labels) || len(labels.Captures) != 1 || !strings.Contains(err.Error(), "odd.pcap") {
		t.Errorf("unknown error: %v", err)
	}
	lay(t, dir, map[string][]byte{"one_two.pcap": tiny(3)})
	o.Unknown = mill.KeepUnknown
	if _, err := mill.Prepare([]string{dir}, "out", o); !errors.As(err, &labels) || !strings.Contains(err.Error(), "One") || !strings.Contains(err.Error(), "Two") {
		t.Errorf("tie: %v", err)
	}
	var nothing *mill.NothingError
	if _, err := mill.Prepare([]string{t.TempDir()}, "out", o); !errors.As(err, &nothing) || !strings.Contains(err.Error(), "no files") {
		t.Errorf("empty directory: %v", err)
	}
}

func TestOptionsThatDoNotGoTogether(t *testing.T) {
	for name, change := range map[string]func(*mill.Options){
		"shape":     func(o *mill.Options) { o.Shape.Rows = 0 },
		"overflow":  func(o *mill.Options) { o.Shape.Rows, o.Shape.Cols = 1<<(strconv.IntSize/2), 1<<(strconv.IntSize/2) },
		"labels":    func(o *mill.Options) { o.Labels = nil },
		"workers":   func(o *mill.Options) { o.Workers = -1 },
		"blocks":    func(o *mill.Options) { o.BlockLength = 66 },
		"memory":    func(o *mill.Options) { o.Memory = 1 << 20 },
		"empty key": func(o *mill.Options) { o.Key = []byte{} },
		"ports":     func(o *mill.Options) { o.Mask.Ports = 2 },
		"checksums": func(o *mill.Options) { o.Mask.Checksums = 3 },
		"address":   func(o *mill.Options) { o.Mask.IP = 4 },
		"content":   func(o *mill.Options) { o.Mask.Content = 2 },
	} {
		o := mill.Default()
		change(&o)
		if o.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
		_, err := mill.Extract(context.Background(), os.DevNull, o)
		_, err2 := mill.Prepare([]string{os.DevNull}, "out", o)
		if want := o.Check(); want != nil && (err == nil || err.Error() != want.Error() || err2 == nil || err2.Error() != want.Error()) {
			t.Errorf("%s: Extract says %v, Prepare says %v, want %v", name, err, err2, want)
		}
	}
	if o := mill.Default(); o.Check() != nil || o.Warnings() != nil {
		t.Errorf("the default: %v, %v", o.Check(), o.Warnings())
	}
}
